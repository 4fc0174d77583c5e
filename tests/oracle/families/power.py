"""pow."""
from case import *

binary("pow", low=0.2, high=2, low2=-2, high2=2, ints=(1, 4), ints2=(0, 3),
       pairs=[x for x in PAIRS if x != ("b", "f")])
for exponent in (0, 1, 2, 3, 0.5, -1, -2, -0.5, 0.0, 2.0, 3.5):
    case("pow", f(2, 3, low=0.2), exponent)
    edge("pow", v(SPECIALS), exponent)
for exponent in (2, 3, -1.0, 0):
    case("pow", d(2, 3), exponent)
    case("pow", l(4), exponent)
function("pow", 2, f(2, 3))
function("pow", 2.5, d(3))
function("pow", 2, l(3, low=0))
function("pow", 2, v([0, 1, 3], torch.int32))
function("pow", 0.0, v([0.0, 1.0, 2.0]).c)
edge("pow", v([0.0, 0.0, 0.0, -2.0, -2.0]), v([0.0, 2.0, -1.0, 3.0, 0.5]))
error("pow", l(3), -1)
case("pow", l(3), v([-1, 2, -3], torch.int64))
function("pow", l(3), v([2, 2, 3], torch.int64))
for number in (300, 2**40):
    error("pow", u(3), number)
    case("pow", l(3, low=0, high=1), number)
error("pow", i(3), 2**40)
