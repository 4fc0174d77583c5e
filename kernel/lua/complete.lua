-- Completion: from the code before the cursor to what could stand there.

local call = require("jupyter.call")
local chain = require("jupyter.chain")
local help = require("jupyter.help")
local syntax = require("jupyter.syntax")

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]]):gmatch("%a+") do
  keywords[#keywords + 1] = word
end

local function callable(value)
  if type(value) == "function" then
    return true
  end
  local meta = debug.getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__call") ~= nil
end

local function kind_of(value)
  return callable(value) and "function" or type(value) == "table" and "module" or "instance"
end

local Matches = {}
Matches.__index = Matches

local function new_matches(prefix)
  return setmetatable({prefix = prefix, seen = {}, list = {}}, Matches)
end

function Matches:add(text, kind)
  if not self.seen[text] and text:sub(1, #self.prefix) == self.prefix then
    self.seen[text] = true
    self.list[#self.list + 1] = {text = text, type = kind}
  end
end

-- Keyword arguments come first; names that begin with an underscore last, as they are seldom meant.
local function rank(match)
  return match.type == "param" and 1 or match.text:sub(1, 1) == "_" and 3 or 2
end

function Matches:sorted()
  table.sort(self.list, function(a, b)
    local rank_a, rank_b = rank(a), rank(b)
    if rank_a ~= rank_b then
      return rank_a < rank_b
    end
    return a.text < b.text
  end)
  return self.list
end

-- The fields of an object along its __index chain; only what can be called after a colon. A
-- library whose objects have no such chain gives its metatable a function __completions(object),
-- which returns a table from each name to its kind: "function" for what can be called, else
-- "instance" or "module".
local function add_fields(matches, object, methods_only)
  for _ = 1, 100 do
    local meta = debug.getmetatable(object)
    if type(object) == "table" then
      for key, value in next, object do
        if type(key) == "string" and key:find("^[%a_][%w_]*$") and (callable(value) or not methods_only) then
          matches:add(key, methods_only and "method" or kind_of(value))
        end
      end
    end
    if type(meta) ~= "table" then
      return
    end
    local names = rawget(meta, "__completions")
    if callable(names) then
      local ok, kinds = pcall(names, object)
      for name, kind in pairs(ok and type(kinds) == "table" and kinds or {}) do
        if type(name) == "string" and (kind == "function" or not methods_only) then
          matches:add(name, methods_only and "method" or tostring(kind))
        end
      end
    end
    object = rawget(meta, "__index")
    if type(object) ~= "table" then
      return
    end
  end
end

-- What the cell itself declares: after local, function and for, and parameters.
local function add_declared(matches, tokens)
  local declaring = false
  for i, token in ipairs(tokens) do
    if token.type == "keyword" then
      declaring = token.text == "local" or token.text == "for" or token.text == "function"
    elseif token.type == "name" then
      if declaring and i < #tokens then
        matches:add(token.text, "instance")
      end
    elseif not chain.is_symbol(token, ",", "(", "<", ">", ".", ":") then
      declaring = false
    end
  end
end

local function add_variables(matches, tokens)
  add_declared(matches, tokens)
  for name in pairs(syntax.kept_locals()) do
    matches:add(name, kind_of(chain.variable(name)))
  end
  add_fields(matches, _G, false)
  for _, word in ipairs(keywords) do
    matches:add(word, "keyword")
  end
end

local function add_keyword_arguments(matches, tokens, mark)
  local at, given = call.of_keywords(tokens, mark)
  local value = at and chain.value(tokens, at)
  for _, name in ipairs(value ~= nil and help.keywords(value) or {}) do
    if type(name) == "string" and not given[name] then
      matches:add(name .. "=", "param")
    end
  end
end

-- Module names that a path's templates could find: "a.b" for a/b.lua.
local function add_modules(matches)
  for name in pairs(package.loaded) do
    matches:add(name, "module")
  end
  for name in pairs(package.preload) do
    matches:add(name, "module")
  end
  local folder = matches.prefix:match("^(.*%.)") or ""
  for template in (package.path .. ";" .. package.cpath):gmatch("[^;]+") do
    local before, after = template:match("^(.-)%?(.*)$")
    if before and before:find("/$") then
      local suffix = after:match("^%.%a+$")
      for _, entry in ipairs(syntax.entries(before .. folder:gsub("%.", "/"))) do
        local name = entry:match("^([%w_]+)/$") or suffix and entry:sub(-#suffix) == suffix
          and entry:sub(1, -#suffix - 1)
        if name and name:find("^[%w_-]+$") then
          matches:add(folder .. name, "module")
        end
      end
    end
  end
end

local function add_files(matches)
  local folder = matches.prefix:match("^(.*/)") or ""
  for _, entry in ipairs(syntax.entries(folder == "" and "." or folder)) do
    matches:add(folder .. entry, "path")
  end
end

-- The keys of the table before the bracket in t["…
local function add_keys(matches, object)
  for key, value in next, type(object) == "table" and object or {} do
    if type(key) == "string" and not key:find('[%c"\\]') then
      matches:add(key, kind_of(value))
    end
  end
end

local function in_string(tokens, token)
  local quote = token.text:match("^%[=*%[") or token.text:sub(1, 1)
  local matches = new_matches(token.text:sub(#quote + 1))
  local before = tokens[#tokens - 1]
  local called = chain.is_symbol(before, "(") and tokens[#tokens - 2] or before
  local key_of = chain.is_symbol(before, "[") and chain.value(tokens, #tokens - 2)
  if called and called.type == "name" and called.text == "require" then
    add_modules(matches)
  elseif key_of then
    add_keys(matches, key_of)
  else
    add_files(matches)
  end
  return matches:sorted(), token.first + #quote
end

local function without_comments(tokens)
  local kept = {}
  for _, token in ipairs(tokens) do
    if token.type ~= "comment" then
      kept[#kept + 1] = token
    end
  end
  return kept
end

-- complete(code) gives a list of {text =, type =} and the position where the word begins.
return function(code)
  local tokens = syntax.tokens(code)
  local last = tokens[#tokens]
  local at_cursor = last and last.last == #code
  if at_cursor and last.type == "unfinished" and last.text:sub(1, 2) ~= "--" then
    return in_string(tokens, last)
  end
  if at_cursor and (last.type == "comment" or last.type == "unfinished" or last.type == "number") then
    return {}, #code + 1
  end
  tokens = without_comments(tokens)
  local word = at_cursor and (last.type == "name" or last.type == "keyword") and last
  local matches = new_matches(word and word.text or "")
  local start = word and word.first or #code + 1
  local mark = #tokens - (word and 1 or 0)
  if chain.is_symbol(tokens[mark], ".", ":") then
    local object = chain.value(tokens, mark - 1)
    if object ~= nil then
      add_fields(matches, object, tokens[mark].text == ":")
    end
  else
    add_keyword_arguments(matches, tokens, mark)
    add_variables(matches, tokens)
  end
  return matches:sorted(), start
end
