"""max min amax amin argmax argmin median nanmedian."""
from case import *
from reduction import NANS, reduction

for op in ("max", "min"):
    reduction(op, several=False, empty=False)
    case(op, v([3.0, 1.0, 3.0, 1.0]))
    case(op, v([[3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]]), D(1))
    edge(op, v(NANS))
    edge(op, v(NANS), D(1))
    case(op, f(2, 3), f(3))
    case(op, l(3), f(3))
    case(op, v([1.0, 2.0]), v([1.0, 3.0]))
for op in ("amax", "amin"):
    reduction(op, empty=False)
    case(op, v([3.0, 1.0, 3.0, 1.0]))
    case(op, v([[3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]]), D(1))
    edge(op, v(NANS), D(1))
    case(op, f(2, 3), DL())
for op in ("argmax", "argmin"):
    reduction(op, several=False, empty=False, ints=False)
    for make in (l, i, u):
        case(op, make(2, 3))
        case(op, make(2, 3), D(0))
    case(op, v([3.0, 1.0, 3.0, 1.0]))
    case(op, v([[3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]]), D(1))
    case(op, v(NANS))
    case(op, v(NANS), D(1))
    error(op, b(3))
for op in ("median", "nanmedian"):
    reduction(op, several=False, full=False, empty=False, ints=False)
    for shape in ((2, 3), (), (1,), (2, 1, 3), (4,)):
        case(op, f(*shape))
    case(op, d(3, 4).t)
    case(op, f(8).s)
    case(op, f(3, 2).e)
    edge(op, f(301))
    edge(op, f(4, 200), D(1))
    for make in (l, i, u):
        case(op, make(2, 3))
        case(op, make(2, 4), D(1))
        edge(op, make(0))
    edge(op, f(0))
    edge(op, f(0, 3), D(1))
    for values in ([1, 1, 1, 1, 1], [2, 1, 1, 3, 1], [3, 3, 1, 1], [1, 2, 2, 2, 3], [5, 2, 2, 9, 2, 1, 7]):
        case(op, v(values, torch.float32))
        case(op, v(values, torch.float64), D(0))
    for values in (NANS, [[NAN, NAN, NAN], [1.0, NAN, NAN], [2.0, 1.0, NAN], [INF, -INF, 0.0]]):
        edge(op, v(values))
        edge(op, v(values, torch.float64), D(1))
        edge(op, v(values), D(0), True)
    edge(op, v([NAN, NAN]))
    error(op, b(3))
    error(op, b(3), D(0))
for op in ("amax", "amin"):
    error(op, f(0, 3, 2), DL(1, -3))
    error(op, f(2, 0), D(-1))
error("max", f(2, 0), D(-1))
error("argmin", f(2, 0), D(-1))
