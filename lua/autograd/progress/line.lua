-- The text of a bar, as tqdm's readers know it:
-- "train:  42%|████▏     | 840/2000 [00:01<00:02, 632 it/s, loss=0.0312]".
local line = {}

local WIDEST = 40 -- cells of the bar
local PLAIN = {"#"}
local EIGHTHS = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}

local function speaks_utf8()
    for _, name in ipairs {"LC_ALL", "LC_CTYPE", "LANG"} do
        local value = os.getenv(name)
        if value and value ~= "" then
            return value:lower():find("utf%-?8") ~= nil
        end
    end
    return false
end

-- Code points that take two cells in a terminal: East Asian wide forms and emoji.
local WIDE = {
    {0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
}

local function cells_of(code)
    for _, range in ipairs(WIDE) do
        if code >= range[1] and code <= range[2] then
            return 2
        end
    end
    return 1
end

-- The text cut to a number of cells, and how many of them it takes. What is no UTF-8 counts bytes.
local function fit(text, cells)
    if not utf8.len(text) then
        return text:sub(1, cells), math.min(#text, cells)
    end
    local used = 0
    for position, code in utf8.codes(text) do
        local more = cells_of(code)
        if used + more > cells then
            return text:sub(1, position - 1), used
        end
        used = used + more
    end
    return text, used
end

local function bar(fraction, cells)
    local steps = speaks_utf8() and EIGHTHS or PLAIN
    local filled = math.floor(fraction * cells * #steps)
    local whole, rest = filled // #steps, filled % #steps
    local text = steps[#steps]:rep(whole) .. (steps[rest] or "")
    return text .. (" "):rep(cells - whole - (rest > 0 and 1 or 0))
end

-- Three digits: "0.53", "12.5", "632", "1.05M".
local function short(number)
    local scale = 1
    local prefixes = {"", "k", "M", "G", "T"}
    while number >= 999.5 and scale < #prefixes do
        number, scale = number / 1000, scale + 1
    end
    local format = number < 9.995 and "%.2f" or number < 99.95 and "%.1f" or "%.0f"
    return format:format(number) .. prefixes[scale]
end

-- "02:05", "1:02:05".
function line.duration(seconds)
    seconds = math.floor(math.min(seconds, 1e9))
    local hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours > 0 then
        return ("%d:%02d:%02d"):format(hours, minutes, seconds % 60)
    end
    return ("%02d:%02d"):format(minutes, seconds % 60)
end

-- "632 it/s", or "1.58 s/it" where one step takes longer than a second; rate nil: not yet known.
function line.rate(rate, unit)
    if not rate then
        return "? " .. unit .. "/s"
    elseif rate < 1 then
        return ("%s s/%s"):format(short(1 / rate), unit)
    end
    return ("%s %s/s"):format(short(rate), unit)
end

-- A postfix value: floats in four digits.
function line.value(value)
    return math.type(value) == "float" and ("%.4g"):format(value) or tostring(value)
end

-- What stands left and right of the bar. The fraction is nil where no total is known.
function line.parts(look)
    local left = look.desc and look.desc .. ": " or ""
    local count = ("%d"):format(look.count)
    local times = line.duration(look.elapsed)
    local fraction
    if look.total then
        fraction = look.total > 0 and look.count / look.total or 1
        left = left .. ("%3d%%"):format(math.floor(fraction * 100))
        count = ("%s/%d"):format(count, look.total)
        local to_go = look.total - look.count
        if to_go > 0 then
            times = times .. "<" .. (look.rate and line.duration(to_go / look.rate) or "?")
        end
    else
        count = count .. " " .. look.unit
    end
    local right = {times, line.rate(look.rate, look.unit), look.postfix}
    return left, fraction, ("%s [%s]"):format(count, table.concat(right, ", "))
end

-- One line that fits into so many cells, or, without a number, one without a bar.
function line.text(look, cells)
    local left, fraction, right = line.parts(look)
    local text = fraction and left .. " " .. right or left .. right
    if cells and fraction then
        local _, used = fit(left .. right, math.huge)
        local room = math.min(cells - used - 3, WIDEST)
        if room >= 3 then
            text = ("%s|%s| %s"):format(left, bar(fraction, room), right)
        end
    end
    return cells and (fit(text, cells)) or text
end

return line
