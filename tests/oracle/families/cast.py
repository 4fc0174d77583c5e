"""to float double long int bool type_as item totable."""
from case import *

VALUES = [0.0, 1.0, -1.5, 2.75, 100.25]
for op in ("float", "double", "long", "int", "bool"):
    for make in (f, d, l, i, u, b):
        method(op, make(4, low=0, high=4))
    method(op, f())
    method(op, d(0, 2))
    method(op, d(2, 3).t)
    method(op, v(VALUES))
for dtype in DTYPES:
    for make in (f, d, l, i, u, b):
        method("to", make(3, low=0, high=4), dtype)
    method("to", f(2, low=0, high=4), dtype=dtype)
method("to", v([16777217, 2**53 + 1], torch.int64), torch.float32)
method("to", v([16777217, 2**53 + 1], torch.int64), torch.float64)
method("to", v([INF, -INF, NAN, 0.0]), torch.bool)
method("to", v([300, -1, 256], torch.int64), torch.uint8)
method("to", v([2**32 + 5, -(2**31) - 1], torch.int64), torch.int32)
method("to", d(2, 3), f(1).c)
method("type_as", f(3), d(1).c)
method("type_as", l(3), f(1).c)
method("type_as", f(3), l(1).c)
method("type_as", f(3), f(1).c)
for value in (2.5, -1.0, NAN, INF, 0.0):
    method("item", v(value).c)
    method("item", v([[value]], torch.float64).c)
method("item", v(7, torch.int64))
method("item", v([7], torch.int32))
method("item", v(True, torch.bool))
error("item", f(3))
error("item", f(0))
for make in (f, d, l, i, u, b):
    method("totable", make(2, 3).c)
    method("totable", make(3, 2).c.t)
method("totable", f().c)
method("totable", f(0).c)
method("totable", f(2, 0).c)
method("totable", f(2, 1, 2).c)

# Beyond what an integer type holds.
BEYOND = [1e30, -1e30, INF, -INF, NAN, 3e9, -3e9, 2147483648.0, -2147483648.0, 300.7, -1.5]
for dtype in (torch.int64, torch.int32, torch.uint8, torch.bool):
    edge("to", v(BEYOND), dtype)
    edge("to", v(BEYOND * 4, torch.float64), dtype)
    edge("to", v(BEYOND).s, dtype)
