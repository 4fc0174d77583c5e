-- The call that the cursor stands in, read from the tokens before it.

local chain = require("jupyter.chain")

local call = {}

-- The innermost bracket that is still open behind tokens[i], or nil.
local function open_bracket(tokens, i)
  local depth = 0
  for at = i, 1, -1 do
    if chain.is_symbol(tokens[at], ")", "]", "}") then
      depth = depth + 1
    elseif chain.is_symbol(tokens[at], "(", "[", "{") then
      if depth == 0 then
        return at
      end
      depth = depth - 1
    end
  end
end

-- In "function a.b:c(" the brackets hold parameters.
local function is_declared(tokens, i)
  while tokens[i] and (tokens[i].type == "name" or chain.is_symbol(tokens[i], ".", ":")) do
    i = i - 1
  end
  return tokens[i] ~= nil and tokens[i].type == "keyword" and tokens[i].text == "function"
end

-- The token that ends what the bracket calls, or nil where it calls nothing.
local function callee(tokens, bracket)
  local before = tokens[bracket - 1]
  local calls = before and not chain.is_symbol(tokens[bracket], "[")
    and (before.type == "name" or chain.is_symbol(before, ")", "]"))
  return calls and not is_declared(tokens, bracket - 1) and bracket - 1 or nil
end

-- Where the function stands whose arguments tokens[i] ends in, tables among them included: the
-- index of its last token, or nil.
function call.around(tokens, i)
  local bracket = open_bracket(tokens, i)
  while bracket do
    local at = callee(tokens, bracket)
    if at then
      return at
    end
    bracket = open_bracket(tokens, bracket - 1)
  end
end

-- The same where a name that follows tokens[i] would be a field of a table among the arguments; and
-- the names that the table has already.
function call.of_keywords(tokens, i)
  local bracket = open_bracket(tokens, i)
  if not chain.is_symbol(tokens[bracket or 0], "{") or not chain.is_symbol(tokens[i], "{", ",", ";") then
    return nil
  end
  local outer = callee(tokens, bracket) and bracket or open_bracket(tokens, bracket - 1)
  local at = outer and (outer == bracket or chain.is_symbol(tokens[outer], "(")) and callee(tokens, outer)
  local given = {}
  for j = bracket + 1, i - 1 do
    if tokens[j].type == "name" and chain.is_symbol(tokens[j + 1], "=") then
      given[tokens[j].text] = true
    end
  end
  return at or nil, given
end

return call
