-- A white sheet measured in pixels of 100 dots an inch from its lower left corner, on which
-- texts, lines, boxes and marks are put; it keeps them as lines of gnuplot's language.

local gnuplot = require "autograd.plot.gnuplot"
local lettering = require "autograd.plot.lettering"

---@class autograd.plot.Canvas
local canvas = {}
canvas.__index = canvas

local font = "DejaVu Sans"

-- Each terminal has its own idea of sizes. Measured: pixels of a 100 dpi sheet that a font of
-- size 1, a disc of point size 1 and a line of width 1 take, and dashes of length 1 in line widths.
local devices = {
    png = { terminal = "pngcairo", font = 4 / 3, disc = 6.1, line = 1, dash = 0.25 },
    svg = { terminal = "svg", font = 1, disc = 11.4, line = 1, dash = 0.5 },
    pdf = { terminal = "pdfcairo", font = 0.928, disc = 8.4, line = 0.694, dash = 0.276 },
}

-- Round ends lengthen a dash by this many line widths, and shorten the gap.
local round_ends = 0.8

---@param kind "png"|"svg"|"pdf"
---@param width number pixels of 1/100 inch
---@param height number
---@param dpi number dots an inch; a PDF has none
---@return autograd.plot.Canvas
function canvas.new(kind, width, height, dpi)
    local device = devices[kind]
    -- PDF and SVG are scaled by who shows them; only a picture of dots gains from more of them.
    local zoom = kind == "png" and dpi / 100 or 1
    return setmetatable({
        kind = kind, device = device, width = width, height = height, zoom = zoom, lines = {},
    }, canvas)
end

---The terminal line for gnuplot.run.
---@return string
function canvas:terminal()
    local size = self.kind == "pdf"
        and ("%.4gin,%.4gin"):format(self.width / 100, self.height / 100)
        or ("%.0f,%.0f"):format(self.width * self.zoom, self.height * self.zoom)
    return ('%s rounded noenhanced size %s font "%s,%s" background "#ffffff"'):format(
        self.device.terminal, size, font, self:font_size(14))
end

function canvas:font_size(pixels)
    return gnuplot.number(pixels * self.zoom / self.device.font)
end

function canvas:line_width(pixels)
    return gnuplot.number(pixels * self.zoom / self.device.line)
end

function canvas:disc_size(pixels)
    return gnuplot.number(pixels * self.zoom / self.device.disc)
end

---gnuplot's dash type for lengths in line widths; empty for a solid line.
---@param dashes number[]
---@return string
function canvas:dash_type(dashes)
    if #dashes == 0 then
        return "dt solid"
    end
    local lengths = {}
    for index, length in ipairs(dashes) do
        length = index % 2 == 1 and math.max(length - round_ends, 0.1) or length + round_ends
        lengths[index] = gnuplot.number(length / self.device.dash)
    end
    return "dt (" .. table.concat(lengths, ",") .. ")"
end

---Put a line of gnuplot's own language.
---@param format string
---@param ... any
function canvas:put(format, ...)
    self.lines[#self.lines + 1] = select("#", ...) > 0 and format:format(...) or format
end

function canvas:at(x, y)
    return ("screen %.6f,%.6f"):format(x / self.width, y / self.height)
end

---A text whose lines' capitals are centred on y, or on x where it is turned upright.
---@param x number
---@param y number of the first line
---@param text string
---@param size number the font's, in pixels
---@param align "left"|"center"|"right"
---@param upright boolean? turned by 90 degrees
function canvas:text(x, y, text, size, align, upright)
    for index, line in ipairs(lettering.lines(text)) do
        local step = (index - 1) * size * lettering.line_height
        self:put('set label %s at %s %s %s font "%s,%s" front tc %s', gnuplot.quote(line),
            self:at(upright and x + step or x, upright and y or y - step), align,
            upright and "rotate by 90" or "norotate", font, self:font_size(size),
            gnuplot.color(0))
    end
end

---A straight line.
---@param looks {width: number, rgb: integer, opacity: number?, dashes: number[]?, back: boolean?}
function canvas:line(x1, y1, x2, y2, looks)
    self:put("set arrow from %s to %s nohead %s lw %s lc %s %s", self:at(x1, y1), self:at(x2, y2),
        looks.back and "back" or "front", self:line_width(looks.width),
        gnuplot.color(looks.rgb, looks.opacity), self:dash_type(looks.dashes or {}))
end

---A box with round corners, filled and framed.
---@param looks {radius: number, rgb: integer, opacity: number, frame: integer?, width: number?}
function canvas:box(x1, y1, x2, y2, looks)
    local radius = math.min(looks.radius, (x2 - x1) / 2, (y2 - y1) / 2)
    local corners = {
        { x2 - radius, y2 - radius, 0 }, { x1 + radius, y2 - radius, 90 },
        { x1 + radius, y1 + radius, 180 }, { x2 - radius, y1 + radius, 270 },
    }
    local points = {}
    for _, corner in ipairs(corners) do
        for degrees = corner[3], corner[3] + 90, radius > 0 and 15 or 90 do
            local angle = math.rad(degrees)
            points[#points + 1] = self:at(corner[1] + radius * math.cos(angle),
                corner[2] + radius * math.sin(angle))
        end
    end
    points[#points + 1] = points[1]
    self:put("set object polygon from %s front fc %s fs transparent solid %s %s",
        table.concat(points, " to "), gnuplot.color(looks.rgb), gnuplot.number(looks.opacity),
        looks.frame and ("border lc %s lw %s"):format(gnuplot.color(looks.frame),
            self:line_width(looks.width)) or "noborder")
end

---gnuplot's words for a marker of a disc's diameter. Only the open ones have lines.
---@param marker {type: integer, scale: number}
---@param diameter number
---@return string
function canvas:point(marker, diameter)
    local first_filled = 5
    return ("pt %d ps %s lw %s"):format(marker.type, self:disc_size(diameter * marker.scale),
        marker.type < first_filled and self:line_width(1.4) or 0)
end

---A marker by itself.
---@param marker {type: integer, scale: number}
function canvas:mark(x, y, marker, diameter, rgb, opacity)
    self:put('set label "" at %s front point %s lc %s', self:at(x, y),
        self:point(marker, diameter), gnuplot.color(rgb, opacity))
end

---Everything put so far belongs to a plot that has been drawn; begin another.
function canvas:clear_marks()
    self:put("unset label; unset arrow; unset object")
end

---@return string script
function canvas:script()
    return table.concat(self.lines, "\n")
end

return canvas
