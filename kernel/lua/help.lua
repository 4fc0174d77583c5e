-- What is known of a function besides its source. Of Lua's and our own functions it stands in
-- tables here; a library tells it itself: its module's _HELP(value) returns signature and doc, and
-- _KEYWORDS(value) a list of the names that the function takes in a last table.

local help = {}

-- "file:read" for a method of files.
local function method_name(value)
  for key, method in next, debug.getregistry()["FILE*"].__index do
    if type(key) == "string" and rawequal(method, value) then
      return "file:" .. key
    end
  end
end

-- "string.rep" for a function that a loaded module holds.
function help.name(value)
  local found = method_name(value)
  for module, content in pairs(package.loaded) do
    if type(content) == "table" then
      for key, field in next, content do
        if type(key) == "string" and rawequal(field, value) then
          local name = module == "_G" and key or module .. "." .. key
          if not found or #name < #found then
            found = name
          end
        end
      end
    end
  end
  return found
end

local function ask_libraries(question, value)
  for _, module in pairs(package.loaded) do
    local answer = type(module) == "table" and rawget(module, question)
    if type(answer) == "function" then
      local ok, first, second = pcall(answer, value)
      if ok and first ~= nil then
        return first, second
      end
    end
  end
end

local function own_entry(value)
  local name = help.name(value)
  return name and (require("jupyter.standard_library")[name] or require("jupyter.functions")[name])
end

-- Signature and doc, nil where they are unknown.
function help.entry(value)
  local signature, doc = ask_libraries("_HELP", value)
  if type(signature) == "string" then
    return signature, type(doc) == "string" and doc or nil
  end
  local entry = own_entry(value)
  if entry then
    return entry[1], entry[2]
  end
end

-- A list, empty where they are unknown.
function help.keywords(value)
  local list = ask_libraries("_KEYWORDS", value)
  if type(list) == "table" then
    return list
  end
  local entry = own_entry(value)
  return entry and entry[3] or {}
end

return help
