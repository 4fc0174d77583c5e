-- The tutorial's training, for bench.py's row of a whole process.
local ag = require "autograd"

ag.manual_seed(0)
local learning_rate = 0.01
local x = ag.rand {500, 1}
local y = 3 * x + 0.8
local w = ag.rand({1, 1}, {requires_grad = true})
local b = ag.tensor(0, {requires_grad = true, dtype = "float64"})
local loss
for _ = 1, 2000 do
    local y_predict = ag.matmul(x, w) + b
    loss = (y - y_predict):pow(2):mean()
    if w.grad then
        w.grad.data:zero_()
    end
    if b.grad then
        b.grad.data:zero_()
    end
    loss:backward()
    w.data = w.data - learning_rate * w.grad
    b.data = b.data - learning_rate * b.grad
end
print("w,b,loss", w:item(), b:item(), loss:item())
