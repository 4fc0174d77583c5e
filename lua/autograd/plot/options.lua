-- Keyword arguments: the named part of a table, checked against what a word knows.

local refuse = require "autograd.plot.refuse"

-- pyplot's abbreviations.
local short = { c = "color", ls = "linestyle", lw = "linewidth", ms = "markersize" }

---A copy of `given` with abbreviations spelled out; an unknown keyword is an error that names
---the known ones, and so is a value of another type.
---@param word string the function that the user called
---@param given table? the user's table
---@param known table<string, string> from keyword to its type; "any" takes every type
---@return table
return function(word, given, known)
    local options = {}
    if given == nil then
        return options
    elseif type(given) ~= "table" then
        refuse("%s: keyword arguments go in a table, got a %s", word, type(given))
    end
    for key, value in pairs(given) do
        if type(key) == "string" then
            local name = known[key] and key or short[key] or key
            local wanted = known[name]
            if not wanted then
                local names = {}
                for each in pairs(known) do
                    names[#names + 1] = each
                end
                table.sort(names)
                refuse("%s got an unexpected keyword argument '%s'; it knows %s", word, key,
                    table.concat(names, ", "))
            elseif wanted ~= "any" and type(value) ~= wanted then
                refuse("%s: %s must be a %s, got a %s", word, key, wanted, type(value))
            end
            options[name] = value
        end
    end
    return options
end
