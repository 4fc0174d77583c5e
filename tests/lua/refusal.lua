-- refuses(call, text): call must raise text, led by file and line. A text that ends in "…" is a
-- beginning.
local function refuses(call, text)
    local good, message = pcall(call)
    assert(not good, "not refused: " .. text)
    assert(type(message) == "string", "the error is no string: " .. tostring(message))
    local place, rest = message:match("^([^\n:]+:%d+: )(.*)$")
    assert(place, "no file and line lead: " .. message)
    if text:find("…$") then
        text = text:gsub("…$", "")
        rest = rest:sub(1, #text)
    end
    if rest ~= text then
        error(("says: %s\nexpected: %s"):format(rest, text), 2)
    end
end

return refuses
