-- One pair of axes: what is drawn in it, its labels, and the limits it shows.

local colors = require "autograd.plot.colors"
local refuse = require "autograd.plot.refuse"
local series = require "autograd.plot.series"

---@class autograd.plot.Axes
---@field artists table[] in the order of their making
---@field place {rows: integer, columns: integer, first: integer, last: integer}
---@field scale {x: string, y: string} "linear" or "log"
---@field asked table limits that the user set: x = {low, high}, y likewise
local axes = {}
axes.__index = axes

-- The share of the data's extent that is left free on each side.
local margin = 0.05
-- Beyond this even the distance of two limits would not be finite.
local largest = 8e307

---@param place table
---@return autograd.plot.Axes
function axes.new(place)
    return setmetatable({
        artists = {}, place = place, colored = 0,
        scale = { x = "linear", y = "linear" }, asked = { x = {}, y = {} },
    }, axes)
end

---Add what is to be drawn.
---@param artist table
function axes:add(artist)
    self.artists[#self.artists + 1] = artist
end

---The colour and opacity that the user asked for, or the next of the cycle.
---@param color any
---@param alpha number?
---@return integer rgb
---@return number opacity
function axes:color(color, alpha)
    local rgb, opacity
    if color ~= nil then
        rgb, opacity = colors.check(color)
    else
        self.colored = self.colored + 1
        rgb, opacity = colors.of_cycle(self.colored), 1
    end
    if alpha and not (alpha >= 0 and alpha <= 1) then
        refuse("alpha must be between 0 and 1, got %s", alpha)
    end
    return rgb, alpha or opacity
end

-- A number on the axis' own scale; what has no place on it (0 on a log scale) is NaN.
local function on_scale(scale, number)
    if scale == "log" then
        return number > 0 and math.log(number, 10) or 0 / 0
    end
    return number
end

-- Smallest and largest place of all artists along "x" or "y", and the edges that take no margin.
function axes:extent(direction)
    local scale, low, high, sticky = self.scale[direction], nil, nil, {}
    for _, artist in ipairs(self.artists) do
        for _, numbers in ipairs(artist.extent[direction]) do
            for index = 1, #numbers do
                local place = on_scale(scale, numbers[index])
                if series.is_finite(place) then
                    low = (not low or place < low) and place or low
                    high = (not high or place > high) and place or high
                end
            end
        end
        for _, edge in ipairs(artist.sticky and artist.sticky[direction] or {}) do
            sticky[on_scale(scale, edge)] = true
        end
    end
    return low, high, sticky
end

local function clamp(number)
    return math.min(math.max(number, -largest), largest)
end

-- Limits for an axis without extent: around the one place, or a unit interval.
local function around(place)
    local half = place == 0 and 0.055 or math.abs(place) * 0.055
    return clamp(place - half), clamp(place + half)
end

---The limits along one direction on the axis' own scale (logarithms on a log scale); the first
---one is the greater where the axis is turned round.
---@param direction "x"|"y"
---@return number first at the left or the bottom
---@return number last
function axes:limits(direction)
    local low, high, sticky = self:extent(direction)
    if not low then
        low, high = 0, 1
    elseif high - low <= 1e-13 * math.max(math.abs(low), math.abs(high)) then
        low, high = around(low)
    else
        low, high = clamp(low), clamp(high)
        local room = margin * (high - low)
        low, high = sticky[low] and low or clamp(low - room),
            sticky[high] and high or clamp(high + room)
    end
    if direction == "y" and self.upside_down then
        low, high = high, low
    end
    local asked = self.asked[direction]
    local first = asked[1] and on_scale(self.scale[direction], asked[1]) or low
    local last = asked[2] and on_scale(self.scale[direction], asked[2]) or high
    if first == last then
        first, last = around(first)
    end
    return first, last
end

---A function from the data's numbers to places in the frame: 0 at the left or bottom, 1 at the
---right or top, NaN for what cannot be drawn.
---@param direction "x"|"y"
---@return fun(number: number): number
function axes:placing(direction)
    local scale = self.scale[direction]
    local first, last = self:limits(direction)
    -- Halved, so that the distance between two huge limits stays finite.
    local start, span = first * 0.5, last * 0.5 - first * 0.5
    return function(number)
        return (on_scale(scale, number) * 0.5 - start) / span
    end
end

return axes
