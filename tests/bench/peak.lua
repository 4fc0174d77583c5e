-- The most megabytes that the library held over ten steps of the network of rows/network.py, its
-- cache and what the collector has not yet freed included; "scope" frees each step's own at its end.
local ag = require "autograd"

local x, classes = ag.randn(64, 784), ag.randint(1, 11, {64})
local parameters = {(ag.randn(784, 128) * 0.05):requires_grad_(), ag.zeros(128, {requires_grad = true}),
    (ag.randn(128, 10) * 0.1):requires_grad_(), ag.zeros(10, {requires_grad = true})}
local w1, b1, w2, b2 = table.unpack(parameters)
local function step()
    for _, p in ipairs(parameters) do
        p.grad = nil
    end
    local loss = ag.cross_entropy((x:matmul(w1) + b1):relu():matmul(w2) + b2, classes)
    loss:backward()
    ag.no_grad(function()
        for _, p in ipairs(parameters) do
            p:sub_(0.01 * p.grad)
        end
    end)
end
for _ = 1, 10 do
    if arg[1] == "scope" then
        ag.scope(step)
    else
        step()
    end
end
print(ag.bytes_reserved() / 2 ^ 20)
