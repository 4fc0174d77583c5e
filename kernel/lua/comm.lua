-- jupyter.comm: targets that front-ends may open, and the comms that are open.

local link = require("jupyter.link")

local comm = {}

local targets = {} -- name -> function(comm, data)
local open = {} -- id -> comm

local Comm = {}
Comm.__index = Comm
Comm.__name = "jupyter.Comm"

local function new_comm(id, target)
  local self = setmetatable({id = id, target = target}, Comm)
  open[id] = self
  return self
end

-- Sends data (a table) to the other side.
function Comm:send(data)
  if not open[self.id] then
    error("this comm is closed", 2)
  end
  link.publish("comm_msg", self.id, nil, data)
end

-- Closes it, from this side; on_close is for when the other side does.
function Comm:close(data)
  if open[self.id] then
    open[self.id] = nil
    link.publish("comm_close", self.id, nil, data)
  end
end

function Comm:on_msg(callback)
  self.message_callback = callback
end

function Comm:on_close(callback)
  self.close_callback = callback
end

-- callback(comm, data) is called when a front-end opens a comm to this target; nil takes it away.
function comm.register_target(name, callback)
  if type(name) ~= "string" then
    error("a target's name must be a string, not " .. type(name), 2)
  end
  targets[name] = callback
end

-- Opens a comm to a target of the front-end.
function comm.open(target, data)
  if type(target) ~= "string" then
    error("a target's name must be a string, not " .. type(target), 2)
  end
  local self = new_comm(link.new_id(), target)
  link.publish("comm_open", self.id, target, data)
  return self
end

local handlers = {}

function handlers.comm_open(id, target, data)
  local callback = targets[target]
  if not callback then
    link.publish("comm_close", id)
    error(("no target '%s' is registered"):format(target), 0)
  end
  callback(new_comm(id, target), data)
end

function handlers.comm_msg(id, _, data)
  local self = open[id]
  if self and self.message_callback then
    self.message_callback(data)
  end
end

function handlers.comm_close(id, _, data)
  local self = open[id]
  open[id] = nil
  if self and self.close_callback then
    self.close_callback(data)
  end
end

-- A message from the front-end.
function comm.handle(kind, id, target, data)
  handlers[kind](id, target, data)
end

-- The open comms, all or those of one target: id -> target.
function comm.list(target)
  local list = {}
  for id, self in pairs(open) do
    if target == nil or self.target == target then
      list[id] = self.target
    end
  end
  return list
end

return comm
