"""lerp addcmul addcdiv."""
import out_of_range
from case import *

for make, number in out_of_range.SCALES:
    error("addcmul", make(3), make(3), make(3), value=number)
error("lerp", f(3), f(3), 1e40)
error("addcdiv", f(3), f(3), f(3), value=1e40)
for shapes in (((2, 3), (2, 3)), ((3,), (2, 3)), ((), (2,)), ((0,), (1,))):
    case("lerp", f(*shapes[0]), f(*shapes[1]), 0.25)
    case("lerp", f(*shapes[0]), f(*shapes[1]), 0.75)
    case("lerp", f(*shapes[0]), f(*shapes[1]), f(*shapes[1], low=0, high=1))
case("lerp", d(3, 2).t, d(3, 2), d(2, low=0, high=1))
case("lerp", d(3), d(3), d())
case("lerp", f(3), f(3), 1.5)
error("lerp", f(3), d(3), 0.5)
error("lerp", f(3), f(4), 0.5)
for op, low in (("addcmul", -2), ("addcdiv", 0.5)):
    case(op, f(2, 3), f(2, 3), f(2, 3, low=low))
    case(op, f(2, 3), f(3), f(2, 1, low=low), value=0.5)
    case(op, f(3), f(2, 3), f(2, 1, low=low), value=-2)
    case(op, d(3, 2).t, d(3, 2), d(3, 2, low=low).t, value=2.5)
    case(op, f(), f(2), f(2, low=low))
    case(op, f(0), f(1), f(0, low=low))
    case(op, f(2), d(2), f(2, low=low))
    case(op, l(3), l(3), l(3, low=1))
    error(op, f(3), f(4), f(3))
for weight in (1e40, -1e300, 0.1):
    case("lerp", d(3), d(3), weight)
error("lerp", l(3), l(3), 0.5)
error("lerp", l(), l(), 0.5)
error("lerp", b(3), b(3), 1)
error("lerp", u(3), u(3), u(3))
error("lerp", l(3), l(3), i())
case("lerp", f(3), f(3), d())
case("lerp", f(3), f(3), l())
error("lerp", f(3), f(3), d(3))
error("lerp", f(3), d(), 0.5)
