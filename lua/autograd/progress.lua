-- progress: a bar that shows how far a loop is, in a notebook, a terminal or a file.
local ag = require "autograd"
local choose_place = require "autograd.progress.place"
local line = require "autograd.progress.line"
local system = require "autograd.system"

-- The clock is asked about this often, in seconds, or after so many steps: often enough that a pace
-- that falls is soon seen, and seldom enough to cost nothing. The bar is drawn less often.
local LOOK, STRIDE = 0.005, 100
local SMOOTHING = 0.3 -- weight of the newest rate

local OPTIONS = {desc = "string", total = "number", leave = "boolean", mininterval = "number", unit = "string"}

local open = setmetatable({}, {__mode = "k"}) -- the bars that are shown and not finished

local Bar = {__name = "autograd.Progress"}
Bar.__index = Bar

-- At the line that called ag.progress, which is a function in C that called progress below.
local function fail(text)
    error("progress(): " .. text, 4)
end

local function one_line(text)
    return (text:gsub("%c", " "))
end

local function wrong_option(options)
    if options ~= nil and type(options) ~= "table" then
        return "options go in a table, got a " .. type(options)
    end
    for name, value in pairs(options or {}) do
        if not OPTIONS[name] then
            return ("got an unexpected keyword argument '%s' (it takes desc, leave, mininterval, total, unit)")
                :format(name)
        elseif type(value) ~= OPTIONS[name] then
            return ("'%s' must be a %s, not %s"):format(name, OPTIONS[name], type(value))
        end
    end
end

local function new_bar(total, options)
    local now = system.clock()
    local place = choose_place()
    return setmetatable({
        place = place,
        desc = options.desc and one_line(options.desc),
        unit = options.unit and one_line(options.unit) or "it",
        leave = options.leave,
        total = total or options.total,
        interval = options.mininterval or place.interval,
        count = 0, -- steps that are finished
        began = now,
        looked = now, looked_at = 0, -- when the clock was asked last, and at which count
        drawn = now, drawn_at = 0, -- when a new count was drawn last, and which
    }, Bar)
end

local function postfix_of(bar)
    local values = bar.postfix
    if type(values) ~= "table" then
        return values
    end
    local names, parts = {}, {}
    for name in pairs(values) do
        names[#names + 1] = name
    end
    table.sort(names)
    for i, name in ipairs(names) do
        parts[i] = one_line(name .. "=" .. line.value(values[name]))
    end
    return parts[1] and table.concat(parts, ", ")
end

local function look_of(bar, now, rate)
    local total = bar.total
    return {
        desc = bar.desc, unit = bar.unit, postfix = postfix_of(bar),
        count = bar.count, total = total and bar.count <= total and total or nil,
        elapsed = now - bar.began, rate = rate,
    }
end

local function draw(bar, now)
    local steps, seconds = bar.count - bar.drawn_at, now - bar.drawn
    if steps > 0 and seconds > 0 then
        local newest = steps / seconds
        bar.rate = bar.rate and bar.rate + SMOOTHING * (newest - bar.rate) or newest
        bar.drawn_at, bar.drawn = bar.count, now
    end
    bar.place.draw(bar, look_of(bar, now, bar.rate))
end

-- Bars inside of another's loop stand below it and, unless asked to stay, go when they end.
local function begin(bar)
    bar.row = 0
    for _ in pairs(open) do
        bar.row = bar.row + 1
    end
    open[bar] = true
    if bar.leave == nil then
        bar.leave = bar.row == 0
    end
    draw(bar, bar.began)
end

-- Called when `due` steps are finished: draws where it is time, and answers when to be called again.
local function look(bar)
    if not bar.row then
        begin(bar)
        return 1
    end
    local now = system.clock()
    local steps, seconds = bar.count - bar.looked_at, now - bar.looked
    if now - bar.drawn >= math.max(bar.interval, (bar.place.stretch or 0) * (now - bar.began)) then
        draw(bar, now)
    end
    bar.looked, bar.looked_at = now, bar.count
    local stride = seconds > 0 and math.min(steps * LOOK / seconds, STRIDE) or STRIDE
    return bar.count + math.max(1, math.floor(stride))
end

local function finish(bar)
    if open[bar] then
        open[bar] = nil
        local seconds = system.clock() - bar.began
        local rate = bar.count > 0 and seconds > 0 and bar.count / seconds or nil
        bar.place.finish(bar, look_of(bar, bar.began + seconds, rate))
    end
end

-- The loop's end, however it comes: the last step, a break, an error.
function Bar:__close()
    local _ <close> = self.closing
    finish(self)
end

---Sets what stands at the end of the bar: names and values, or a text; nil for nothing.
function Bar:set_postfix(values)
    if type(values) ~= "table" then
        self.postfix = values and one_line(tostring(values))
        return
    end
    local kept = {}
    for name, value in pairs(values) do
        if type(value) ~= "number" then
            value = ag.is_tensor(value) and value:numel() == 1 and value:item() or tostring(value)
        end
        kept[tostring(name)] = value
    end
    self.postfix = kept
end

---print that keeps out of the bar's way in a terminal.
function Bar:print(...)
    local clear = self.place.clear
    if not clear then
        print(...)
        return
    end
    clear()
    print(...)
    io.stdout:flush()
    for bar in pairs(open) do
        draw(bar, system.clock())
    end
end

local function over_count(bar, total)
    local due = 0
    return function(_, i)
        bar.count = i
        if i >= due then
            due = look(bar)
            if i >= total then
                return nil
            elseif due > total then
                due = total
            end
        end
        return i + 1, bar
    end
end

local function over_list(bar, items, total)
    local step = over_count(bar, total)
    return function(_, i)
        local position = step(nil, i)
        if position then
            return position, items[position], bar
        end
    end
end

local function with_bar(bar, first, ...)
    if first == nil then
        return nil
    end
    local count = select("#", ...)
    if count == 0 then
        return first, bar
    elseif count == 1 then
        return first, (...), bar
    end
    local values = {first, ...}
    values[count + 2] = bar
    return table.unpack(values, 1, count + 2)
end

local function over_iterator(bar, iterator)
    local finished, due = -1, 0
    return function(state, control)
        finished = finished + 1
        bar.count = finished
        if finished >= due then
            due = look(bar)
        end
        return with_bar(bar, iterator(state, control))
    end
end

---For the generic `for`: shows how far the loop is. Over a count it gives i; over a list or a
---tensor's rows i and the item; over an iterator what that gives; and the bar behind.
local function progress(what, ...)
    local kind = math.type(what) or ag.is_tensor(what) and "tensor" or type(what)
    if kind == "function" and select("#", ...) > 1 then -- all that pairs, ipairs or io.lines give
        local state, control, closing = ...
        local bar = new_bar(nil, {})
        bar.closing = closing
        return over_iterator(bar, what), state, control, bar
    end
    local options = ...
    local wrong = wrong_option(options)
    if wrong then
        fail(wrong)
    end
    options = options or {}
    if kind == "function" then
        local bar = new_bar(nil, options)
        return over_iterator(bar, what), nil, nil, bar
    elseif kind == "table" or kind == "tensor" then
        local total = #what
        local bar = new_bar(total, options)
        return over_list(bar, what, total), nil, 0, bar
    end
    local total = kind == "float" and math.tointeger(what) or what
    if math.type(total) ~= "integer" then
        fail("goes over a count, a list, a tensor or an iterator, not " ..
            (kind == "float" and "the float " .. what or kind))
    end
    local bar = new_bar(math.max(total, 0), options)
    return over_count(bar, total), nil, 0, bar
end

return {progress = progress}
