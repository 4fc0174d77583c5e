"""The rows of tests/bench/run: row(name, ratio wanted, Lua, Python) a line.

ratio is PyTorch's time ÷ ours. Without Python's text it is Lua's. A setup, {Lua: Python} of a group
of rows, runs once. blas names the product of OpenBLAS called directly that the row stands beside.
"""
ROWS = []
_group = _setup = None


class Row:
    def __init__(self, group, name, wanted, setup, lua, python, per, blas):
        self.group, self.name, self.wanted, self.per, self.blas = group, name, wanted, per, blas
        self.setup, self.lua, self.python = setup, lua, python


class Process:
    """A whole process; the bare interpreter's share is taken off where bare is named."""

    def __init__(self, group, name, limit, lua, bare=None, unit="ms", python=None):
        self.group, self.name, self.limit, self.unit = group, name, limit, unit
        self.lua, self.bare, self.python = lua, bare, python


def group(name, lua="", python=""):
    global _group, _setup
    _group, _setup = name, (lua, python)


def row(name, wanted, lua, python=None, *, per=1, blas=None):
    ROWS.append(Row(_group, name, wanted, _setup, lua, lua if python is None else python, per, blas))


def process(name, limit, lua, **more):
    ROWS.append(Process(_group, name, limit, lua, **more))


group("overhead",
      "local x, y = ag.randn(4, 4), ag.randn(4, 4)",
      "x, y = torch.randn(4, 4), torch.randn(4, 4)")
row("4×4 add", 6, "local z = x + y", "z = x + y")
row("4×4 mul", 6, "local z = x * y", "z = x * y")
row("4×4 exp", 6, "local z = x:exp()", "z = x.exp()")
row("4×4 sum", 6, "local z = x:sum()", "z = x.sum()")
row("4×4 matmul", 6, "local z = x:matmul(y)", "z = x.matmul(y)")
row("4×4 view", 6, "local z = x:view(2, 8)", "z = x.view(2, 8)")
row("4×4 index read", 6, "local z = x[2]", "z = x[1]")
row("4×4 index write", 6, "x[2] = 1.5", "x[1] = 1.5")
row("4×4 item", 6, "local z = x[{2, 3}]:item()", "z = x[1, 2].item()")

group("overhead",
      "local x, y = ag.randn(4, 4, {requires_grad = true}), ag.randn(4, 4)",
      "x, y = torch.randn(4, 4, requires_grad=True), torch.randn(4, 4)")
row("4×4 add, grad", 6, "local z = x + y", "z = x + y")
row("4×4 mul, grad", 6, "local z = x * y", "z = x * y")
row("4×4 exp, grad", 6, "local z = x:exp()", "z = x.exp()")
row("4×4 sum, grad", 6, "local z = x:sum()", "z = x.sum()")
row("4×4 matmul, grad", 6, "local z = x:matmul(y)", "z = x.matmul(y)")
row("4×4 view, grad", 6, "local z = x:view(2, 8)", "z = x.view(2, 8)")
row("4×4 index read, grad", 6, "local z = x[2]", "z = x[1]")
row("4×4 item, grad", 6, "local z = x[{2, 3}]:item()", "z = x[1, 2].item()")
row("4×4 four operations, forward and backward", 20,
    "x.grad = nil; (x * y + x):tanh():sum():backward()",
    "x.grad = None; (x * y + x).tanh().sum().backward()")

group("training",
      """local learning_rate, x = 0.01, ag.rand(500, 1)
local y = 3 * x + 0.8
local w, b = ag.rand(1, 1, {requires_grad = true}), ag.tensor(0, {requires_grad = true, dtype = "float64"})""",
      """learning_rate, x = 0.01, torch.rand(500, 1)
y = 3 * x + 0.8
w, b = torch.rand(1, 1, requires_grad=True), torch.tensor(0., requires_grad=True, dtype=torch.float64)""")
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
b.data = b.data - learning_rate * b.grad""")

NETWORK_LUA = """local x, y = ag.randn(32, 2), ag.randn(32, 1)
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
end"""
NETWORK_PYTHON = """x, y = torch.randn(32, 2), torch.randn(32, 1)
parameters = [(torch.randn(shape) * 0.3).requires_grad_() for shape in ((2, 16), (16,), (16, 1), (1,))]
w1, b1, w2, b2 = parameters
m, v, t = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters], [0]
def backward():
    for p in parameters: p.grad = None
    loss = ((x.matmul(w1) + b1).tanh().matmul(w2) + b2 - y).pow(2).mean()
    loss.backward()"""
group("training", NETWORK_LUA, NETWORK_PYTHON)
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

group("chain", "local x = ag.ones(1, {requires_grad = true})", "x = torch.ones(1, requires_grad=True)")
for length in (1000, 100000, 1000000):
    row(f"{length:,} operations and backward, each", 6,
        f"local y = x; for _ = 1, {length} do y = y + 1 end y:backward()",
        f"y = x\nfor _ in range({length}): y = y + 1\ny.backward()", per=length)

for dtype, blas, wanted in (("float32", "sgemm", 0.85), ("float64", "dgemm", 0.85)):
    for size in (4, 16, 64, 256, 1024):
        group("matrices", f"local a = ag.randn({size}, {size}, {{dtype = '{dtype}'}}); local b = a + 1",
              f"a = torch.randn({size}, {size}, dtype=torch.{dtype}); b = a + 1")
        row(f"{size}×{size} {dtype}", 5 if size <= 16 else 1.2 if size == 64 else wanted,
            "local c = a:matmul(b)", "c = a.matmul(b)", blas=f"{blas} {size}" if size >= 64 else None)

group("start")
process("require \"autograd\", beyond bare lua5.4", 4, ["lua5.4", "-e", "require 'autograd'"],
        bare=["lua5.4", "-e", "local _ = 1"], python=["-c", "import torch"])
HELD = """for line in io.lines '/proc/self/status' do
    local kilobytes = line:match '^VmHWM:%s+(%d+)'
    if kilobytes then print(kilobytes) end
end"""
process("require \"autograd\", beyond bare lua5.4", 4, ["lua5.4", "-e", "require 'autograd' " + HELD],
        bare=["lua5.4", "-e", HELD], unit="MB")
process("the tutorial's training, 2000 iterations", 50, ["lua5.4", "tests/bench/training.lua"],
        python=["tests/bench/training.py"])
