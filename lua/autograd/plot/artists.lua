-- From a user's data and keywords to what is drawn: points, lines, bars, images.

local colormap = require "autograd.plot.colormap"
local colors = require "autograd.plot.colors"
local lettering = require "autograd.plot.lettering"
local check_options = require "autograd.plot.options"
local refuse = require "autograd.plot.refuse"
local series = require "autograd.plot.series"
local style = require "autograd.plot.style"

local artists = {}

local default_marker_size = 6

local function label_of(options)
    return options.label ~= nil and lettering.clean(options.label):gsub("\n", " ") or nil
end

local function check_positive(word, name, number)
    if number and not (number >= 0 and number < math.huge) then
        refuse("%s: %s must be a number of 0 or more, got %s", word, name, number)
    end
    return number
end

-- Numbers along a colormap as colours.
local function mapped(numbers, options)
    local low, high = series.extent(numbers)
    local color = colormap.scale(options.cmap, options.vmin or low or 0, options.vmax or high or 1)
    local rgbs = {}
    for index, number in ipairs(numbers) do
        rgbs[index] = number == number and color(number) or 0xffffff
    end
    return rgbs
end

local function counting(length)
    local numbers = {}
    for position = 1, length do
        numbers[position] = position
    end
    return numbers
end

---Points. x and y may have any shape, but as many numbers.
---@param axes autograd.plot.Axes
function artists.scatter(axes, x, y, options)
    options = check_options("scatter", options, {
        s = "number", color = "any", marker = "string", label = "any", alpha = "number",
        cmap = "string", vmin = "number", vmax = "number",
    })
    local xs, ys = series.numbers(x, "x"), series.numbers(y, "y")
    if #xs ~= #ys then
        refuse("x and y must be the same size")
    end
    local area = check_positive("scatter", "s", options.s) or default_marker_size ^ 2
    local color, rgbs = options.color, nil
    if color ~= nil and colors.parse(color) == nil and type(color) ~= "string" then
        local numbers = series.numbers(color, "c")
        if #numbers ~= #xs then
            refuse("'c' argument has %d elements, which is inconsistent with 'x' and 'y' with "
                .. "size %d.", #numbers, #xs)
        end
        rgbs, color = mapped(numbers, options), nil
    end
    local rgb, opacity = axes:color(color, options.alpha)
    axes:add {
        kind = "points", x = xs, y = ys, rgbs = rgbs, rgb = rgb, opacity = opacity,
        marker = style.marker(options.marker or "o") or style.marker("o"),
        -- A disc of that area with a rim of its own colour.
        diameter = (math.sqrt(area) + 1) * style.point,
        label = label_of(options), extent = { x = { xs }, y = { ys } },
    }
end

local function column(numbers, shape, index)
    local width, picked = shape[2] or 1, {}
    for row = 1, shape[1] or 1 do
        picked[row] = numbers[(row - 1) * width + index]
    end
    return picked
end

-- The columns of x and y that make a line each.
local function lines_of(x, y)
    local ys, y_shape = series.numbers(y, "y")
    local xs, x_shape
    if x == nil then
        x_shape = { y_shape[1] or 1 }
        xs = counting(x_shape[1])
    else
        xs, x_shape = series.numbers(x, "x")
    end
    local shapes = series.shape_text(x_shape) .. " and " .. series.shape_text(y_shape)
    if #x_shape > 2 or #y_shape > 2 then
        refuse("x and y can be no greater than 2D, but have shapes %s", shapes)
    elseif (x_shape[1] or 1) ~= (y_shape[1] or 1) then
        refuse("x and y must have same first dimension, but have shapes %s", shapes)
    end
    local wide, deep = x_shape[2] or 1, y_shape[2] or 1
    if wide ~= 1 and deep ~= 1 and wide ~= deep then
        refuse("x has %d columns but y has %d columns", wide, deep)
    end
    local lines = {}
    for index = 1, math.max(wide, deep) do
        lines[index] = {
            x = column(xs, x_shape, math.min(index, wide)),
            y = column(ys, y_shape, math.min(index, deep)),
        }
    end
    return lines
end

---A line through points in their order, or only its markers; a column a line where y has two
---dims.
---@param axes autograd.plot.Axes
---@param x any nil counts the points from 1
---@param y any
---@param format string?
function artists.plot(axes, x, y, format, options)
    options = check_options("plot", options, {
        color = "any", linestyle = "string", linewidth = "number", marker = "string",
        markersize = "number", label = "any", alpha = "number",
    })
    local parts = style.parse_format(format or "")
    local marker = style.marker(options.marker or parts.marker or "")
    -- A format that names a marker and no line draws no line.
    local linestyle = options.linestyle or parts.linestyle or (parts.marker and "" or "-")
    local dashes = style.dashes(linestyle)
    local width = check_positive("plot", "linewidth", options.linewidth) or 1.5
    local size = check_positive("plot", "markersize", options.markersize) or default_marker_size
    for _, line in ipairs(lines_of(x, y)) do
        local rgb, opacity = axes:color(options.color or parts.color, options.alpha)
        axes:add {
            kind = "line", x = line.x, y = line.y, rgb = rgb, opacity = opacity,
            dashes = dashes, width = width * style.point, marker = marker,
            diameter = (size + 1) * style.point,
            label = label_of(options), extent = { x = { line.x }, y = { line.y } },
        }
    end
end

local function add_bars(axes, options, left, right, bottom, top, sticky)
    local rgb, opacity = axes:color(options.color, options.alpha)
    axes:add {
        kind = "bars", left = left, right = right, bottom = bottom, top = top, rgb = rgb,
        opacity = opacity, edge = options.edgecolor and colors.check(options.edgecolor) or nil,
        label = label_of(options), sticky = { y = sticky },
        extent = { x = { left, right }, y = { bottom, top } },
    }
end

---Upright bars, of which x names the middles, by numbers or by names.
---@param axes autograd.plot.Axes
function artists.bar(axes, x, height, options)
    options = check_options("bar", options, {
        width = "number", bottom = "any", color = "any", alpha = "number", label = "any",
        edgecolor = "any",
    })
    local tops = series.numbers(height, "height")
    x = series.plain(x)
    if type(x) == "table" and type(x[1]) == "string" then
        axes.categories = {}
        for position, name in ipairs(x) do
            axes.categories[position] = lettering.clean(name)
        end
        x = counting(#x)
    end
    local middles = series.numbers(x, "x")
    if #middles ~= #tops then
        refuse("x and height must be the same size, but have %d and %d numbers", #middles, #tops)
    end
    local bottoms = options.bottom ~= nil and series.numbers(options.bottom, "bottom") or { 0 }
    if #bottoms ~= 1 and #bottoms ~= #tops then
        refuse("bottom must be a number or one for each bar, but has %d for %d", #bottoms, #tops)
    end
    local half = (check_positive("bar", "width", options.width) or 0.8) / 2
    local left, right, bottom, top = {}, {}, {}, {}
    for index, middle in ipairs(middles) do
        left[index], right[index] = middle - half, middle + half
        bottom[index] = bottoms[index] or bottoms[1]
        top[index] = bottom[index] + tops[index]
    end
    add_bars(axes, options, left, right, bottom, top, bottom)
end

-- The edges of equal bins over the data, or those that the user lists.
local function bin_edges(numbers, options)
    local bins = options.bins == nil and 10 or series.plain(options.bins)
    if type(bins) == "table" then
        local edges = series.numbers(bins, "bins")
        for index = 2, #edges do
            local rises = edges[index] > edges[index - 1]
            if not rises then
                refuse("`bins` must increase monotonically, when an array")
            end
        end
        if #edges < 2 then
            refuse("`bins` needs two edges or more, when an array")
        end
        return edges
    end
    if math.type(bins) ~= "integer" or bins < 1 or bins > 1000000 then
        refuse("`bins` must be a positive integer or a list of edges, got %s", tostring(bins))
    end
    local low, high = series.extent(options.range or numbers)
    if not low then
        low, high = 0, 1
    elseif low == high then
        low, high = low - 0.5, high + 0.5
    end
    local edges = {}
    for index = 0, bins do
        edges[index + 1] = low + (high - low) * (index / bins)
    end
    return edges
end

-- The bin of a number, found by halving; the last bin holds its right edge too.
local function bin_of(edges, number)
    if not (number >= edges[1] and number <= edges[#edges]) then
        return nil
    end
    local low, high = 1, #edges
    while high - low > 1 do
        local middle = (low + high) // 2
        if number >= edges[middle] then
            low = middle
        else
            high = middle
        end
    end
    return low
end

---A histogram of all numbers of x. What is not finite or out of range is in no bin.
---@param axes autograd.plot.Axes
---@return number[] counts
---@return number[] edges one more than the counts
function artists.hist(axes, x, options)
    options = check_options("hist", options, {
        bins = "any", range = "table", density = "boolean", color = "any", alpha = "number",
        label = "any", edgecolor = "any",
    })
    local numbers = series.numbers(x, "x")
    local edges = bin_edges(numbers, options)
    local counts, total = {}, 0
    for index = 1, #edges - 1 do
        counts[index] = 0
    end
    for _, number in ipairs(numbers) do
        local bin = bin_of(edges, number)
        if bin then
            counts[bin] = counts[bin] + 1
            total = total + 1
        end
    end
    local left, right, bottom = {}, {}, {}
    for index in ipairs(counts) do
        left[index], right[index], bottom[index] = edges[index], edges[index + 1], 0
        if options.density and total > 0 then
            counts[index] = counts[index] / total / (edges[index + 1] - edges[index])
        end
    end
    add_bars(axes, options, left, right, bottom, counts, { 0 })
    return counts, edges
end

-- Three numbers a pixel, from 0 to 255 where all are integers beyond 1, else from 0 to 1.
local function true_colors(numbers)
    local _, largest = series.extent(numbers)
    local full = largest and largest > 1 and 255 or 1
    local rgbs = {}
    for index = 1, #numbers, 3 do
        rgbs[#rgbs + 1] = colors.pack(numbers[index] / full, numbers[index + 1] / full,
            numbers[index + 2] / full)
    end
    return rgbs
end

---An image: rows of numbers along a colormap, or rows of {red, green, blue}. The middle of the
---first pixel is at (1, 1), in the upper left corner.
---@param axes autograd.plot.Axes
function artists.imshow(axes, data, options)
    options = check_options("imshow", options, {
        cmap = "string", vmin = "number", vmax = "number",
    })
    local numbers, shape = series.numbers(data, "the image")
    local is_colored = #shape == 3 and shape[3] == 3
    if #shape ~= 2 and not is_colored or #numbers == 0 then
        refuse("Invalid shape %s for image data: it must be rows of numbers or rows of "
            .. "{red, green, blue}", series.shape_text(shape))
    end
    axes.upside_down, axes.equal = true, true
    axes:add {
        kind = "image", rows = shape[1], columns = shape[2],
        rgbs = is_colored and true_colors(numbers) or mapped(numbers, options),
        extent = { x = { { 0.5, shape[2] + 0.5 } }, y = { { 0.5, shape[1] + 0.5 } } },
        sticky = { x = { 0.5, shape[2] + 0.5 }, y = { 0.5, shape[1] + 0.5 } },
    }
end

return artists
