"""Arithmetic on what the caches hold: 1,000 and 100,000 numbers."""
from row import group, row

FLOATING = ("float32", "float64")
NUMERIC = (*FLOATING, "int64")

# name, wanted, dtypes, Lua's text, Python's where it differs by more than its syntax
OPERATIONS = [
    ("add", 1.2, NUMERIC, "x + y"),
    ("mul", 1.2, NUMERIC, "x * y"),
    ("div", 1.2, NUMERIC, "x / y"),
    ("pow 2", 1.2, NUMERIC, "x:pow(2)"),
    ("square", 1.2, NUMERIC, "x:square()"),
    ("sqrt", 1.2, FLOATING, "p:sqrt()"),
    ("neg", 1.2, NUMERIC, "-x"),
    ("abs", 1.2, NUMERIC, "x:abs()"),
    ("relu", 1.2, NUMERIC, "x:relu()"),
    ("floor", 1.2, FLOATING, "x:floor()"),
    ("maximum", 1.2, NUMERIC, "x:maximum(y)"),
    ("where", 1.2, NUMERIC, "x:where(m, y)"),
    ("clamp", 1.2, NUMERIC, "x:clamp(-1, 1)"),
    ("compare", 1.2, NUMERIC, "x:lt(y)"),
    ("remainder", 1.2, NUMERIC, "x:remainder(p)"),
    ("fmod", 1.2, NUMERIC, "x:fmod(p)"),
    ("row broadcast", 1.2, NUMERIC, "x + y[{1}]", "x + y[0]"),
    ("column broadcast", 1.2, NUMERIC, "x + column"),
    ("scalar broadcast", 1.2, NUMERIC, "x + 1"),
    ("exp", 2, FLOATING, "x:exp()"),
    ("log", 2, FLOATING, "p:log()"),
    ("tanh", 2, FLOATING, "x:tanh()"),
    ("sigmoid", 2, FLOATING, "x:sigmoid()"),
    ("sin", 2, FLOATING, "x:sin()"),
    ("gelu", 2, FLOATING, "ag.gelu(x)", "F.gelu(x)"),
    ("silu", 2, FLOATING, "ag.silu(x)", "F.silu(x)"),
    ("softplus", 2, FLOATING, "ag.softplus(x)", "F.softplus(x)"),
    ("sum", 1.2, NUMERIC, "x:sum()"),
    ("sum, first dim", 1.2, NUMERIC, "x:sum(1)", "x.sum(0)"),
    ("sum, last dim", 1.2, NUMERIC, "x:sum(-1)"),
    ("mean", 1.2, FLOATING, "x:mean()"),
    ("mean, first dim", 1.2, FLOATING, "x:mean(1)", "x.mean(0)"),
    ("mean, last dim", 1.2, FLOATING, "x:mean(-1)"),
    ("max", 1.2, NUMERIC, "x:max()"),
    ("max, first dim", 1.2, NUMERIC, "x:max(1)", "x.max(0)"),
    ("max, last dim", 1.2, NUMERIC, "x:max(-1)"),
    ("argmax", 1.2, NUMERIC, "x:argmax()"),
    ("argmax, first dim", 1.2, NUMERIC, "x:argmax(1)", "x.argmax(0)"),
    ("argmax, last dim", 1.2, NUMERIC, "x:argmax(-1)"),
    ("prod", 1.2, NUMERIC, "x:prod()"),
    ("prod, first dim", 1.2, NUMERIC, "x:prod(1)", "x.prod(0)"),
    ("prod, last dim", 1.2, NUMERIC, "x:prod(-1)"),
    ("var", 1.2, FLOATING, "x:var()"),
    ("var, first dim", 1.2, FLOATING, "x:var(1)", "x.var(0)"),
    ("var, last dim", 1.2, FLOATING, "x:var(-1)"),
    ("sum, last dim of 10", 1.2, FLOATING, "tens:sum(-1)"),
    ("max, last dim of 10", 1.2, FLOATING, "tens:max(-1)"),
    ("softmax", 1.5, FLOATING, "x:softmax(-1)"),
    ("softmax, last dim of 10", 1.5, FLOATING, "tens:softmax(-1)"),
    ("log_softmax", 1.5, FLOATING, "x:log_softmax(-1)"),
    ("logsumexp", 1.5, FLOATING, "x:logsumexp(-1)"),
    ("cross_entropy", 1.5, FLOATING, "ag.cross_entropy(x, classes)", "F.cross_entropy(x, classes)"),
    ("strided operand", 2, FLOATING, "steps + x"),
    ("transposed operand", 2, FLOATING, "xt + square"),
    ("transposed copy", 2, FLOATING, "xt:contiguous()"),
    ("cat", 1.2, FLOATING, "ag.cat({x, y}, 1)", "torch.cat((x, y), 0)"),
    ("cat, last dim", 1.2, FLOATING, "ag.cat({x, y}, -1)", "torch.cat((x, y), -1)"),
    ("stack", 1.2, FLOATING, "ag.stack({x, y}, 1)", "torch.stack((x, y), 0)"),
    ("gather", 1.2, FLOATING, "x:gather(-1, places)"),
    ("index_select", 1.2, FLOATING, "x:index_select(1, some)", "x.index_select(0, some)"),
    ("index_select, last dim", 1.2, FLOATING, "x:index_select(-1, columns)"),
    ("masked_select", 1.2, FLOATING, "x:masked_select(m)"),
    ("nonzero", 1.2, FLOATING, "m:nonzero()"),
    ("cumsum", 1.2, FLOATING, "x:cumsum(-1)"),
    ("cumsum, first dim", 1.2, FLOATING, "x:cumsum(1)", "x.cumsum(0)"),
    ("sort", 1.2, NUMERIC, "x:sort(-1)"),
    ("sort, one line", 1.2, NUMERIC, "line:sort()"),
    ("topk", 1.2, NUMERIC, "line:topk(10)"),
    ("rand", 1.2, FLOATING, "ag.rand(rows, columns_of_x, {dtype = dtype})",
     "torch.rand(rows, columns_of_x, dtype=dtype)"),
    ("randn", 1.2, FLOATING, "ag.randn(rows, columns_of_x, {dtype = dtype})",
     "torch.randn(rows, columns_of_x, dtype=dtype)"),
]

