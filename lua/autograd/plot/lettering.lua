-- A label's text: made safe to draw, cut into lines, and measured for the room it needs.

local lettering = {
    -- From one line of a text to the next, in font sizes.
    line_height = 1.2,
}

-- Advance widths of DejaVu Sans for the characters 32 to 126, in thousandths of the font's size.
local latin = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
}

-- From here on a character is as wide as the font is high: Chinese, Japanese, Korean, emoji.
local first_wide = 0x2E80

local function advance(codepoint)
    if codepoint >= 32 and codepoint <= 126 then
        return latin[codepoint - 31]
    elseif codepoint >= first_wide then
        return 1000
    elseif codepoint >= 0x2070 and codepoint <= 0x208E then
        return 401
    end
    return codepoint == 0x2212 and 838 or 640
end

---A text that every renderer takes: valid UTF-8 without control characters but newlines.
---@param text string|number
---@return string
function lettering.clean(text)
    text = tostring(text):gsub("\t", " "):gsub("[%z\1-\9\11-\31\127]", "")
    local length, invalid = utf8.len(text)
    while not length do
        text = text:sub(1, invalid - 1) .. "\u{FFFD}" .. text:sub(invalid + 1)
        length, invalid = utf8.len(text, invalid)
    end
    return text
end

---Width of one line of valid UTF-8 text, in the unit of `size`.
---@param text string
---@param size number the font's size
---@return number
function lettering.width(text, size)
    local width = 0
    for _, codepoint in utf8.codes(text) do
        width = width + advance(codepoint)
    end
    return width * size / 1000
end

---The lines of a text.
---@param text string
---@return string[]
function lettering.lines(text)
    local lines = {}
    for line in (text .. "\n"):gmatch("(.-)\n") do
        lines[#lines + 1] = line
    end
    return lines
end

return lettering
