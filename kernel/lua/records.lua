-- A list of records (tables with string keys) as an HTML table.

local ROWS, COLUMNS = 60, 30
local CELL = 200 -- bytes
local FILLED = 0.5 -- of the cells, or it is a list of unlike things

-- The fields of the records that are shown, in the order of their names, or nil where the value is
-- no list of records.
local function fields_of(list)
  local count = rawlen(list)
  if getmetatable(list) ~= nil or count == 0 or next(list, count) ~= nil then
    return nil
  end
  local rows = math.min(count, ROWS)
  local seen, fields, filled = {}, {}, 0
  for i = 1, count do
    local record = rawget(list, i)
    if type(record) ~= "table" or getmetatable(record) ~= nil or next(record) == nil then
      return nil
    end
    for key in next, i <= rows and record or {} do
      if type(key) ~= "string" then
        return nil
      end
      filled = filled + 1
      if not seen[key] then
        seen[key] = true
        fields[#fields + 1] = key
      end
    end
  end
  table.sort(fields)
  return filled >= FILLED * rows * #fields and fields or nil
end

local entities = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}
local function escape(text)
  return (text:gsub('[&<>"]', entities))
end

-- Cut where a character begins.
local function cut(text)
  if #text <= CELL then
    return text
  end
  local last = CELL
  while last > CELL - 4 and text:byte(last + 1) & 0xC0 == 0x80 do
    last = last - 1
  end
  return text:sub(1, last) .. "…"
end

local function row(out, kind, head, cells)
  out[#out + 1] = "<tr><th>" .. head .. "</th>"
  for _, cell in ipairs(cells) do
    out[#out + 1] = ("<%s>%s</%s>"):format(kind, cell, kind)
  end
  out[#out + 1] = "</tr>\n"
end

-- text(value) gives what a cell that is no string shows. Nil where the value is no list of records.
return function(list, text)
  local fields = fields_of(list)
  if not fields then
    return nil
  end
  local columns = math.min(#fields, COLUMNS)
  local out, head = {"<table>\n<thead>"}, {}
  for i = 1, columns do
    head[i] = escape(cut(fields[i]))
  end
  if #fields > columns then
    head[columns + 1] = ("… %d more"):format(#fields - columns)
  end
  row(out, "th", "", head)
  out[#out + 1] = "</thead>\n<tbody>\n"
  local count = rawlen(list)
  for i = 1, math.min(count, ROWS) do
    local cells = {}
    for j = 1, columns do
      local value = rawget(list[i], fields[j])
      cells[j] = value == nil and "" or escape(cut(type(value) == "string" and value or text(value)))
    end
    row(out, "td", ("%d"):format(i), cells)
  end
  if count > ROWS then
    row(out, "td", "…", {("%d more"):format(count - ROWS)})
  end
  out[#out + 1] = "</tbody>\n</table>"
  return table.concat(out)
end