SETUP_LUA = """local rows, columns_of_x, dtype = {rows}, {columns}, "{dtype}"
local function made(...) return (ag.randn(...) * {scale}):to(dtype) end
local x, y = made(rows, columns_of_x), made(rows, columns_of_x)
local p = x:abs() + 1
local m = ag.rand(rows, columns_of_x):lt(0.5)
local column = made(rows, 1)
local tens = made(rows * columns_of_x // 10, 10)
local steps = made(rows, columns_of_x * 2)[{{{{}}, {{1, -1, 2}}}}]
local xt, square = made(columns_of_x, rows).T, made(rows, columns_of_x)
local places = ag.randint(1, columns_of_x + 1, {{rows, columns_of_x}})
local some, columns = ag.randint(1, rows + 1, {{rows}}), ag.randint(1, columns_of_x + 1, {{columns_of_x}})
local classes = ag.randint(1, columns_of_x + 1, {{rows}})
local line = made(rows * columns_of_x)"""
SETUP_TORCH = """import torch.nn.functional as F
rows, columns_of_x, dtype = {rows}, {columns}, torch.{dtype}
def made(*size): return (torch.randn(*size) * {scale}).to(dtype)
x, y = made(rows, columns_of_x), made(rows, columns_of_x)
p = x.abs() + 1
m = torch.rand(rows, columns_of_x) < 0.5
column = made(rows, 1)
tens = made(rows * columns_of_x // 10, 10)
steps = made(rows, columns_of_x * 2)[:, ::2]
xt, square = made(columns_of_x, rows).T, made(rows, columns_of_x)
places = torch.randint(0, columns_of_x, (rows, columns_of_x))
some, columns = torch.randint(0, rows, (rows,)), torch.randint(0, columns_of_x, (columns_of_x,))
classes = torch.randint(0, columns_of_x, (rows,))
line = made(rows * columns_of_x)"""

for rows, columns in ((20, 50), (1000, 100)):
    for dtype in NUMERIC:
        values = {"rows": rows, "columns": columns, "dtype": dtype, "scale": 1 if dtype in FLOATING else 100}
        group("cache", SETUP_LUA.format(**values), SETUP_TORCH.format(**values))
        for name, wanted, dtypes, lua, *torch in OPERATIONS:
            if dtype in dtypes:
                row(f"{name}, {rows * columns:,} {dtype}", wanted, "local z = " + lua,
                    "z = " + torch[0] if torch else None)
