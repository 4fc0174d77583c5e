-- A figure as text, for a terminal without a screen.

local gnuplot = require "autograd.plot.gnuplot"

local terminal = {}

local columns, lines = 79, 24
local shades = " .:-=+*#%@"

local function label(word, text)
    return text and ("set %s %s%s"):format(word, gnuplot.quote((text.text:gsub("\n", " "))),
        word == "title" and " offset 0,1" or "") or ("unset %s"):format(word)
end

-- Letters cannot be turned upright: the y axis' label stands above it.
local function above_axis(text)
    return text and ("set tmargin 4; set label %s at graph 0,1 offset 0,1"):format(
        gnuplot.quote((text.text:gsub("\n", " ")))) or "set tmargin 3"
end

local how = {}

function how.points()
    return 'with points pt "o"'
end

function how.line(artist)
    return artist.dashes and "with lines" or 'with points pt "o"'
end

function how.bars()
    return "with boxes fs empty"
end

local function data_of(artist)
    if artist.kind ~= "bars" then
        return { artist.x, artist.y }
    end
    local middles, widths = {}, {}
    for index, left in ipairs(artist.left) do
        middles[index] = (left + artist.right[index]) / 2
        widths[index] = artist.right[index] - left
    end
    return { middles, artist.top, widths }
end

local function limits(axes, direction)
    local first, last = axes:limits(direction)
    if axes.scale[direction] == "log" then
        first, last = 10.0 ^ first, 10.0 ^ last
    end
    return ("set %srange [%s:%s]; %s logscale %s"):format(direction, gnuplot.number(first),
        gnuplot.number(last), axes.scale[direction] == "log" and "set" or "unset", direction)
end

local function render_axes(axes)
    local script = {
        limits(axes, "x"), limits(axes, "y"), label("title", axes.title),
        label("xlabel", axes.xlabel), above_axis(axes.ylabel),
        axes.legend and "set key below" or "unset key",
    }
    if axes.categories then
        local names = {}
        for place, name in ipairs(axes.categories) do
            names[place] = ("%s %d"):format(gnuplot.quote(name:gsub("%%", "%%%%")), place)
        end
        script[#script + 1] = "set xtics (" .. table.concat(names, ", ") .. ")"
    end
    local plots = {}
    for index, artist in ipairs(axes.artists) do
        local data = data_of(artist)
        if #data[1] > 0 then
            script[#script + 1] = gnuplot.block("series" .. index, data)
            plots[#plots + 1] = ("$series%d %s title %s"):format(index, how[artist.kind](artist),
                gnuplot.quote(artist.label or ""))
        end
    end
    script[#script + 1] = "plot " .. (plots[1] and table.concat(plots, ", ") or "NaN notitle")
    local size = ("%d,%d"):format(columns, lines)
    return gnuplot.run("dumb noenhanced size " .. size, table.concat(script, "\n"))
end

-- Letters are twice as high as wide: each pixel is two letters.
local function render_image(axes, image)
    local step = math.max(1, math.ceil(math.max(image.columns * 2 / columns, image.rows / lines)))
    local rows = { axes.title and axes.title.text or nil }
    for i = 1, image.rows, step do
        local row = {}
        for j = 1, image.columns, step do
            local rgb = image.rgbs[(i - 1) * image.columns + j]
            local bright = 0.30 * (rgb >> 16) + 0.59 * (rgb >> 8 & 255) + 0.11 * (rgb & 255)
            local shade = 1 + math.floor(bright / 255 * (#shades - 1) + 0.5)
            row[#row + 1] = shades:sub(shade, shade):rep(2)
        end
        rows[#rows + 1] = (table.concat(row):gsub("%s+$", ""))
    end
    return table.concat(rows, "\n") .. "\n"
end

---A figure as lines of text, one axes below the other.
---@param figure {axes: autograd.plot.Axes[]}
---@return string
function terminal.render(figure)
    local parts = {}
    for index, axes in ipairs(figure.axes) do
        local image = nil
        for _, artist in ipairs(axes.artists) do
            image = artist.kind == "image" and artist or image
        end
        parts[index] = image and render_image(axes, image) or render_axes(axes)
    end
    return table.concat(parts, "\n")
end

return terminal
