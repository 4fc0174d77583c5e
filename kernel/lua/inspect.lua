-- Inspection: what is known of the name at the cursor: its value's type and text; a function's
-- signature, doc and source.

local call = require("jupyter.call")
local chain = require("jupyter.chain")
local help = require("jupyter.help")
local render = require("jupyter.render")
local syntax = require("jupyter.syntax")

local COMMENT_LINES = 40 -- above a function
local VALUE_BYTES = 2000

-- The comment that stands right above a function's first line, without its dashes or brackets.
local function comment_above(info)
  local text = syntax.lines(info.source, math.max(1, info.linedefined - COMMENT_LINES), info.linedefined - 1)
  text = info.linedefined > 1 and text or ""
  local block = text:match("^.*%-%-%[%[%s*(.-)%s*%]%]%s*$")
  if block then
    return block
  end
  local lines, kept = {}, {}
  for line in text:gmatch("([^\n]*)\n") do
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
  local signature, doc = help.entry(func)
  if not signature and info.what ~= "C" then
    signature = ("%s(%s)"):format(name, parameters(func, info))
  end
  add(out, "Signature:", signature or (help.name(func) or name) .. "(…)")
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

-- The value that the question is about, and the index of its last token: of the name at the cursor;
-- or, where that has none, the function whose arguments the cursor stands in.
local function value_at(tokens, cursor)
  local before
  for i, token in ipairs(tokens) do
    if token.type == "name" and token.first <= cursor + 1 and cursor <= token.last then
      local value = chain.value(tokens, i)
      if value ~= nil then
        return value, i
      end
    end
    if token.last <= cursor then
      before = i
    end
  end
  local at = call.around(tokens, before or 0)
  if at then
    return chain.value(tokens, at), at
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
  local value, at = value_at(tokens, cursor)
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
