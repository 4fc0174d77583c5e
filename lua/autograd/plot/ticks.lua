-- Where an axis carries marks, and what stands beside them.

local ticks = {}

local minus = "\u{2212}"
local superscripts = {
    ["0"] = "⁰", ["1"] = "¹", ["2"] = "²", ["3"] = "³", ["4"] = "⁴", ["5"] = "⁵",
    ["6"] = "⁶", ["7"] = "⁷", ["8"] = "⁸", ["9"] = "⁹", ["-"] = "⁻",
}

---Ten to a power, with the exponent raised.
---@param exponent integer
---@return string
function ticks.power_text(exponent)
    return "10" .. tostring(exponent):gsub(".", superscripts)
end

-- The power of ten at or below a positive number; log10 alone is off by one at some powers.
local function floor_exponent(number)
    local exponent = math.floor(math.log(number, 10))
    if 10.0 ^ (exponent + 1) <= number then
        return exponent + 1
    end
    return 10.0 ^ exponent > number and exponent - 1 or exponent
end

-- The smallest of 1, 2, 2.5 and 5 times a power of ten that gives no more than `most` steps.
local function nice_step(span, most, whole)
    local raw = whole and math.max(span / most, 1) or span / most
    local power = 10.0 ^ floor_exponent(raw)
    for _, factor in ipairs { 1, 2, 2.5, 5 } do
        local fits = not whole or factor * power % 1 == 0
        if fits and factor * power >= raw * (1 - 1e-9) then
            return factor * power, factor
        end
    end
    return 10 * power, 1
end

local function decimals_of(step, factor)
    local decimals = -floor_exponent(step)
    return math.max(0, factor == 2.5 and decimals + 1 or decimals)
end

---Round places in [low, high], and their texts. Very large and very small numbers share a power
---of ten, which comes as a third result such as `×10⁶`.
---@param low number
---@param high number greater than low
---@param most integer at most so many steps
---@param whole boolean? whole numbers only
---@return number[] places
---@return string[] texts
---@return string? shared
function ticks.linear(low, high, most, whole)
    local step, factor = nice_step(high - low, most, whole)
    local places, texts = {}, {}
    local first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    local largest = math.max(math.abs(low), math.abs(high))
    local exponent = floor_exponent(largest)
    local divisor, shared = 1, nil
    if exponent < -4 or exponent > 5 then
        divisor, shared = 10.0 ^ exponent, "×" .. ticks.power_text(exponent)
    end
    local format = ("%%.%df"):format(math.min(decimals_of(step / divisor, factor), 15))
    for count = first, last do
        local place = count * step
        places[#places + 1] = place
        local text = format:format(place / divisor)
        if tonumber(text) == 0 then
            text = text:gsub("^%-", "")
        end
        texts[#texts + 1] = text:gsub("^%-", minus)
    end
    return places, texts, shared
end

---Powers of ten in [low, high], or closer marks where there are fewer than two; the places are
---the numbers' logarithms to base ten.
---@param low number
---@param high number
---@param most integer at most so many steps
---@return number[] places
---@return string[] texts
function ticks.logarithmic(low, high, most)
    local stride = math.max(1, math.ceil((high - low) / most))
    local places, texts = {}, {}
    for exponent = math.ceil(low - 1e-9), math.floor(high + 1e-9) do
        if exponent % stride == 0 then
            places[#places + 1] = exponent
            texts[#texts + 1] = ticks.power_text(exponent)
        end
    end
    if #places < 2 then
        places, texts = ticks.linear(low, high, most)
        for index, place in ipairs(places) do
            texts[index] = ("%.3g"):format(10.0 ^ place)
        end
    end
    return places, texts
end

return ticks
