-- Readable text of tables: nested, cyclic, long; and records as an HTML table.

local render = {}

local WIDTH = 80 -- a table that fits is one line
local DEPTH = 5 -- tables inside tables deeper than this are {…}
local ENTRIES = 100 -- of one table
local NODES = 2000 -- of one value in all
local STRING = 2000 -- bytes of one string inside a table

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

-- The tables that are being rendered stand in `open`, so that a cycle is seen.
local function render_value(value, depth, indent, open, budget)
  local kind = type(value)
  if kind == "string" then
    return quote(value)
  end
  local meta = getmetatable(value)
  if kind ~= "table" or type(meta) == "table" and meta.__tostring ~= nil then
    return tostring(value)
  end
  local name = type(meta) == "table" and type(meta.__name) == "string" and meta.__name .. " " or ""
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
  local parts = {}
  local length = rawlen(value)
  local shown = math.min(length, ENTRIES)
  for i = 1, shown do
    budget.left = budget.left - 1
    if budget.left < 0 then
      shown = i - 1
      break
    end
    parts[i] = inside(rawget(value, i))
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
  return name .. "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n" .. indent .. "}"
end

-- The text of any value; a string inside a table is quoted.
function render.text(value)
  return render_value(value, 0, "", {}, {left = NODES})
end

-- A list of two or more records: the names of their fields in order, or nil.
local function record_fields(value)
  if getmetatable(value) ~= nil or #value < 2 or #value > ENTRIES then
    return nil
  end
  local seen, fields = {}, {}
  for i, record in ipairs(value) do
    if type(record) ~= "table" or getmetatable(record) ~= nil or #record > 0 or next(record) == nil then
      return nil
    end
    for key, cell in next, record do
      if type(key) ~= "string" or type(cell) == "table" and getmetatable(cell) == nil then
        return nil
      end
      if not seen[key] then
        if i > 1 and #fields >= 30 then
          return nil
        end
        seen[key] = true
        fields[#fields + 1] = key
      end
    end
  end
  table.sort(fields)
  return next(value, #value) == nil and fields or nil
end

local entities = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}
local function escape(text)
  return (tostring(text):gsub('[&<>"]', entities))
end

local function records_html(records, fields)
  local out = {"<table>\n<thead><tr><th></th>"}
  for _, field in ipairs(fields) do
    out[#out + 1] = "<th>" .. escape(field) .. "</th>"
  end
  out[#out + 1] = "</tr></thead>\n<tbody>\n"
  for i, record in ipairs(records) do
    out[#out + 1] = ("<tr><th>%d</th>"):format(i)
    for _, field in ipairs(fields) do
      local cell = record[field]
      out[#out + 1] = "<td>" .. (cell == nil and "" or escape(cell)) .. "</td>"
    end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = "</tbody>\n</table>"
  return table.concat(out)
end

-- The mime bundle of a table.
function render.bundle(value)
  local bundle = {["text/plain"] = render.text(value)}
  local fields = record_fields(value)
  if fields then
    bundle["text/html"] = records_html(value, fields)
  end
  return bundle
end

return render
