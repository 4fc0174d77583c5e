-- Readable text of tables: nested, cyclic, long.

local render = {}

local WIDTH = 80 -- a table that fits is one line
local SHORT = 24 -- bytes of an item that shares its line with others
local DEPTH = 5 -- tables inside tables deeper than this are {…}
local ENTRIES = 100 -- of one table
local NODES = 2000 -- of one value in all
local STRING = 2000 -- bytes of one string inside a table
local CELL_DEPTH, CELL_NODES = 3, 20 -- the same in a cell of an HTML table, where less is shown

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]]):gmatch("%a+") do
  keywords[word] = true
end

local function quote(text)
  local cut = ""
  if #text > STRING then
    text, cut = text:sub(1, STRING), ("… (%d bytes)"):format(#text)
  end
  local quoted = text:gsub('[%c"\\]', function(c)
    local short = ({["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\"})[c]
    return short or ("\\%03d"):format(c:byte())
  end)
  return '"' .. quoted .. '"' .. cut
end

local function key_text(key, value_text)
  if type(key) == "string" then
    if key:find("^[%a_][%w_]*$") and not keywords[key] then
      return key
    end
    return "[" .. quote(key) .. "]"
  end
  return "[" .. value_text(key) .. "]"
end

-- Keys behind the array part: numbers in order, then strings in order, then the rest.
local rank = {number = 1, string = 2, boolean = 3}
local function before(a, b)
  local ra, rb = rank[type(a)] or 4, rank[type(b)] or 4
  if ra ~= rb then
    return ra < rb
  end
  if ra <= 2 then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local function other_keys(value, length)
  local keys = {}
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= length) then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  return keys
end

-- The parts as lines: of a long list many short ones share one.
local function fill(parts, short, indent)
  local lines = {}
  for i, part in ipairs(parts) do
    local last = lines[#lines]
    if short[i] and short[i - 1] and #indent + #last + #part + 3 <= WIDTH then
      lines[#lines] = last .. ", " .. part
    else
      lines[#lines + 1] = part
    end
  end
  return lines
end

-- The tables that are being rendered stand in `open`, so that a cycle is seen.
local function render_value(value, depth, indent, open, budget)
  local kind = type(value)
  if kind == "string" then
    return quote(value)
  end
  local meta = getmetatable(value)
  local is_object = type(meta) == "table"
  if kind ~= "table" or is_object and rawget(meta, "__tostring") ~= nil then
    return tostring(value)
  end
  local name = is_object and rawget(meta, "__name")
  name = type(name) == "string" and name .. " " or ""
  if open[value] then
    return name .. "<cycle>"
  end
  if next(value) == nil then
    return name .. "{}"
  end
  if depth >= DEPTH or budget.left <= 0 then
    return name .. "{…}"
  end
  open[value] = true
  local inner = indent .. "  "
  local function inside(v)
    return render_value(v, depth + 1, inner, open, budget)
  end
  local parts, short = {}, {}
  local length = rawlen(value)
  local shown = math.min(length, ENTRIES)
  for i = 1, shown do
    budget.left = budget.left - 1
    if budget.left < 0 then
      shown = i - 1
      break
    end
    parts[i] = inside(rawget(value, i))
    short[i] = type(rawget(value, i)) ~= "table" and #parts[i] <= SHORT
  end
  local left_out = length - shown
  for _, key in ipairs(other_keys(value, length)) do
    budget.left = budget.left - 1
    if #parts >= ENTRIES or budget.left < 0 then
      left_out = left_out + 1
    else
      parts[#parts + 1] = key_text(key, inside) .. " = " .. inside(rawget(value, key))
    end
  end
  if left_out > 0 then
    parts[#parts + 1] = ("… %d more"):format(left_out)
  end
  open[value] = nil
  local line = name .. "{" .. table.concat(parts, ", ") .. "}"
  if #indent + #line <= WIDTH and not line:find("\n", 1, true) then
    return line
  end
  return name .. "{\n" .. inner .. table.concat(fill(parts, short, inner), ",\n" .. inner) .. "\n" .. indent .. "}"
end

-- The text of any value; a string inside a table is quoted.
function render.text(value)
  return render_value(value, 0, "", {}, {left = NODES})
end

-- The text of a value inside a cell: one line.
local function cell_text(value)
  return (render_value(value, CELL_DEPTH, "", {}, {left = CELL_NODES}):gsub("\n%s*", " "))
end

-- The mime bundle of a table.
function render.bundle(value)
  local html = require("jupyter.records")(value, cell_text)
  return {["text/plain"] = render.text(value), ["text/html"] = html}
end

return render
