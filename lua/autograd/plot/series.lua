-- What a user hands over as data: a number, nested tables, or anything that has totable().

local refuse = require "autograd.plot.refuse"

local series = {}

-- Cyclic tables must end in an error, not in a stack overflow.
local deepest = 8

local function method(value, name)
    local kind = type(value)
    if kind ~= "userdata" and kind ~= "table" then
        return nil
    end
    local found_any, found = pcall(function() return value[name] end)
    return found_any and type(found) == "function" and found or nil
end

---Plain Lua data for a value: a tensor's numbers, detached from its graph, or the value itself.
---@param value any
---@return any
function series.plain(value)
    if not method(value, "totable") then
        return value
    end
    local detach = method(value, "detach")
    if detach then
        value = detach(value)
    end
    return value:totable()
end

---@param shape integer[]
---@return string text as in `[500, 1]`
function series.shape_text(shape)
    return "[" .. table.concat(shape, ", ") .. "]"
end

local function measure(value, name)
    local shape = {}
    while type(value) == "table" do
        if #shape == deepest then
            refuse("%s is nested more than %d tables deep", name, deepest)
        end
        shape[#shape + 1] = #value
        value = value[1]
    end
    return shape
end

local function flatten(value, shape, depth, into, name)
    if depth > #shape then
        local kind = type(value)
        if kind == "number" then
            into[#into + 1] = value
        elseif kind == "boolean" then
            into[#into + 1] = value and 1 or 0
        else
            refuse("%s must hold numbers, but item %d is a %s", name, #into + 1, kind)
        end
        return
    end
    if type(value) ~= "table" or #value ~= shape[depth] then
        refuse("%s must have rows of one length: its shape begins as %s, but another row differs",
            name, series.shape_text(shape))
    end
    for index = 1, shape[depth] do
        flatten(value[index], shape, depth + 1, into, name)
    end
end

---All numbers of a value, in row-major order (booleans as 1 and 0), and its shape.
---@param value any a number, a table of numbers at any depth, or what has totable()
---@param name string what the value is called in an error
---@return number[] numbers
---@return integer[] shape empty for a plain number
function series.numbers(value, name)
    value = series.plain(value)
    if type(value) ~= "table" and type(value) ~= "number" and type(value) ~= "boolean" then
        refuse("%s must be a table of numbers or a tensor, got %s", name,
            value == nil and "nil" or "a " .. type(value))
    end
    local shape, numbers = measure(value, name), {}
    flatten(value, shape, 1, numbers, name)
    return numbers, shape
end

---@param number number
---@return boolean
function series.is_finite(number)
    return number == number and number ~= math.huge and number ~= -math.huge
end

---Smallest and largest of the finite numbers; nil where there is none.
---@param numbers number[]
---@return number? smallest
---@return number? largest
function series.extent(numbers)
    local smallest, largest
    for _, number in ipairs(numbers) do
        if series.is_finite(number) then
            if not smallest or number < smallest then smallest = number end
            if not largest or number > largest then largest = number end
        end
    end
    return smallest, largest
end

return series
