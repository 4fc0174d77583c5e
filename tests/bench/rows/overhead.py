"""What an operation costs beside its arithmetic."""
from row import code, group, other, row

SMALL = [
    ("4×4 add", "local z = x + y"),
    ("4×4 mul", "local z = x * y"),
    ("4×4 exp", "local z = x:exp()"),
    ("4×4 sum", "local z = x:sum()"),
    ("4×4 matmul", "local z = x:matmul(y)"),
    ("4×4 view", "local z = x:view(2, 8)"),
    ("4×4 index read", "local z = x[2]", "z = x[1]"),
    ("4×4 item", "local z = x[{2, 3}]:item()", "z = x[1, 2].item()"),
]

group("overhead", "local x, y = ag.randn(4, 4), ag.randn(4, 4)")
for name, *texts in SMALL:
    row(name, 6, *texts)
row("4×4 index write", 6, "x[2] = 1.5", "x[1] = 1.5")

group("overhead", "local x, y = ag.randn(4, 4, {requires_grad = true}), ag.randn(4, 4)",
      "x, y = torch.randn(4, 4, requires_grad=True), torch.randn(4, 4)")
for name, *texts in SMALL:
    row(name + ", grad", 6, *texts)
row("4×4 index write, grad", 6, "local z = x * y; z[2] = 1.5", "z = x * y; z[1] = 1.5")
row("4×4 four operations, forward and backward", 20,
    "x.grad = nil; (x * y + x):tanh():sum():backward()",
    "x.grad = None; (x * y + x).tanh().sum().backward()")

group("overhead",
      """local learning_rate, x = 0.01, ag.rand(500, 1)
local y = 3 * x + 0.8
local w, b = ag.rand(1, 1, {requires_grad = true}), ag.tensor(0, {requires_grad = true, dtype = "float64"})""",
      """learning_rate, x = 0.01, torch.rand(500, 1)
y = 3 * x + 0.8
w, b = torch.rand(1, 1, requires_grad=True), torch.tensor(0., requires_grad=True, dtype=torch.float64)""",
      """learning_rate, x = 0.01, jax.random.uniform(jax.random.key(0), (500, 1))
y = 3 * x + 0.8
w, b = jax.random.uniform(jax.random.key(1), (1, 1)), jax.numpy.zeros(())
def loss(w, b): return ((y - (x @ w + b)) ** 2).mean()
@jax.jit
def step(w, b):
    gw, gb = jax.grad(loss, (0, 1))(w, b)
    return w - learning_rate * gw, b - learning_rate * gb
state = [w, b]""")
row("the tutorial's iteration", 20,
    """local y_predict = ag.matmul(x, w) + b
local loss = (y - y_predict):pow(2):mean()
if w.grad then w.grad.data:zero_() end
if b.grad then b.grad.data:zero_() end
loss:backward()
w.data = w.data - learning_rate * w.grad
b.data = b.data - learning_rate * b.grad""",
    """y_predict = torch.matmul(x, w) + b
loss = (y - y_predict).pow(2).mean()
if w.grad is not None: w.grad.data.zero_()
if b.grad is not None: b.grad.data.zero_()
loss.backward()
w.data = w.data - learning_rate * w.grad
b.data = b.data - learning_rate * b.grad""",
    jax=("state[:] = step(*state); state[0].block_until_ready()", 1))

group("overhead",
      """local x, y = ag.randn(32, 2), ag.randn(32, 1)
local parameters = {}
for k, shape in ipairs {{2, 16}, {16}, {16, 1}, {1}} do
    parameters[k] = (ag.randn(shape) * 0.3):requires_grad_()
end
local w1, b1, w2, b2 = table.unpack(parameters)
local m, v, t = {}, {}, 0
for k, p in ipairs(parameters) do m[k], v[k] = ag.zeros_like(p), ag.zeros_like(p) end
local function backward()
    for _, p in ipairs(parameters) do p.grad = nil end
    local loss = ((x:matmul(w1) + b1):tanh():matmul(w2) + b2 - y):pow(2):mean()
    loss:backward()
end""",
      """x, y = torch.randn(32, 2), torch.randn(32, 1)
parameters = [(torch.randn(shape) * 0.3).requires_grad_() for shape in ((2, 16), (16,), (16, 1), (1,))]
w1, b1, w2, b2 = parameters
m, v, t = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters], [0]
def backward():
    for p in parameters: p.grad = None
    loss = ((x.matmul(w1) + b1).tanh().matmul(w2) + b2 - y).pow(2).mean()
    loss.backward()""")
row("network 2-16-1, batch 32, SGD by hand", 20,
    """backward()
ag.no_grad(function() for _, p in ipairs(parameters) do p:sub_(0.01 * p.grad) end end)""",
    """backward()
with torch.no_grad():
    for p in parameters: p -= 0.01 * p.grad""")
row("network 2-16-1, batch 32, Adam by hand", 20,
    """backward()
t = t + 1
ag.no_grad(function()
    for k, p in ipairs(parameters) do
        m[k]:mul_(0.9):add_(p.grad, {alpha = 0.1})
        v[k]:mul_(0.999):addcmul_(p.grad, p.grad, {value = 0.001})
        local scale = (v[k] / (1 - 0.999 ^ t)):sqrt():add_(1e-8)
        p:addcdiv_(m[k], scale, {value = -0.001 / (1 - 0.9 ^ t)})
    end
end)""",
    """backward()
t[0] += 1
with torch.no_grad():
    for k, p in enumerate(parameters):
        m[k].mul_(0.9).add_(p.grad, alpha=0.1)
        v[k].mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
        scale = (v[k] / (1 - 0.999 ** t[0])).sqrt().add_(1e-8)
        p.addcdiv_(m[k], scale, value=-0.001 / (1 - 0.9 ** t[0]))""")

group("overhead", "local x = ag.ones(1, {requires_grad = true})", "x = torch.ones(1, requires_grad=True)")


def chain(length):
    return f"local y = x; for _ = 1, {length} do y = y + 1 end y:backward()"


for length in (1000, 100000, 1000000):
    row(f"{length:,} operations and backward, each", 6, chain(length),
        f"y = x\nfor _ in range({length}): y = y + 1\ny.backward()", per=length,
        repeats=3)
other("a node of 1,000,000 beside one of 1,000",
      {"ours": code("ours", chain(1000000), per=1000000), "of 1,000": code("ours", chain(1000), per=1000)},
      {"of 1,000": 1 / 1.5}, repeats=3)
