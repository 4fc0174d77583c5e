"""div floor_divide remainder fmod."""
from case import *

binary("div", low2=0.5, high2=3)
for mode in ("trunc", "floor"):
    binary("div", low2=0.5, high2=3, rounding_mode=mode)
    case("div", v([7, -7, 7, -7], torch.int64), v([2, 2, -2, -2], torch.int64), rounding_mode=mode)
    case("div", f(2, 3), -0.75, rounding_mode=mode)
    error("div", l(3), v([1, 0, 2], torch.int64), rounding_mode=mode)
error("div", f(3), f(3), rounding_mode="up")
edge("div", v([1, -1, 0], torch.int64), v([0, 0, 0], torch.int64))
binary("floor_divide", low2=0.5, high2=3)
case("floor_divide", v([7, -7, 7, -7], torch.int64), v([2, 2, -2, -2], torch.int64))
error("floor_divide", l(3), v([1, 0, 2], torch.int64))
for op in ("remainder", "fmod"):
    binary(op, low2=0.5, high2=3)
    case(op, v([7, -7, 7, -7], torch.int64), v([2, 2, -2, -2], torch.int64))
    case(op, v([5.5, -5.5, 5.5, -5.5]), v([2, 2, -2, -2.0]))
    case(op, v([5.5, -5.5, 0.3]), -2)
    error(op, l(3), v([1, 0, 2], torch.int64))
for op in ("fmod", "remainder"):
    case(op, f(3, 1), v([0.0, 1.0, -0.5]))
