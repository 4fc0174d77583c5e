-- The value of the expression that ends before a token: names, fields, methods, literal indices.
-- Nothing of the user's is called; what only a call could tell is unknown.

local syntax = require("jupyter.syntax")

local chain = {}

-- An object's field without running Lua code: raw fields, then __index where it is a table. A C
-- function as __index of a userdata is asked, since a library's getters are made for that.
function chain.field(object, key)
  for _ = 1, 100 do
    if type(object) == "table" then
      local value = rawget(object, key)
      if value ~= nil then
        return value
      end
    end
    local meta = debug.getmetatable(object)
    local index = meta and rawget(meta, "__index")
    if type(index) == "function" then
      if type(object) ~= "userdata" or debug.getinfo(index, "S").what ~= "C" then
        return nil
      end
      local ok, value = pcall(index, object, key)
      if ok then
        return value
      end
      return nil
    elseif index == nil then
      return nil
    end
    object = index
  end
end

function chain.variable(name)
  local kept, value = syntax.kept_local(name)
  if kept then
    return value
  end
  return chain.field(_G, name)
end

-- The value of a literal token.
local function literal(token)
  if token.type == "number" then
    return tonumber(token.text)
  elseif token.type == "string" then
    local chunk = load("return " .. token.text, "=literal", "t", {})
    return chunk and chunk()
  end
end

-- The index of the bracket that the one at i closes.
local function opening(tokens, i)
  local pairs_of = {[")"] = "(", ["]"] = "[", ["}"] = "{"}
  local depth = 0
  for j = i, 1, -1 do
    local token = tokens[j]
    if token.type == "symbol" then
      if pairs_of[token.text] then
        depth = depth + 1
      elseif token.text == "(" or token.text == "[" or token.text == "{" then
        depth = depth - 1
        if depth == 0 then
          return token.text == pairs_of[tokens[i].text] and j or nil
        end
      end
    end
  end
end

local function is_symbol(token, ...)
  if token and token.type == "symbol" then
    for _, text in ipairs({...}) do
      if token.text == text then
        return true
      end
    end
  end
  return false
end

local function ends_expression(token)
  return token and (token.type == "name" or token.type == "string" or is_symbol(token, ")", "]", "}"))
end

-- The field of what may be nil.
local function field_of(object, key)
  if object ~= nil and key ~= nil then
    return chain.field(object, key)
  end
end

-- The value of the chain whose last token is tokens[i], or nil.
function chain.value(tokens, i)
  local token = tokens[i]
  if not token then
    return nil
  elseif token.type == "name" then
    if is_symbol(tokens[i - 1], ".", ":") then
      return field_of(chain.value(tokens, i - 2), token.text)
    end
    return chain.variable(token.text)
  elseif token.type == "string" then
    return not ends_expression(tokens[i - 1]) and literal(token) or nil
  elseif is_symbol(token, "]") then
    local open = opening(tokens, i)
    if open and open == i - 2 then
      local key = tokens[i - 1]
      return field_of(chain.value(tokens, open - 1), key.type == "name" and chain.variable(key.text) or literal(key))
    end
  elseif is_symbol(token, ")") then
    local open = opening(tokens, i)
    if open and open > 0 and not ends_expression(tokens[open - 1]) then
      local inner = chain.value(tokens, i - 1)
      local first = tokens[open + 1]
      if first and (first.type == "name" or first.type == "string") then
        return inner
      end
    end
  end
end

chain.is_symbol = is_symbol

return chain
