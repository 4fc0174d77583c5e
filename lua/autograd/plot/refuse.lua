-- Raises an error that points at the user's own line, however deep in the plot's files it is
-- found, and keeps the traceback whole.

local folder = debug.getinfo(1, "S").source:match("^(.*)[/\\]refuse%.lua$")

local function is_ours(source)
    return folder ~= nil and source:sub(1, #folder) == folder
        and (source:find("^[/\\]", #folder + 1) or source:sub(#folder + 1) == ".lua")
end

---Raise an error at the first caller outside `autograd.plot`.
---@param message string a sentence, or a format for the values that follow
---@param ... any
return function(message, ...)
    if select("#", ...) > 0 then
        message = message:format(...)
    end
    local level, info = 2, debug.getinfo(2, "S")
    while info and is_ours(info.source) do
        level = level + 1
        info = debug.getinfo(level, "S")
    end
    error(message, info and level or 2)
end
