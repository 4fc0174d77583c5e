-- The looks of lines and points: pyplot's short codes and names, in gnuplot's terms.

local colors = require "autograd.plot.colors"
local refuse = require "autograd.plot.refuse"

local style = {}

---Points to the pixels of a canvas of 100 dots an inch, in which all drawing is measured.
style.point = 100 / 72

-- Marker: gnuplot's point type, and its size relative to a disc of the same nominal diameter.
local markers = {
    ["o"] = { type = 7, scale = 1 }, ["."] = { type = 7, scale = 0.5 },
    [","] = { type = 7, scale = 0.15 }, ["s"] = { type = 5, scale = 0.9 },
    ["^"] = { type = 9, scale = 1 }, ["v"] = { type = 11, scale = 1 },
    ["D"] = { type = 13, scale = 1.1 }, ["d"] = { type = 13, scale = 0.8 },
    ["p"] = { type = 15, scale = 1 }, ["+"] = { type = 1, scale = 1 },
    ["x"] = { type = 2, scale = 0.9 }, ["*"] = { type = 3, scale = 1 },
}

-- Line style: lengths of ink and gap in line widths; false draws none.
local dashes = {
    ["-"] = {}, ["--"] = { 3.7, 1.6 }, ["-."] = { 6.4, 1.6, 1, 1.6 }, [":"] = { 1, 1.65 },
    [""] = false, [" "] = false, none = false, None = false,
    solid = {}, dashed = { 3.7, 1.6 }, dashdot = { 6.4, 1.6, 1, 1.6 }, dotted = { 1, 1.65 },
}

local function known(set)
    local names = {}
    for name in pairs(set) do
        names[#names + 1] = ("%q"):format(name)
    end
    table.sort(names)
    return table.concat(names, ", ")
end

---A marker's entry, or an error that names those there are; "" and "none" give nil.
---@param name string
---@return {type: integer, scale: number}?
function style.marker(name)
    if name == "" or name == "none" or name == "None" then
        return nil
    end
    return markers[name]
        or refuse("%q is not a marker; there are %s", tostring(name), known(markers))
end

---A line style's dashes (empty for a solid line; false for no line), or an error.
---@param name string
---@return number[]|false
function style.dashes(name)
    local found = dashes[name]
    if found == nil then
        refuse("%q is not a linestyle; there are %s", tostring(name), known(dashes))
    end
    return found
end

---Split a format such as "r--", "bo" or "C1.-" into its parts, each nil where it is not said.
---@param format string
---@return {color: string?, marker: string?, linestyle: string?}
function style.parse_format(format)
    if colors.parse(format) and not markers[format] then
        return { color = format }
    end
    local parts, rest = {}, format
    local function take(part, text)
        if parts[part] then
            refuse("Unrecognized format string %q: it names two %ss", format, part)
        end
        parts[part] = text
        rest = rest:sub(#text + 1)
    end
    while rest ~= "" do
        local two, one = rest:sub(1, 2), rest:sub(1, 1)
        if two == "--" or two == "-." then
            take("linestyle", two)
        elseif one == "-" or one == ":" then
            take("linestyle", one)
        elseif rest:find("^C%d") then
            take("color", rest:match("^C%d+"))
        elseif markers[one] then
            take("marker", one)
        elseif one:find("[bgrcmykw]") then
            take("color", one)
        else
            refuse("Unrecognized format string %q: %q is no color, marker or linestyle",
                format, one)
        end
    end
    return parts
end

return style
