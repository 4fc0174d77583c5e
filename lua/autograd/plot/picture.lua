-- A figure as a picture: its frames, grids, data, ticks, labels and legends on one sheet.

local canvas = require "autograd.plot.canvas"
local gnuplot = require "autograd.plot.gnuplot"
local layout = require "autograd.plot.layout"
local legend = require "autograd.plot.legend"
local lettering = require "autograd.plot.lettering"
local style = require "autograd.plot.style"

local picture = {}

local spine = { width = 0.8 * style.point, rgb = 0x000000 }

-- What lies over what; among equals, the order of making.
local layers = { image = 1, bars = 2, points = 3, line = 4 }

local function in_layers(artists)
    local sorted = {}
    for index, artist in ipairs(artists) do
        sorted[index] = { artist = artist, layer = layers[artist.kind], index = index }
    end
    table.sort(sorted, function(a, b)
        if a.layer ~= b.layer then
            return a.layer < b.layer
        end
        return a.index < b.index
    end)
    return sorted
end

local function placed(numbers, placing)
    local places = {}
    for index = 1, #numbers do
        places[index] = placing(numbers[index])
    end
    return places
end

-- On the edges of pixels (where those are in gnuplot's pictures was measured) neighbouring bars
-- meet without a seam.
local function to_pixels(numbers, placing, length)
    local places = placed(numbers, placing)
    for index, place in ipairs(places) do
        if place == place and math.abs(place) < 1000 then
            places[index] = (math.floor(place * length) + 0.65) / length
        end
    end
    return places
end

-- Each kind of artist: its columns of data, how gnuplot draws them, and what it draws below that.
local draw = {}

function draw.points(sheet, artist, x, y)
    local columns = { placed(artist.x, x), placed(artist.y, y) }
    local color = gnuplot.color(artist.rgb, artist.opacity)
    if artist.rgbs then
        local clear = math.floor((1 - artist.opacity) * 255 + 0.5) << 24
        columns[3] = {}
        for index, rgb in ipairs(artist.rgbs) do
            columns[3][index] = clear | rgb
        end
        color = "rgb variable"
    end
    return columns, ("using 1:2%s with points %s lc %s"):format(
        artist.rgbs and ":3" or "", sheet:point(artist.marker, artist.diameter), color)
end

function draw.line(sheet, artist, x, y)
    local color = gnuplot.color(artist.rgb, artist.opacity)
    local line = artist.dashes and ("lw %s %s"):format(sheet:line_width(artist.width),
        sheet:dash_type(artist.dashes))
    local columns = { placed(artist.x, x), placed(artist.y, y) }
    if not artist.marker then
        return columns, ("with lines %s lc %s"):format(line or "lw 0", color)
    end
    return columns, ("with points %s lc %s"):format(sheet:point(artist.marker, artist.diameter),
        color), line and ("with lines %s lc %s"):format(line, color) or nil
end

function draw.bars(sheet, artist, x, y, frame)
    local width = (frame.right - frame.left) * sheet.zoom
    local height = (frame.top - frame.bottom) * sheet.zoom
    local left, right = to_pixels(artist.left, x, width), to_pixels(artist.right, x, width)
    local bottom, top = to_pixels(artist.bottom, y, height), to_pixels(artist.top, y, height)
    local columns = { left, bottom, left, right, bottom, top }
    local edge = artist.edge and ("border lc %s lw %s"):format(gnuplot.color(artist.edge),
        sheet:line_width(style.point)) or "noborder"
    return columns, ("with boxxyerror fs transparent solid %s %s fc %s"):format(
        gnuplot.number(artist.opacity), edge, gnuplot.color(artist.rgb))
end

-- Where the pixels of a side are drawn. gnuplot wants two at least: a lone one is cut in half.
local function pixel_places(count, placing)
    if count == 1 then
        return { placing(0.75), placing(1.25) }
    end
    local places = {}
    for position = 1, count do
        places[position] = placing(position)
    end
    return places
end

function draw.image(_, artist, x, y)
    local across, down = pixel_places(artist.columns, x), pixel_places(artist.rows, y)
    local columns = { {}, {}, {}, {}, {} }
    for i, up in ipairs(down) do
        for j, right in ipairs(across) do
            local row = math.min(i, artist.rows) - 1
            local rgb = artist.rgbs[row * artist.columns + math.min(j, artist.columns)]
            for index, number in ipairs { right, up, rgb >> 16, rgb >> 8 & 255, rgb & 255 } do
                table.insert(columns[index], number)
            end
        end
    end
    return columns, "using 1:2:3:4:5 with rgbimage"
end

local function draw_grid(sheet, axes, frame, x_ticks, y_ticks, x, y)
    local looks = axes.grid
    for _, place in ipairs(x_ticks.places) do
        local across = frame.left + x(place) * (frame.right - frame.left)
        sheet:line(across, frame.bottom, across, frame.top, looks)
    end
    for _, place in ipairs(y_ticks.places) do
        local up = frame.bottom + y(place) * (frame.top - frame.bottom)
        sheet:line(frame.left, up, frame.right, up, looks)
    end
end

local function draw_ticks(sheet, frame, x_ticks, y_ticks, x, y)
    local size, length = layout.tick_size, layout.tick_length
    local below = frame.bottom - length - layout.tick_gap - layout.capital * size / 2
    for index, place in ipairs(x_ticks.places) do
        local across = frame.left + x(place) * (frame.right - frame.left)
        sheet:line(across, frame.bottom, across, frame.bottom - length, spine)
        sheet:text(across, below, x_ticks.texts[index], size, "center")
    end
    local beside = frame.left - length - layout.tick_gap
    for index, place in ipairs(y_ticks.places) do
        local up = frame.bottom + y(place) * (frame.top - frame.bottom)
        sheet:line(frame.left, up, frame.left - length, up, spine)
        sheet:text(beside, up, y_ticks.texts[index], size, "right")
    end
    if x_ticks.shared then
        sheet:text(frame.right + 4, below, x_ticks.shared, size, "left")
    end
    if y_ticks.shared then
        sheet:text(frame.left, frame.top + size * 0.75, y_ticks.shared, size, "left")
    end
end

local function draw_labels(sheet, axes, frame, cell_left, cell_bottom)
    local middle = (frame.left + frame.right) / 2
    if axes.title then
        local size = axes.title.size
        local lines = #lettering.lines(axes.title.text)
        sheet:text(middle, frame.top + layout.title_gap + (layout.descent + layout.capital / 2
            + (lines - 1) * lettering.line_height) * size, axes.title.text, size, "center")
    end
    if axes.xlabel then
        local size = axes.xlabel.size
        sheet:text(middle, cell_bottom - layout.label_gap - layout.capital * size / 2,
            axes.xlabel.text, size, "center")
    end
    if axes.ylabel then
        local size = axes.ylabel.size
        local lines = #lettering.lines(axes.ylabel.text)
        sheet:text(cell_left - layout.label_gap - (layout.descent + layout.capital / 2
            + (lines - 1) * lettering.line_height) * size, (frame.bottom + frame.top) / 2,
            axes.ylabel.text, size, "center", true)
    end
end

-- Places of an axes' data for the legend to keep clear of; of long series only some.
local function sample_points(axes, x, y)
    local points = {}
    local function add(across, up)
        if across >= 0 and across <= 1 then
            points[#points + 1] = { across, up }
        end
    end
    for _, artist in ipairs(axes.artists) do
        if artist.kind == "bars" then
            for index = 1, #artist.left do
                local middle = x((artist.left[index] + artist.right[index]) / 2)
                for tenth = 0, 10 do
                    add(middle, y(artist.bottom[index]
                        + (artist.top[index] - artist.bottom[index]) * tenth / 10))
                end
            end
        elseif artist.x then
            local count = #artist.x
            -- Between few points a line is long, and is to be kept clear of as well.
            local parts = artist.dashes and math.max(1, 200 // math.max(count, 1)) or 1
            for index = 1, count, math.max(1, count // 2000) do
                local x1, y1 = x(artist.x[index]), y(artist.y[index])
                local x2 = x(artist.x[math.min(index + 1, count)])
                local y2 = y(artist.y[math.min(index + 1, count)])
                for part = 0, parts - 1 do
                    add(x1 + (x2 - x1) * part / parts, y1 + (y2 - y1) * part / parts)
                end
            end
        end
    end
    return points
end

local function draw_axes(sheet, axes, frame, number)
    local x, y = axes:placing("x"), axes:placing("y")
    -- Ticks already stand on the axis' own scale.
    local function place_of(direction)
        local first, last = axes:limits(direction)
        return function(place)
            return (place * 0.5 - first * 0.5) / (last * 0.5 - first * 0.5)
        end
    end
    local tick_x, tick_y = place_of("x"), place_of("y")
    local x_ticks = layout.ticks(axes, "x", frame.right - frame.left)
    local y_ticks = layout.ticks(axes, "y", frame.top - frame.bottom)
    local tick = layout.tick_length + layout.tick_gap
    local widest = 0
    for _, text in ipairs(y_ticks.texts) do
        widest = math.max(widest, lettering.width(text, layout.tick_size))
    end

    sheet:clear_marks()
    if axes.grid then
        draw_grid(sheet, axes, frame, x_ticks, y_ticks, tick_x, tick_y)
    end
    for _, edge in ipairs { { 0, 0, 1, 0 }, { 0, 1, 1, 1 }, { 0, 0, 0, 1 }, { 1, 0, 1, 1 } } do
        local wide, high = frame.right - frame.left, frame.top - frame.bottom
        sheet:line(frame.left + edge[1] * wide, frame.bottom + edge[2] * high,
            frame.left + edge[3] * wide, frame.bottom + edge[4] * high, spine)
    end
    draw_ticks(sheet, frame, x_ticks, y_ticks, tick_x, tick_y)
    draw_labels(sheet, axes, frame, frame.left - tick - widest,
        frame.bottom - tick - layout.capital * layout.tick_size)
    if axes.legend then
        legend.draw(sheet, axes, frame, sample_points(axes, x, y))
    end

    sheet:put("set lmargin at screen %.6f; set rmargin at screen %.6f",
        frame.left / sheet.width, frame.right / sheet.width)
    sheet:put("set bmargin at screen %.6f; set tmargin at screen %.6f",
        frame.bottom / sheet.height, frame.top / sheet.height)
    local plots = {}
    for index, entry in ipairs(in_layers(axes.artists)) do
        local artist = entry.artist
        local columns, how, below = draw[artist.kind](sheet, artist, x, y, frame)
        if #columns[1] > 0 then
            local name = ("axes%d_%d"):format(number, index)
            sheet:put("%s", gnuplot.block(name, columns))
            plots[#plots + 1] = below and ("$%s %s"):format(name, below)
            plots[#plots + 1] = ("$%s %s"):format(name, how)
        end
    end
    -- An empty frame is drawn by plotting what is never in it.
    plots[1] = plots[1] or "NaN"
    sheet:put("%s", "plot " .. table.concat(plots, ", "))
end

-- gnuplot's SVG names one font, and lets a viewer blur the pixels of an image.
local function for_browsers(svg)
    return (svg:gsub('font%-family="DejaVu Sans"',
        'font-family="DejaVu Sans, Verdana, WenQuanYi Micro Hei, sans-serif"')
        :gsub("<image ", '<image style="image-rendering:pixelated" '))
end

---The bytes of a figure as PNG, SVG or PDF.
---@param figure {width: number, height: number, dpi: number, axes: autograd.plot.Axes[]}
---@param kind "png"|"svg"|"pdf"
---@param dpi number? the figure's unless said
---@return string bytes
function picture.render(figure, kind, dpi)
    local width, height = figure.width * 100, figure.height * 100
    local sheet = canvas.new(kind, width, height, dpi or figure.dpi)
    local frames = layout.frames(figure.axes, width, height)
    sheet:put("unset border; unset tics; unset key; set xrange [0:1]; set yrange [0:1]")
    sheet:put("set samples 2; set multiplot")
    for number, axes in ipairs(figure.axes) do
        draw_axes(sheet, axes, frames[axes], number)
    end
    if #figure.axes == 0 then
        sheet:put("plot NaN")
    end
    sheet:put("unset multiplot")
    local bytes = gnuplot.run(sheet:terminal(), sheet:script())
    return kind == "svg" and for_browsers(bytes) or bytes
end

return picture
