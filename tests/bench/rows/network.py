"""A network of the size that people begin with: 784-128-10."""
from row import group, row

SETUP_LUA = """local x, classes = ag.randn(64, 784), ag.randint(1, 11, {64})
local w1, b1 = (ag.randn(784, 128) * 0.05):requires_grad_(), ag.zeros(128, {requires_grad = true})
local w2, b2 = (ag.randn(128, 10) * 0.1):requires_grad_(), ag.zeros(10, {requires_grad = true})
local parameters = {w1, b1, w2, b2}
local function step()
    for _, p in ipairs(parameters) do p.grad = nil end
    local loss = ag.cross_entropy((x:matmul(w1) + b1):relu():matmul(w2) + b2, classes)
    loss:backward()
    ag.no_grad(function() for _, p in ipairs(parameters) do p:sub_(0.01 * p.grad) end end)
end"""
SETUP_TORCH = """x, classes = torch.randn(64, 784), torch.randint(0, 10, (64,))
w1, b1 = (torch.randn(784, 128) * 0.05).requires_grad_(), torch.zeros(128, requires_grad=True)
w2, b2 = (torch.randn(128, 10) * 0.1).requires_grad_(), torch.zeros(10, requires_grad=True)
parameters = [w1, b1, w2, b2]
def step():
    for p in parameters: p.grad = None
    loss = torch.nn.functional.cross_entropy((x.matmul(w1) + b1).relu().matmul(w2) + b2, classes)
    loss.backward()
    with torch.no_grad():
        for p in parameters: p -= 0.01 * p.grad"""
# Forward, and backward but for the input's gradient, which nobody asks for.
PRODUCTS = ("sgemm 64 128 784 NN; sgemm 784 128 64 TN; "
            "sgemm 64 10 128 NN; sgemm 128 10 64 TN; sgemm 64 128 10 NT")

group("network", SETUP_LUA, SETUP_TORCH)
row("784-128-10, batch 64, SGD by hand", 1.6, "step()", openblas=(PRODUCTS, 1 / 1.4))
