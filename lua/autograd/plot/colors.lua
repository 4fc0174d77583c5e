-- Colours: names, hex, grey levels and RGB tables, as integers 0xRRGGBB with an opacity.

local refuse = require "autograd.plot.refuse"

local colors = {}

-- The ten colours that follow each other in a figure, by Tableau's names.
local cycle = {
    "tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple",
    "tab:brown", "tab:pink", "tab:gray", "tab:olive", "tab:cyan",
}

local named = {
    ["tab:blue"] = 0x1f77b4, ["tab:orange"] = 0xff7f0e, ["tab:green"] = 0x2ca02c,
    ["tab:red"] = 0xd62728, ["tab:purple"] = 0x9467bd, ["tab:brown"] = 0x8c564b,
    ["tab:pink"] = 0xe377c2, ["tab:gray"] = 0x7f7f7f, ["tab:olive"] = 0xbcbd22,
    ["tab:cyan"] = 0x17becf,
    b = 0x0000ff, g = 0x008000, r = 0xff0000, c = 0x00bfbf, m = 0xbf00bf, y = 0xbfbf00,
    k = 0x000000, w = 0xffffff,
    black = 0x000000, white = 0xffffff, gray = 0x808080, grey = 0x808080, silver = 0xc0c0c0,
    lightgray = 0xd3d3d3, darkgray = 0xa9a9a9, dimgray = 0x696969, red = 0xff0000,
    darkred = 0x8b0000, crimson = 0xdc143c, firebrick = 0xb22222, tomato = 0xff6347,
    salmon = 0xfa8072, coral = 0xff7f50, orange = 0xffa500, darkorange = 0xff8c00,
    gold = 0xffd700, yellow = 0xffff00, khaki = 0xf0e68c, olive = 0x808000, green = 0x008000,
    lime = 0x00ff00, limegreen = 0x32cd32, forestgreen = 0x228b22, darkgreen = 0x006400,
    seagreen = 0x2e8b57, lightgreen = 0x90ee90, teal = 0x008080, turquoise = 0x40e0d0,
    cyan = 0x00ffff, skyblue = 0x87ceeb, lightblue = 0xadd8e6, steelblue = 0x4682b4,
    dodgerblue = 0x1e90ff, royalblue = 0x4169e1, blue = 0x0000ff, navy = 0x000080,
    indigo = 0x4b0082, slateblue = 0x6a5acd, purple = 0x800080, violet = 0xee82ee,
    orchid = 0xda70d6, magenta = 0xff00ff, pink = 0xffc0cb, hotpink = 0xff69b4,
    deeppink = 0xff1493, brown = 0xa52a2a, sienna = 0xa0522d, chocolate = 0xd2691e,
    tan = 0xd2b48c, beige = 0xf5f5dc,
}

---An 0xRRGGBB from parts in [0, 1].
---@return integer
function colors.pack(red, green, blue)
    local function byte(part)
        return math.floor(math.min(math.max(part, 0), 1) * 255 + 0.5)
    end
    return byte(red) << 16 | byte(green) << 8 | byte(blue)
end

local function from_hex(digits)
    if #digits == 3 then
        digits = digits:gsub("%x", "%0%0")
    end
    local opacity = #digits == 8 and tonumber(digits:sub(7), 16) / 255 or 1
    return tonumber(digits:sub(1, 6), 16), opacity
end

local function from_string(text)
    local position = text:match("^C(%d+)$")
    if position then
        return named[cycle[position % #cycle + 1]], 1
    end
    local digits = text:match("^#(%x+)$")
    if digits and (#digits == 3 or #digits == 6 or #digits == 8) then
        return from_hex(digits)
    end
    local grey = tonumber(text)
    if grey and grey >= 0 and grey <= 1 then
        return colors.pack(grey, grey, grey), 1
    end
    return named[text] or named[text:lower()], 1
end

local function from_table(parts)
    if #parts ~= 3 and #parts ~= 4 then
        return nil
    end
    for _, part in ipairs(parts) do
        if type(part) ~= "number" or not (part >= 0 and part <= 1) then
            return nil
        end
    end
    return colors.pack(parts[1], parts[2], parts[3]), parts[4] or 1
end

---A colour by what a user writes: "red", "r", "tab:blue", "C0", "#1f77b4", "#1f77b480", "0.5"
---(a grey), or {r, g, b} and {r, g, b, a} in [0, 1]; nil where it is none of these.
---@param value any
---@return integer? rgb
---@return number? opacity
function colors.parse(value)
    if type(value) == "string" then
        return from_string(value)
    elseif type(value) == "table" then
        return from_table(value)
    end
end

---As parse, but what is no colour is an error.
---@param value any
---@return integer rgb
---@return number opacity
function colors.check(value)
    local rgb, opacity = colors.parse(value)
    if not rgb then
        refuse("%s is not a color: write a name (\"red\", \"tab:blue\", \"C0\"), \"#rrggbb\", a "
            .. "grey level such as \"0.5\", or {r, g, b} with parts from 0 to 1",
            type(value) == "string" and ("%q"):format(value) or "a " .. type(value))
    end
    return rgb, opacity
end

---The colour of the n-th series of an axes, counted from 1.
---@param position integer
---@return integer rgb
function colors.of_cycle(position)
    return named[cycle[(position - 1) % #cycle + 1]]
end

return colors
