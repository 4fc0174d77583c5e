-- Inspection: what is known of the name at the cursor: its value's type and text; a function's
-- signature, doc and source.

local chain = require("jupyter.chain")
local render = require("jupyter.render")
local syntax = require("jupyter.syntax")

local COMMENT_LINES = 40 -- above a function
local VALUE_BYTES = 2000

-- "string.rep" for a function that a loaded module holds.
local function module_name_of(value)
  local found
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

-- A library tells of its own functions: its module's _HELP(value) returns signature and doc.
local function library_help(value)
  for _, module in pairs(package.loaded) do
    local help = type(module) == "table" and rawget(module, "_HELP")
    if type(help) == "function" then
      local ok, signature, doc = pcall(help, value)
      if ok and type(signature) == "string" then
        return signature, type(doc) == "string" and doc or nil
      end
    end
  end
end

-- The comment that stands right above a function's first line, without its dashes.
local function comment_above(info)
  local text = syntax.lines(info.source, math.max(1, info.linedefined - COMMENT_LINES), info.linedefined - 1)
  local lines, kept = {}, {}
  for line in (info.linedefined > 1 and text or ""):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
  end
  for i = #lines, 1, -1 do
    local comment = lines[i]:match("^%s*%-%-%-?%s?(.*)$")
    if not comment then
      break
    end
    table.insert(kept, 1, comment)
  end
  return #kept > 0 and table.concat(kept, "\n") or nil
end

local function parameters(func, info)
  local names = {}
  for i = 1, info.nparams do
    names[i] = debug.getlocal(func, i)
  end
  if info.isvararg then
    names[#names + 1] = "..."
  end
  return table.concat(names, ", ")
end

local function add(out, title, text)
  if text and text ~= "" then
    out[#out + 1] = title .. (text:find("\n") and "\n" or " ") .. text
  end
end

local function describe_function(out, func, name, detail)
  local info = debug.getinfo(func, "Su")
  local known = module_name_of(func)
  local signature, doc = library_help(func)
  if not signature and known then
    local entry = require("jupyter.standard_library")[known]
    signature, doc = entry and entry[1], entry and entry[2]
  end
  if not signature and info.what ~= "C" then
    signature = ("%s(%s)"):format(name, parameters(func, info))
  end
  add(out, "Signature:", signature or (known or name) .. "(…)")
  add(out, "Type:", info.what == "C" and "function (C)" or "function")
  if info.what == "C" then
    add(out, "Doc:", doc)
    return
  end
  add(out, "Doc:", doc or comment_above(info))
  add(out, "Defined:", ("%s:%d"):format(info.short_src, info.linedefined))
  if detail > 0 then
    add(out, "Source:", syntax.lines(info.source, info.linedefined, info.lastlinedefined))
  end
end

local function describe_value(out, value)
  local meta = debug.getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  local kind = math.type(value) or type(value)
  add(out, "Type:", type(name) == "string" and ("%s (%s)"):format(kind, name) or kind)
  if type(value) == "string" or type(value) == "table" then
    add(out, "Length:", ("%d"):format(type(value) == "string" and #value or rawlen(value)))
  end
  local text = type(value) == "table" and render.text(value) or tostring(value)
  if #text > VALUE_BYTES then
    text = text:sub(1, VALUE_BYTES) .. "…"
  end
  add(out, "Value:", text)
end

-- The token the question is about: the name at the cursor, or the function whose arguments the
-- cursor stands in.
local function token_at(tokens, cursor)
  local before
  for i, token in ipairs(tokens) do
    if token.type == "name" and token.first <= cursor + 1 and cursor <= token.last then
      return i
    end
    if token.last <= cursor then
      before = i
    end
  end
  local depth = 0
  for i = before or 0, 1, -1 do
    if chain.is_symbol(tokens[i], ")", "}", "]") then
      depth = depth + 1
    elseif chain.is_symbol(tokens[i], "(", "{", "[") then
      if depth == 0 then
        return chain.is_symbol(tokens[i], "(") and i > 1 and tokens[i - 1].type == "name" and i - 1 or nil
      end
      depth = depth - 1
    end
  end
end

local function keyword_at(tokens, cursor)
  for _, token in ipairs(tokens) do
    if token.type == "keyword" and token.first <= cursor + 1 and cursor <= token.last then
      return token.text
    end
  end
end

-- inspect(code, cursor, detail) gives a text, or nil where nothing is known. cursor counts the
-- bytes before it.
return function(code, cursor, detail)
  local tokens = {}
  for _, token in ipairs(syntax.tokens(code)) do
    if token.type ~= "comment" then
      tokens[#tokens + 1] = token
    end
  end
  local out = {}
  local at = token_at(tokens, cursor)
  local value
  if at then
    value = chain.value(tokens, at)
  end
  if type(value) == "function" then
    describe_function(out, value, tokens[at].text, detail)
  elseif value ~= nil then
    describe_value(out, value)
  else
    local word = keyword_at(tokens, cursor)
    local entry = word and require("jupyter.standard_library")[word]
    if not entry then
      return nil
    end
    add(out, "Syntax:", entry[1])
    add(out, "Doc:", entry[2])
  end
  return table.concat(out, "\n")
end
