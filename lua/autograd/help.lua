-- What is known of a function of this module, for those who explain and complete code: an
-- operation tells it by its entry, the others by their annotations in library/autograd.lua.
local ag = require "autograd"

local help = {}

local function read_annotations()
    local path = package.searchpath("autograd.library.autograd", package.path)
    local file <close> = path and io.open(path) or nil
    return file and file:read("a") or ""
end

-- The value of "autograd.autograd.grad" or "Tensor:item"; nil for what only other objects have.
local function resolve(name)
    local method = name:match("^Tensor:(.*)$")
    if method then
        return ag.zeros({})[method]
    end
    local value = name:find("^autograd%.") and ag or nil
    for field in name:gsub("^autograd%.", ""):gmatch("[%w_]+") do
        value = value and value[field]
    end
    return value
end

-- The names in the first table of a type such as "{ dtype: autograd.dtype?, requires_grad: boolean? }".
local function table_names(kind)
    local names = {}
    for name in (kind:match("{(.*)}") or ""):gmatch("([%a_][%w_]*): ") do
        names[#names + 1] = name
    end
    return names
end

-- What "function NAME(PARAMETERS) end" and the lines of "---" above it say.
local function entry_of(name, parameters, block)
    local shown, keywords, doc, kinds = {}, {}, {}, {}
    for _, line in ipairs(block) do
        local parameter, kind = line:match("^@param (%S+) (.*)$")
        if parameter then
            kinds[parameter:gsub("%?$", "")] = {kind = kind, optional = parameter:find("%?$")}
        elseif not line:find("^@") then
            doc[#doc + 1] = line
        end
    end
    for parameter in parameters:gmatch("[%w_.]+") do
        local known = kinds[parameter] or {kind = ""}
        local names = table_names(known.kind)
        table.move(names, 1, #names, #keywords + 1, keywords)
        local text = parameter == "options" and "{" .. table.concat(names, ", ") .. "}" or parameter
        shown[#shown + 1] = known.optional and "[" .. text .. "]" or text
    end
    return {
        signature = ("%s(%s)"):format(name, table.concat(shown, ", ")),
        doc = doc[1] and table.concat(doc, "\n"), keywords = keywords,
    }
end

local entries -- function → entry, read when first asked for

local function read_entries()
    entries = {}
    local block = {}
    for line in read_annotations():gmatch("([^\n]*)\n") do
        local name, parameters = line:match("^function ([%w_.:]+)(%b()) end$")
        local value = name and resolve(name)
        if value then
            entries[value] = entry_of(name, parameters, block)
        end
        if line:find("^%-%-%-") then
            block[#block + 1] = line:sub(4)
        else
            block = {}
        end
    end
end

local function annotated(value)
    if not entries then
        read_entries()
    end
    return entries[value] or {}
end

-- Signature and doc; nil for what is no function of this module.
function help._HELP(value)
    local operation = type(value) == "function" and ag.describe(value)
    if operation then
        return operation.signature, operation.doc
    end
    local entry = annotated(value)
    return entry.signature, entry.doc
end

-- The names of the keyword arguments that a function takes in a last table.
function help._KEYWORDS(value)
    local operation = type(value) == "function" and ag.describe(value)
    if not operation then
        return annotated(value).keywords
    end
    local names = {}
    for _, parameter in ipairs(operation.parameters) do
        if parameter.name ~= "self" then
            names[#names + 1] = parameter.name
        end
    end
    return names
end

return help
