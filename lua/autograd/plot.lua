-- Plots by pyplot's words, drawn by gnuplot:
--
--     local plt = require "autograd.plot"
--     plt.figure{figsize={13, 6}}
--     plt.scatter(x, y, {label="data"})
--     plt.plot(x, prediction, {label="fit"})
--     plt.legend()
--     plt.savefig("fit.png")
--
-- Data is a table of numbers, nested as deep as it likes, or whatever has totable(): a tensor.
-- Keyword arguments stand in a table's named part. Positions count from 1.

local artists = require "autograd.plot.artists"
local new_axes = require("autograd.plot.axes").new
local colors = require "autograd.plot.colors"
local legend = require "autograd.plot.legend"
local lettering = require "autograd.plot.lettering"
local check_options = require "autograd.plot.options"
local picture = require "autograd.plot.picture"
local refuse = require "autograd.plot.refuse"
local series = require "autograd.plot.series"
local style = require "autograd.plot.style"
local terminal = require "autograd.plot.terminal"

local plot = {}

-- The figures that show() has not shown yet, and the one that the words speak to.
local waiting, current = {}, nil

local largest_side = 200

local function new_figure(width, height, dpi)
    current = { width = width, height = height, dpi = dpi, axes = {} }
    waiting[#waiting + 1] = current
    return current
end

-- A figure that was shown takes savefig still; whatever draws begins another.
local function figure_to_draw_on()
    if not current or current.shown then
        new_figure(6.4, 4.8, 100)
    end
    return current
end

local function axes_at(place)
    local figure = figure_to_draw_on()
    for _, axes in ipairs(figure.axes) do
        local other = axes.place
        if other.rows == place.rows and other.columns == place.columns
            and other.first == place.first and other.last == place.last then
            figure.focus = axes
            return axes
        end
    end
    figure.focus = new_axes(place)
    figure.axes[#figure.axes + 1] = figure.focus
    return figure.focus
end

local function axes_to_draw_on()
    local figure = figure_to_draw_on()
    return figure.focus or axes_at { rows = 1, columns = 1, first = 1, last = 1 }
end

-- A table's named part holds keywords, its array part the series: plot{1, 2, 3, color="red"}.
local function keywords_of(value, options)
    if options == nil and type(value) == "table" and getmetatable(value) == nil then
        for key in pairs(value) do
            if type(key) == "string" then
                return value
            end
        end
    end
    return options
end

local function check_number(word, name, number, low, high)
    if type(number) ~= "number" or not (number >= low and number <= high) then
        refuse("%s: %s must be a number from %g to %g, got %s", word, name, low, high,
            type(number) == "number" and number or "a " .. type(number))
    end
    return number
end

---Begin a figure. All words that follow speak to it.
---@param options {figsize: number[]?, dpi: number?}? figsize is {width, height} in inches
---(6.4 by 4.8 unless said), dpi the dots an inch of a PNG (100)
function plot.figure(options)
    options = check_options("figure", options, { figsize = "table", dpi = "number" })
    local size = options.figsize or { 6.4, 4.8 }
    if #size ~= 2 then
        refuse("figure: figsize must be {width, height} in inches, got %d numbers", #size)
    end
    new_figure(check_number("figure", "the width", size[1], 0.5, largest_side),
        check_number("figure", "the height", size[2], 0.5, largest_side),
        check_number("figure", "dpi", options.dpi or 100, 10, 2000))
end

---Divide the figure into rows and columns, and speak to one part of it.
---@param rows integer
---@param columns integer
---@param index integer|integer[] counted from 1 along the rows; {first, last} spans several
function plot.subplot(rows, columns, index)
    if math.type(rows) == "integer" and columns == nil and index == nil
        and rows >= 111 and rows <= 999 then
        rows, columns, index = rows // 100, rows // 10 % 10, rows % 10
    end
    local first, last = index, index
    if type(index) == "table" then
        first, last = index[1], index[2]
    end
    for _, number in ipairs { rows or false, columns or false, first or false, last or false } do
        if math.type(number) ~= "integer" or number < 1 then
            refuse("subplot takes three positive integers: rows, columns, index")
        end
    end
    if last > rows * columns or first > last then
        refuse("num must be an integer with 1 <= num <= %d, not %s", rows * columns,
            first == last and first or ("{%d, %d}"):format(first, last))
    end
    axes_at { rows = rows, columns = columns, first = first, last = last }
end

---Points at x and y, which must hold as many numbers.
---@param x any a series
---@param y any a series
---@param options table? keywords: s, a point's area in square points (36); color, a colour or a
---series of numbers along cmap ("viridis") from vmin to vmax; marker ("o"); label; alpha
function plot.scatter(x, y, options)
    artists.scatter(axes_to_draw_on(), x, y, options)
end

---A line: `plot(y)`, `plot(x, y)`, `plot(x, y, "r--")`, each with keywords last. Without x the
---points are counted from 1. Where y has two dims, every column is a line.
---@param ... any series, a format of color, marker and line style, keywords: color, linestyle,
---linewidth, marker, markersize, label, alpha
function plot.plot(...)
    local arguments, count = { ... }, select("#", ...)
    local last = arguments[count]
    local options, format
    if count > 1 and type(last) == "table" and getmetatable(last) == nil and #last == 0
        and next(last) ~= nil then
        options, count = last, count - 1
        last = arguments[count]
    end
    if count > 1 and type(last) == "string" then
        format, count = last, count - 1
    end
    if count < 1 or count > 2 then
        refuse("plot takes y, or x and y, then a format and keywords; got %d series", count)
    end
    local x, y = arguments[1], arguments[2]
    if count == 1 then
        x, y = nil, x
        options = keywords_of(y, options)
    elseif x == nil then
        refuse("x must be a table of numbers or a tensor, got nil")
    end
    artists.plot(axes_to_draw_on(), x, y, format, options)
end

---Bars of a height each, with their middles at x: numbers, or names.
---@param x any a series or a list of strings
---@param height any a series
---@param options table? keywords: width (0.8); bottom, a number or a series (0); color;
---edgecolor; label; alpha
function plot.bar(x, height, options)
    artists.bar(axes_to_draw_on(), x, height, options)
end

---A histogram of all numbers in x.
---@param x any a series
---@param options table? keywords: bins, their number (10) or a list of edges; range, {low, high};
---density, which makes the area 1; color; edgecolor; label; alpha
---@return number[] counts
---@return number[] edges
function plot.hist(x, options)
    return artists.hist(axes_to_draw_on(), x, keywords_of(x, options))
end

---An image from rows of numbers, or rows of {red, green, blue} in [0, 1] or from 0 to 255.
---@param data any
---@param options {cmap: string?, vmin: number?, vmax: number?}? cmap is "viridis" (unless said),
---"gray", "gray_r" or "coolwarm"; vmin and vmax are the numbers at its two ends
function plot.imshow(data, options)
    artists.imshow(axes_to_draw_on(), data, keywords_of(data, options))
end

local function set_label(word, field, points, text, options)
    options = check_options(word, options, { fontsize = "number" })
    if type(text) ~= "string" and type(text) ~= "number" then
        refuse("%s must be given a string, got %s", word, type(text))
    end
    local size = check_number(word, "fontsize", options.fontsize or points, 1, 200)
    text = lettering.clean(text)
    axes_to_draw_on()[field] = text ~= "" and { text = text, size = size * style.point } or nil
end

---The text above the axes.
---@param text string
---@param options {fontsize: number?}? in points (12)
function plot.title(text, options)
    set_label("title", "title", 12, text, options)
end

---The text below the x axis.
---@param text string
---@param options {fontsize: number?}? in points (10)
function plot.xlabel(text, options)
    set_label("xlabel", "xlabel", 10, text, options)
end

---The text beside the y axis.
---@param text string
---@param options {fontsize: number?}? in points (10)
function plot.ylabel(text, options)
    set_label("ylabel", "ylabel", 10, text, options)
end

---The box that names what has a label. A list names the artists in their order.
---@param labels string[]|{loc: string?}? loc is "best" unless said
---@param options {loc: string?}?
function plot.legend(labels, options)
    local axes = axes_to_draw_on()
    options = check_options("legend", options or labels, { loc = "string" })
    local place = options.loc or "best"
    local names, known = legend.places(), false
    for _, name in ipairs(names) do
        known = known or name == place
    end
    if not known then
        refuse("%q is not a valid value for loc; supported values are %s", place,
            table.concat(names, ", "))
    end
    for position, label in ipairs(labels or {}) do
        if axes.artists[position] then
            axes.artists[position].label = lettering.clean(label):gsub("\n", " ")
        end
    end
    axes.legend = place
end

---Lines behind the data at the ticks.
---@param visible boolean? true unless said
---@param options {color: any, alpha: number?, linestyle: string?, linewidth: number?}?
function plot.grid(visible, options)
    if type(visible) == "table" then
        visible, options = true, visible
    end
    options = check_options("grid", options, {
        color = "any", alpha = "number", linestyle = "string", linewidth = "number",
    })
    local rgb, opacity = colors.check(options.color or "#b0b0b0")
    local width = check_number("grid", "linewidth", options.linewidth or 0.8, 0, 100)
    local alpha = check_number("grid", "alpha", options.alpha or opacity, 0, 1)
    axes_to_draw_on().grid = visible ~= false and {
        back = true, rgb = rgb, opacity = alpha, width = width * style.point,
        dashes = style.dashes(options.linestyle or "-") or {},
    } or nil
end

local function set_limits(word, direction, first, last)
    local axes = axes_to_draw_on()
    if type(first) == "table" then
        first, last = first[1], first[2]
    end
    local asked = axes.asked[direction]
    for position, limit in pairs { first, last } do
        if type(limit) ~= "number" or not series.is_finite(limit) then
            refuse("Axis limits cannot be NaN or Inf: %s got %s", word, tostring(limit))
        elseif axes.scale[direction] == "log" and limit <= 0 then
            refuse("%s: a log axis shows positive numbers only, got %s", word, limit)
        end
        asked[position] = limit
    end
    if first == nil and last == nil then
        first, last = axes:limits(direction)
        if axes.scale[direction] == "log" then
            first, last = 10.0 ^ first, 10.0 ^ last
        end
        return first, last
    end
end

---Set the x axis' limits (nil leaves one as it is), or ask for them: `xlim(0, 1)`,
---`xlim{0, 1}`, `local low, high = xlim()`.
---@param first number|number[]?
---@param last number?
---@return number? first
---@return number? last
function plot.xlim(first, last)
    return set_limits("xlim", "x", first, last)
end

---As xlim, for the y axis.
---@param first number|number[]?
---@param last number?
---@return number? first
---@return number? last
function plot.ylim(first, last)
    return set_limits("ylim", "y", first, last)
end

local function set_scale(word, direction, name)
    if name ~= "linear" and name ~= "log" then
        refuse("%s: %s is not a valid scale; there are \"linear\" and \"log\"", word,
            type(name) == "string" and ("%q"):format(name) or "a " .. type(name))
    end
    local axes = axes_to_draw_on()
    axes.scale[direction], axes.asked[direction] = name, {}
end

---Make the x axis "linear" or "log". On a log axis what is not positive is not drawn.
---@param name string
function plot.xscale(name)
    set_scale("xscale", "x", name)
end

---Make the y axis "linear" or "log": a loss falls through its powers of ten.
---@param name string
function plot.yscale(name)
    set_scale("yscale", "y", name)
end

---Write the figure to a file: PNG, SVG or PDF by the name's ending.
---@param path string
---@param options {dpi: number?}? dots an inch of a PNG; the figure's unless said
function plot.savefig(path, options)
    options = check_options("savefig", options, { dpi = "number" })
    if type(path) ~= "string" then
        refuse("savefig must be given a file's name, got %s", type(path))
    end
    local kind = (path:match("%.(%w+)$") or ""):lower()
    if kind ~= "png" and kind ~= "svg" and kind ~= "pdf" then
        refuse("savefig writes .png, .svg and .pdf; it cannot tell the format of %q", path)
    end
    local dpi = options.dpi and check_number("savefig", "dpi", options.dpi, 10, 2000)
    local bytes = picture.render(current or figure_to_draw_on(), kind, dpi)
    local file, reason = io.open(path, "wb")
    if not file then
        refuse("savefig cannot write the figure: %s", reason)
    end
    local written, trouble = file:write(bytes)
    local closed, late_trouble = file:close()
    if not written or not closed then
        refuse("savefig cannot write the figure: %s", trouble or late_trouble)
    end
end

local function describe(figure)
    return ("<Figure size %.0fx%.0f with %d Axes>"):format(figure.width * figure.dpi,
        figure.height * figure.dpi, #figure.axes)
end

---Show the figures that were not shown yet: in a notebook as pictures, else as text.
function plot.show()
    local figures, jupyter = waiting, package.loaded.jupyter
    waiting = {}
    for _, figure in ipairs(figures) do
        figure.shown = true
        if jupyter then
            jupyter.display({
                ["image/png"] = picture.render(figure, "png"), ["text/plain"] = describe(figure),
            }, { raw = true })
        else
            io.write(terminal.render(figure))
        end
    end
end

---Drop the current figure, or "all" that were not shown.
---@param which "all"?
function plot.close(which)
    if which == "all" then
        waiting = {}
    else
        for index, figure in ipairs(waiting) do
            if figure == current then
                table.remove(waiting, index)
                break
            end
        end
    end
    current = nil
end

return plot
