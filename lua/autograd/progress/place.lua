-- Where bars are shown. A place has draw(bar, look), which shows a bar's present look, and
-- finish(bar, look), which shows its last, or takes it away where bar.leave is false.
local line = require "autograd.progress.line"
local system = require "autograd.system"

-- In place, on standard error, one row a bar that is open; `row` counts from the top one, 0.
local terminal = {interval = 0.1}

local CLEAR = "\r\27[K"

local function write_row(row, text)
    local up = row > 0 and ("\27[%dA"):format(row) or ""
    io.stderr:write(("\n"):rep(row), CLEAR, text, up)
end

-- The last column stays free: a full row would wrap in some terminals.
local function row_text(look)
    return line.text(look, (system.columns(io.stderr) or 80) - 1)
end

function terminal.draw(bar, look)
    write_row(bar.row, row_text(look))
end

-- What stays goes above the bars that are still open.
function terminal.finish(bar, look)
    write_row(bar.row, "")
    if bar.leave then
        io.stderr:write(CLEAR, row_text(look), "\n")
    end
end

-- Makes room in the top row for what the program prints.
function terminal.clear()
    io.stderr:write(CLEAR)
end

-- A file or a pipe: whole lines on standard error, ten seconds apart, later the tenth of what has
-- passed: some dozens a day.
local lines = {interval = 10, stretch = 0.1}

function lines.draw(_, look)
    if look.count > 0 then
        io.stderr:write(line.text(look), "\n")
    end
end

function lines.finish(bar, look)
    if bar.leave then
        io.stderr:write(line.text(look), "\n")
    end
end

-- A notebook: a display that is updated, so that what the loop prints does not push it away.
local notebook = {interval = 0.1}

local ENTITIES = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}

-- As JupyterLab sets what print writes.
local STYLE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);"
    .. "padding-left:8px;white-space:pre-wrap"

local function escape(text)
    return (text:gsub('[&<>"]', ENTITIES))
end

local function html(look)
    local left, fraction, right = line.parts(look)
    local meter = fraction and ('<progress value="%d" max="%d" style="width:20em;margin:0 0.6em"></progress>')
        :format(look.count, math.max(look.total, 1)) or ""
    return ('<div style="%s">%s%s%s</div>'):format(STYLE, escape(left), meter, escape(right))
end

-- Displays of inner bars that have gone, for the next ones of the same outer loop.
local vacant = {}

local function show(bar, bundle)
    local jupyter = package.loaded.jupyter
    if not bar.display_id then
        bar.display_id = bar.row > 0 and table.remove(vacant)
    end
    if bar.display_id then
        jupyter.update_display(bundle, {raw = true, display_id = bar.display_id})
    else
        bar.display_id = ("progress-%s-%d"):format(tostring(bar):match("0x(%x+)"), os.time())
        jupyter.display(bundle, {raw = true, display_id = bar.display_id})
    end
end

function notebook.draw(bar, look)
    show(bar, {["text/html"] = html(look), ["text/plain"] = line.text(look, 80)})
end

function notebook.finish(bar, look)
    if bar.leave then
        notebook.draw(bar, look)
    else
        show(bar, {["text/html"] = "", ["text/plain"] = ""})
        vacant[#vacant + 1] = bar.display_id
    end
    if bar.row == 0 then
        vacant = {}
    end
end

-- The place that this process has.
return function()
    local jupyter = package.loaded.jupyter
    if type(jupyter) == "table" and jupyter.update_display then
        return notebook
    end
    return system.columns(io.stderr) and terminal or lines
end
