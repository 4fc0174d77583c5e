"""eq ne lt le gt ge, logical_and or not xor, isnan isinf isfinite isclose allclose equal."""
from case import *

TIED = [0.0, -0.0, 1.0, 2.0, INF, -INF, NAN]
for op in ("eq", "ne", "lt", "le", "gt", "ge"):
    binary(op)
    case(op, v(TIED), v([0.0, 0.0, 2.0, 1.0, INF, INF, NAN]))
    case(op, v([2**53 + 1, 2**53], torch.int64), v([2**53, 2**53 + 1], torch.int64))
    case(op, v([1, 2, 3], torch.int64), 2)
    case(op, v([1, 2, 3], torch.int64), 2.5)
    case(op, b(3), True)
for op in ("logical_and", "logical_or", "logical_xor"):
    binary(op, number=False, ints=(0, 1), ints2=(0, 1))
    case(op, v([0.0, 0.5, NAN, 0.0]), v([0.0, 0.0, 1.0, NAN]))
unary("logical_not", ints=(0, 1))
for op in ("isnan", "isinf", "isfinite"):
    unary(op)
for op in ("isclose", "allclose"):
    case(op, v([1.0, 2.0, INF]), v([1.0, 2.0, INF]))
    case(op, v([1.0, 2.0, INF, NAN]), v([1.000001, 2.1, -INF, NAN]))
    case(op, v([1.0, NAN]), v([1.0, NAN]), equal_nan=True)
    case(op, v([1.0, 2.0]), v([1.05, 2.05]), 0.0, 0.1)
    case(op, v([1.0, 2.0]), v([1.05, 2.05]), rtol=0.03)
    case(op, d(2, 3), d(3))
    case(op, v([1, 2], torch.int64), v([1, 3], torch.int64))
    case(op, f(0), f(0))
    case(op, f(2, 3), f(2, 3), atol=1.0)
    error(op, f(3), d(3))
    error(op, f(3), f(4))
    error(op, f(3), f(3), rtol=-1.0)
    error(op, f(3), f(3), atol=-1.0)
case("equal", v([1.0, 2.0]), v([1.0, 2.0]))
case("equal", v([1.0, 2.0]), v([1.0, 2.5]))
case("equal", v([NAN]), v([NAN]))
case("equal", f(2, 3), f(3, 2))
case("equal", f(0), f(0))
case("equal", f(0), f(1))
case("equal", v([1, 2], torch.int64), v([1, 2], torch.int64))
for name in ("rtol", "atol"):
    error("isclose", f(2), f(2), **{name: NAN})
    error("allclose", f(2), f(2), **{name: NAN})
edge("isclose", v([-3, 3, -2**63], torch.int64), v([2**63 - 1] * 3, torch.int64), rtol=0.5)
