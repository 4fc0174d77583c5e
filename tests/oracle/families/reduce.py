"""sum mean prod max min amax amin argmax argmin median nanmedian count_nonzero all any var std norm
logsumexp cumsum cumprod."""
from case import *


def reduction(op, *, make=f, double=d, full=True, several=True, ints=True, empty=True, low=-2, **kwargs):
    """Over all, over each dim and over several, with and without keepdim."""
    for shape in ((2, 3), (), (1,), (2, 1, 3)) if full else ():
        case(op, make(*shape, low=low), **kwargs)
    if full:
        case(op, double(3, 4, low=low).t, **kwargs)
        case(op, make(7, low=low).s, **kwargs)
        case(op, make(3, 2, low=low).e, **kwargs)
        edge(op, make(300, low=low), **kwargs)
    for dim in (0, 1, -1, -3):
        case(op, make(2, 3, 4, low=low), D(dim), **kwargs)
    case(op, double(3, 4, low=low).t, D(0), **kwargs)
    case(op, double(3, 4, low=low).t, D(1), **kwargs)
    case(op, make(2, 3, low=low).s, dim=D(1), keepdim=True, **kwargs)
    case(op, make(2, 3, low=low), D(0), True, **kwargs)
    case(op, make(low=low), D(0), **kwargs)
    case(op, make(low=low), D(-1), **kwargs)
    case(op, make(4, 1, low=low), D(1), **kwargs)
    edge(op, make(5, 33, low=low), D(1), **kwargs)
    edge(op, make(33, 5, low=low), D(0), **kwargs)
    edge(op, make(0, 3, low=low), D(1), **kwargs)
    (edge if empty else error)(op, make(0, 3, low=low), D(0), **kwargs)
    if full:
        (edge if empty else error)(op, make(0, low=low), **kwargs)
    if several:
        case(op, make(2, 3, 4, low=low), DL(0, 2), **kwargs)
        case(op, make(2, 3, 4, low=low), DL(-1, 0), keepdim=True, **kwargs)
        case(op, double(2, 3, 4, low=low).t, dim=DL(1, 2), **kwargs)
        case(op, make(2, 3, low=low), DL(1), **kwargs)
        error(op, make(2, 3, low=low), DL(0, 0), **kwargs)
    if ints:
        for other in (l, i, u, b):
            if full:
                case(op, other(2, 3), **kwargs)
            case(op, other(2, 3), D(0), **kwargs)
    error(op, make(2, 3, low=low), D(2), **kwargs)
    error(op, make(2, 3, low=low), D(-3), **kwargs)
    error(op, make(low=low), D(1), **kwargs)


NANS = [[1.0, NAN, 3.0], [INF, -INF, 2.0], [INF, 1.0, INF], [-INF, -INF, -INF]]

reduction("sum")
for dtype in (torch.float64, torch.int64, torch.float32):
    case("sum", f(2, 3).c, dtype=dtype)
    case("sum", l(2, 3), D(1), dtype=dtype)
case("sum", f(2, 3), DL())
reduction("mean", ints=False)
case("mean", l(2, 3), dtype=torch.float32)
case("mean", f(2, 3), D(0), dtype=torch.float64)
for make in (l, i, u, b):
    error("mean", make(3))
    error("mean", make(3), D(0))
reduction("prod", several=False)
for zeros in ([[2.0, 0.0, 3.0], [1.0, 2.0, 3.0]], [[2.0, 0.0, 0.0], [0.0, 2.0, 3.0]], [[0.0, 0.0], [0.0, 1.0]]):
    case("prod", v(zeros))
    case("prod", v(zeros), D(1))
    case("prod", v(zeros), D(0))
case("prod", f(2, 3), dtype=torch.float64)
for op in ("sum", "mean", "prod"):
    edge(op, v(NANS))
    edge(op, v(NANS), D(1))

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
for make in (f, d, l, i, u, b):
    case("count_nonzero", make(2, 3))
    case("count_nonzero", make(2, 3), D(1))
