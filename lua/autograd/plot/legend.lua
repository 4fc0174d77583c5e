-- The box that says what is what: its size, the place where it hides least, and its drawing.

local lettering = require "autograd.plot.lettering"
local style = require "autograd.plot.style"

local legend = {}

local size = 10 * style.point
-- In font sizes: around the entries, between them, the sample's length, from it to the text,
-- and from the box to the frame.
local padding, spacing, sample, gap, distance = 0.4, 0.5, 2, 0.8, 0.5

-- Where the box's centre leans to: -1 left or bottom, 1 right or top. In this order "best"
-- tries them.
local places = {
    { "upper right", 1, 1 }, { "upper left", -1, 1 }, { "lower left", -1, -1 },
    { "lower right", 1, -1 }, { "center right", 1, 0 }, { "center left", -1, 0 },
    { "lower center", 0, -1 }, { "upper center", 0, 1 }, { "center", 0, 0 },
}

---The names that `loc` may have.
---@return string[]
function legend.places()
    local names = { "best" }
    for index, place in ipairs(places) do
        names[index + 1] = place[1]
    end
    return names
end

local function entries_of(axes)
    local entries = {}
    for _, artist in ipairs(axes.artists) do
        if artist.label then
            entries[#entries + 1] = artist
        end
    end
    return entries
end

local function box_of(frame, place, width, height)
    local away = distance * size
    local function along(low, high, length, lean)
        local room = (high - low - length) / 2 - away
        return (low + high - length) / 2 + lean * room
    end
    return along(frame.left, frame.right, width, place[2]),
        along(frame.bottom, frame.top, height, place[3])
end

-- How many of the points lie under a box.
local function hidden(points, frame, left, bottom, width, height)
    local function share(low, high, place)
        return (place - low) / (high - low)
    end
    local x1 = share(frame.left, frame.right, left)
    local x2 = share(frame.left, frame.right, left + width)
    local y1 = share(frame.bottom, frame.top, bottom)
    local y2 = share(frame.bottom, frame.top, bottom + height)
    local count = 0
    for _, point in ipairs(points) do
        if point[1] > x1 and point[1] < x2 and point[2] > y1 and point[2] < y2 then
            count = count + 1
        end
    end
    return count
end

local function best(points, frame, width, height)
    local found, fewest
    for _, place in ipairs(places) do
        local left, bottom = box_of(frame, place, width, height)
        local count = hidden(points, frame, left, bottom, width, height)
        if not fewest or count < fewest then
            found, fewest = place, count
        end
    end
    return found
end

local function draw_sample(sheet, artist, x, y)
    local rgb, opacity = artist.rgb, artist.opacity
    if artist.kind == "bars" then
        sheet:box(x, y - 0.35 * size, x + sample * size, y + 0.35 * size,
            { radius = 0, rgb = rgb, opacity = opacity })
    elseif artist.dashes then
        sheet:line(x, y, x + sample * size, y,
            { width = artist.width, rgb = rgb, opacity = opacity, dashes = artist.dashes })
    end
    if artist.marker then
        sheet:mark(x + sample * size / 2, y, artist.marker, artist.diameter, rgb, opacity)
    end
end

---Draw an axes' legend into its frame.
---@param sheet autograd.plot.Canvas
---@param axes autograd.plot.Axes
---@param frame {left: number, right: number, bottom: number, top: number}
---@param points number[][] places of the data in the frame, from 0 to 1
function legend.draw(sheet, axes, frame, points)
    local entries = entries_of(axes)
    if #entries == 0 then
        return
    end
    local widest = 0
    for _, artist in ipairs(entries) do
        widest = math.max(widest, lettering.width(artist.label, size))
    end
    local width = widest + (sample + gap + 2 * padding) * size
    local row = (1 + spacing) * size
    local height = #entries * row - spacing * size + 2 * padding * size + 0.15 * size
    local place
    for _, each in ipairs(places) do
        place = each[1] == axes.legend and each or place
    end
    place = place or best(points, frame, width, height)
    local left, bottom = box_of(frame, place, width, height)
    sheet:box(left, bottom, left + width, bottom + height,
        { radius = 0.2 * size, rgb = 0xffffff, opacity = 0.8, frame = 0xcccccc, width = 1.4 })
    for index, artist in ipairs(entries) do
        local x = left + padding * size
        local y = bottom + height - padding * size - size * 0.55 - (index - 1) * row
        draw_sample(sheet, artist, x, y)
        sheet:text(x + (sample + gap) * size, y, artist.label, size, "left")
    end
end

return legend
