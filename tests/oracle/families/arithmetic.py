"""add sub mul atan2."""
import out_of_range
from case import *

binary("add", pairs=EVERY_PAIR)
binary("add", alpha=2, number=False, edges=False)
case("add", f(2, 3), 2, alpha=0.5)
case("add", l(3), l(3), alpha=-3)
error("add", l(3), l(3), alpha=0.5)
error("add", b(3), b(3), alpha=0.5)
binary("sub")
case("sub", f(2, 3), f(3), alpha=3)
error("sub", b(3), b(3))
error("sub", b(3), True)
binary("mul")
binary("atan2", number=False, ints=(0, 4), pairs=[x for x in PAIRS if "b" not in x])

for make, number in out_of_range.SCALES:
    error("add", make(3), make(3), alpha=number)
    error("rsub", make(3), make(3), alpha=number)
for number in out_of_range.BELOW_ZERO:
    case("add", u(3), u(3), alpha=number)
for op in ("add", "mul", "sub"):
    case(op, u(3), 300)
    case(op, i(3), 2**40)
case("eq", u(3), 300)
case("lt", i(3), 2**40)
# At the origin there is no angle.
for points in (([0.0, 0.0], [0.0, 1.0]), ([1e-30, -0.0], [1e-30, -0.0])):
    case("atan2", v(points[0]), v(points[1]))
    case("atan2", v(points[0], torch.float64), v(points[1], torch.float64))
case("atan2", v([0.0, 1.0]), v([False, False], torch.bool))