case("count_nonzero", v([[NAN, 0.0, -0.0], [INF, 1.0, 0.0]]), D(0))
case("count_nonzero", d(2, 3, 4).t, DL(0, 2))
case("count_nonzero", l(2, 3), dim=DL())
case("count_nonzero", l(), D(0))
case("count_nonzero", f(0, 2), D(0))
error("count_nonzero", f(2, 3), D(2))
error("count_nonzero", f(2, 3), DL(0, 0))
for op in ("all", "any"):
    reduction(op, make=b, double=lambda *s, low: b(*s))
    for make in (f, d, l, i, u):
        case(op, make(2, 3))
        case(op, make(2, 3), D(1))
    case(op, v([0.0, NAN]))
    case(op, v([1.0, NAN]))

for op in ("var", "std"):
    reduction(op, ints=False)
    for correction in (0, 2, 1):
        case(op, f(2, 4), D(1), correction=correction)
    case(op, d(2, 4), correction=0)
    case(op, d(2, 4), DL(0, 1), correction=0, keepdim=True)
    case(op, f(2, 4), unbiased=False)
    case(op, f(2, 4), False)
    case(op, f(2, 4), True)
    case(op, d(2, 4), D(1), False)
    case(op, f(2, 4), D(0), False, True)
    case(op, f(2, 4), DL(0, 1), False)
    case(op, f(2, 4), D(1), unbiased=False, keepdim=True)
    case(op, f(2, 4), dim=D(1), unbiased=False)
    case(op, f(2, 4), D(1), unbiased=False)
    edge(op, v([2.0]))
    edge(op, v([[2.0], [3.0]]), D(1))
    edge(op, v([2.0, 2.0, 2.0]))
    edge(op, v(NANS), D(1))
    error(op, l(3))

case("norm", f(2, 3))
case("norm", f())
for p in (2, 1, 3, 0, 0.5, INF, -INF, 2.5):
    case("norm", f(2, 3), p)
    case("norm", d(2, 3), p, D(1))
    case("norm", f(2, 3, 2), p, DL(0, 2), True)
    edge("norm", v([0.0, 0.0, 0.0]), p)
    edge("norm", v([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]), p, D(1))
    edge("norm", v([[1.0, NAN], [INF, 1.0]]), p, D(1))
case("norm", d(3, 2).t, 2, D(0))
case("norm", f(2, 3), dim=D(0), keepdim=True)
edge("norm", f(300))
edge("norm", f(0))
error("norm", l(3))
case("norm", f(2, 3), "fro")
case("norm", d(2, 3, 2).t, "fro")
case("norm", f(2, 3, 2), "fro", DL(0, 2), True)
case("norm", f(2, 3), p="fro", dim=D(1))
case("norm", f(), "fro")
edge("norm", v([[0.0, 0.0], [0.0, 0.0]]), "fro")
error("norm", l(3), "fro")
error("norm", f(2, 3), "mean")
error("norm", f(2, 3, 2), "fro", DL(0, 1, 2))
error("norm", f(2, 3), 2, D(2))

reduction("logsumexp", full=False, ints=False)
for make in (l, i, u, b):
    case("logsumexp", make(2, 3), D(1))
edge("logsumexp", v(NANS), D(1))
edge("logsumexp", v([[1000.0, 1001.0], [-1000.0, -1001.0]]), D(1))

for op in ("cumsum", "cumprod"):
    for dim in (0, 1, -1):
        case(op, f(2, 3), D(dim))
        case(op, d(3, 4).t, D(dim))
        case(op, f(2, 3).s, D(dim))
    case(op, f(), D(0))
    case(op, f(0, 3), D(0))
    case(op, f(2, 1, 3), D(1))
    for make in (l, i, u, b):
        case(op, make(4), D(0))
    case(op, f(3), D(0), dtype=torch.float64)
    case(op, l(3), dim=D(0), dtype=torch.float32)
    edge(op, v([1.0, INF, -INF, NAN, 1.0]), D(0))
    error(op, f(2, 3), D(2))
case("cumprod", v([2.0, 0.0, 3.0, 4.0]), D(0))
case("cumprod", v([[2.0, 0.0, 3.0, 0.0], [0.0, 1.0, 2.0, 3.0]]), D(1))
