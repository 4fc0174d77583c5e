-- The program gnuplot: text and numbers in its language, and a run of a script.

local refuse = require "autograd.plot.refuse"

local gnuplot = {}

local missing = "autograd.plot draws with the program gnuplot, which is not installed here "
    .. "(on Debian: apt-get install gnuplot-nox)"

-- Inside its double quotes gnuplot takes octal escapes. Whatever might end the string, begin
-- a command substitution or be a format is written so; letters beyond ASCII pass as they are.
local function escape(character)
    return ("\\%03o"):format(character:byte())
end

---A text as a string of gnuplot's language, whatever is in it.
---@param text string
---@return string
function gnuplot.quote(text)
    return '"' .. text:gsub("[^%w .,:;=()+\128-\255-]", escape) .. '"'
end

-- A host may have set a locale whose numbers have a decimal comma; gnuplot reads none.
local function to_point(text)
    return (text:gsub(",", "."))
end

---A number in gnuplot's language; what is not finite becomes its mark for a gap.
---@param number number
---@return string
function gnuplot.number(number)
    if number ~= number or number == math.huge or number == -math.huge then
        return "NaN"
    end
    return math.type(number) == "integer" and ("%d"):format(number)
        or to_point(("%.7g"):format(number))
end

---A color in gnuplot's language.
---@param rgb integer
---@param opacity number? 1 unless said
---@return string
function gnuplot.color(rgb, opacity)
    local clear = math.floor((1 - (opacity or 1)) * 255 + 0.5)
    return ('rgb "#%02x%06x"'):format(clear, rgb)
end

---A named block of data: one row a line, from columns of equal length.
---@param name string
---@param columns number[][]
---@return string
function gnuplot.block(name, columns)
    local rows, cells = { "$" .. name .. " << EOD" }, {}
    for row = 1, #columns[1] do
        for column = 1, #columns do
            cells[column] = gnuplot.number(columns[column][row])
        end
        rows[#rows + 1] = table.concat(cells, " ")
    end
    rows[#rows + 1] = "EOD"
    return table.concat(rows, "\n")
end

local function temporary()
    local name = os.tmpname()
    return setmetatable({ name = name }, { __close = function() os.remove(name) end })
end

local function shell_quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

---Run a script and give back the bytes that it drew. An error names the reason: the program is
---not installed, or what it said.
---@param terminal string gnuplot's terminal and its options
---@param script string
---@return string bytes
function gnuplot.run(terminal, script)
    local source <close> = temporary()
    local output <close> = temporary()
    local file = assert(io.open(source.name, "wb"))
    file:write("set encoding utf8\nset terminal ", terminal, "\nset output ",
        gnuplot.quote(output.name), "\n", script, "\nunset output\n")
    assert(file:close())
    local process = assert(io.popen("gnuplot -d " .. shell_quote(source.name) .. " 2>&1"))
    local said = process:read("a")
    local succeeded, _, code = process:close()
    if code == 127 then
        refuse(missing)
    end
    local drawn = io.open(output.name, "rb")
    local bytes = drawn and drawn:read("a") or ""
    if drawn then
        drawn:close()
    end
    if not succeeded or bytes == "" then
        refuse("gnuplot could not draw this figure: %s", (said:gsub("%s+$", "")))
    end
    return bytes
end

return gnuplot
