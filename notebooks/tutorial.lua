-- The tutorial as one plain script: forward, what is recorded, backward, and a linear regression
-- by hand. tutorial.ipynb tells the same at leisure.
--
--     lua5.4 tutorial.lua [figure.png]
--
-- The figure is written to the named file (.png, .svg or .pdf), or to tutorial.png.

local ag = require "autograd"
local plt = require "autograd.plot"

-- 1. Forward: every operation on a parameter is recorded.

local x = ag.ones(2, 2, {requires_grad = true})
print(x)
local y = x + 1
print(y)
local z = y * y * 2
print(z)
local out = z:mean()
print(out)

-- 2. What is recorded: operations on parameters, outside no_grad.

ag.manual_seed(0)
local a = ag.randn(2, 2)
print(a)
a = (a * 3) / (a - 1)
print(a)
print(a.requires_grad)
a.requires_grad = true
print(a.requires_grad)
local b = (a * a):sum()
print(b.grad_fn)
print(b)
local c = ag.no_grad(function()
    return (a * a):sum()
end)
print(c)
print(c.requires_grad)
print(c.grad_fn)

-- 3. Backward: gradients, which add up until they are cleared.

out:backward()
print(x.grad)

local v = ag.ones(2, 2, {requires_grad = true})
ag.sum(v * v):backward()
print(v.grad)
ag.sum(v * v):backward()
print(v.grad)
v.grad.data:zero_()
print(v.grad)

-- The same numbers without the tracking, by .data and by detach().
print(v.data)
print(v.data.requires_grad)
local d = v:detach()
d[{1, 1}] = 7
print(v)

-- A table has no history, so a followed tensor becomes one only when detached; it is a copy.
local _, refusal = pcall(v.totable, v)
print(refusal)
local numbers = v:detach():totable()
numbers[1][1] = 100
print(v)
print(numbers[1][1], numbers[1][2], numbers[2][1], numbers[2][2])

-- 4. Linear regression by hand: find y = 3x + 0.8 again from its points.

ag.manual_seed(0)
local points = ag.rand({500, 1})
local heights = 3 * points + 0.8
local slope = ag.rand({1, 1}, {requires_grad = true})
local offset = ag.tensor(0, {requires_grad = true, dtype = "float64"})
print(slope)
print(offset)

local learning_rate = 0.01
local prediction, loss
for iteration = 1, 2000 do
    prediction = ag.matmul(points, slope) + offset
    loss = (heights - prediction):pow(2):mean()
    if slope.grad then slope.grad.data:zero_() end
    if offset.grad then offset.grad.data:zero_() end
    loss:backward()
    if iteration == 1 then
        print(loss)
        print(slope.grad)
        print(offset.grad)
    end
    -- Written to .data, the step itself is not recorded.
    slope.data = slope.data - learning_rate * slope.grad
    offset.data = offset.data - learning_rate * offset.grad
    if iteration % 200 == 0 then
        print(("iteration %4d   loss %.6f"):format(iteration, loss:item()))
    end
end
print("w,b,loss", slope:item(), offset:item(), loss:item())

local path = arg[1] or "tutorial.png"
plt.figure{figsize = {13, 6}}
plt.scatter(points, heights, {label = "data: y = 3x + 0.8"})
plt.plot(points:reshape(-1), prediction:detach():reshape(-1),
    {color = "red", label = "prediction after 2000 steps"})
plt.title("Linear regression by hand")
plt.xlabel("x")
plt.ylabel("y")
plt.legend()
plt.savefig(path)
io.stderr:write("the figure is in ", path, "\n")
