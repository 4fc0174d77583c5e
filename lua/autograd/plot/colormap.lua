-- Colormaps: a number in [0, 1] to a colour, straight between evenly spaced ones.

local refuse = require "autograd.plot.refuse"

local colormap = {}

local maps = {
    viridis = {
        0x440154, 0x481a6c, 0x472f7d, 0x414487, 0x39568c, 0x31688e, 0x2a788e, 0x23888e,
        0x1f988b, 0x22a884, 0x35b779, 0x54c568, 0x7ad151, 0xa5db36, 0xd2e21b, 0xfde725,
    },
    gray = { 0x000000, 0xffffff },
    gray_r = { 0xffffff, 0x000000 },
    coolwarm = {
        0x3b4cc0, 0x6282ea, 0x8db0fe, 0xb9d0f9, 0xdddcdc, 0xf5c4ac, 0xf4987a, 0xdd5f4b, 0xb40426,
    },
}

---The names that there are, in order.
---@return string[]
function colormap.names()
    local names = {}
    for name in pairs(maps) do
        names[#names + 1] = name
    end
    table.sort(names)
    return names
end

local function between(from, to, share)
    local function part(shift)
        local low, high = from >> shift & 255, to >> shift & 255
        return math.floor(low + (high - low) * share + 0.5) << shift
    end
    return part(16) | part(8) | part(0)
end

---A function from numbers to colours: `low` gets the map's first colour, `high` its last.
---@param name string? viridis unless said
---@param low number
---@param high number
---@return fun(number: number): integer rgb
function colormap.scale(name, low, high)
    name = name or "viridis"
    local map = maps[name]
    if not map then
        refuse("%q is not a colormap; there are %s", tostring(name),
            table.concat(colormap.names(), ", "))
    end
    local span = high > low and high - low or 1
    return function(number)
        local place = math.min(math.max((number - low) / span, 0), 1) * (#map - 1)
        local below = math.min(math.floor(place), #map - 2)
        return between(map[below + 1], map[below + 2], place - below)
    end
end

return colormap
