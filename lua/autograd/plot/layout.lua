-- Where each pair of axes has its frame on the sheet: as large as its ticks and labels allow,
-- and in line with its neighbours.

local lettering = require "autograd.plot.lettering"
local style = require "autograd.plot.style"
local ticks = require "autograd.plot.ticks"

local layout = {}

-- All in pixels of 1/100 inch.
layout.tick_size = 10 * style.point
layout.tick_length = 3.5 * style.point
layout.tick_gap = 3.5 * style.point
layout.label_gap = 5 * style.point
layout.title_gap = 6 * style.point
-- A font's capitals in font sizes, and what hangs below them.
layout.capital, layout.descent = 0.73, 0.24

local outside, between = 14, 16

---A text's block: all its lines, in pixels.
---@param label {text: string, size: number}?
---@return number
function layout.block_height(label)
    if not label then
        return 0
    end
    local count = #lettering.lines(label.text)
    return (layout.capital + layout.descent + (count - 1) * lettering.line_height) * label.size
end

local function widest(texts)
    local width = 0
    for _, text in ipairs(texts) do
        width = math.max(width, lettering.width(text, layout.tick_size))
    end
    return width
end

local function marks(axes, direction, most)
    local first, last = axes:limits(direction)
    local low, high = math.min(first, last), math.max(first, last)
    if axes.categories and direction == "x" then
        local places, texts = {}, {}
        for place, text in ipairs(axes.categories) do
            places[place], texts[place] = place, text
        end
        return places, texts
    elseif axes.scale[direction] == "log" then
        return ticks.logarithmic(low, high, most)
    end
    return ticks.linear(low, high, most, axes.upside_down)
end

---The ticks that a frame's side of `length` pixels has room for.
---@param axes autograd.plot.Axes
---@param direction "x"|"y"
---@param length number
---@return {places: number[], texts: string[], shared: string?}
function layout.ticks(axes, direction, length)
    local room = (direction == "x" and 3 or 2) * layout.tick_size
    local most = math.max(1, math.min(9, length // room))
    local places, texts, shared = marks(axes, direction, most)
    while direction == "x" and most > 1 and not axes.categories
        and (widest(texts) + layout.tick_size * 0.5) * #texts > length do
        most = most - 1
        places, texts, shared = marks(axes, direction, most)
    end
    return { places = places, texts = texts, shared = shared }
end

-- What an axes wants around its frame.
local function wants(axes, width, height)
    local x, y = layout.ticks(axes, "x", width), layout.ticks(axes, "y", height)
    local last = x.texts[#x.texts]
    local title = axes.title and layout.block_height(axes.title) + layout.title_gap
    local tick = layout.tick_length + layout.tick_gap
    return {
        left = widest(y.texts) + tick
            + (axes.ylabel and layout.block_height(axes.ylabel) + layout.label_gap or 0),
        bottom = layout.capital * layout.tick_size + tick
            + (axes.xlabel and layout.block_height(axes.xlabel) + layout.label_gap or 0),
        top = math.max(title or 0, y.shared and layout.tick_size * 1.4 or 0),
        right = math.max(x.shared and lettering.width(x.shared, layout.tick_size) + 4 or 0,
            last and lettering.width(last, layout.tick_size) / 2 - 0.045 * width or 0),
    }
end

local function cell(axes, width, height)
    local place = axes.place
    local wide = (width - 2 * outside - (place.columns - 1) * between) / place.columns
    local high = (height - 2 * outside - (place.rows - 1) * between) / place.rows
    local function corner(index)
        return (index - 1) % place.columns, (index - 1) // place.columns
    end
    local column, row = corner(place.first)
    local last_column, last_row = corner(place.last)
    return {
        left = outside + column * (wide + between),
        right = outside + last_column * (wide + between) + wide,
        top = height - outside - row * (high + between),
        bottom = height - outside - last_row * (high + between) - high,
    }
end

-- An image's pixels are squares: cut the frame to the image's shape, in the middle.
local function keep_aspect(axes, frame)
    local function span(direction)
        local first, last = axes:limits(direction)
        return math.abs(last - first)
    end
    local wanted = span("x") / span("y")
    local width, height = frame.right - frame.left, frame.top - frame.bottom
    if width / height > wanted then
        local spare = (width - height * wanted) / 2
        frame.left, frame.right = frame.left + spare, frame.right - spare
    else
        local spare = (height - width / wanted) / 2
        frame.bottom, frame.top = frame.bottom + spare, frame.top - spare
    end
end

---The frame of every axes of a figure.
---@param all autograd.plot.Axes[]
---@param width number the sheet's
---@param height number
---@return table<autograd.plot.Axes, {left: number, right: number, bottom: number, top: number}>
function layout.frames(all, width, height)
    local frames, most = {}, { left = 0, right = 0, top = 0, bottom = 0 }
    for _, axes in ipairs(all) do
        local frame = cell(axes, width, height)
        local wanted = wants(axes, frame.right - frame.left, frame.top - frame.bottom)
        for side, room in pairs(wanted) do
            most[side] = math.max(most[side], room)
        end
        frames[axes] = frame
    end
    for axes, frame in pairs(frames) do
        frame.left = frame.left + most.left
        frame.right = math.max(frame.right - most.right, frame.left + 1)
        frame.bottom = frame.bottom + most.bottom
        frame.top = math.max(frame.top - most.top, frame.bottom + 1)
        if axes.equal then
            keep_aspect(axes, frame)
        end
        -- On whole pixels its lines are sharp.
        for side, place in pairs(frame) do
            frame[side] = math.floor(place + 0.5)
        end
    end
    return frames
end

return layout
