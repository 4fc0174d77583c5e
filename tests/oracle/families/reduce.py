"""sum mean prod count_nonzero all any var std norm
logsumexp cumsum cumprod."""
from case import *
from reduction import NANS, reduction

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

# Where history is asked of a type that has none.
for dtype in (torch.int64, torch.int32, torch.uint8, torch.bool):
    error("sum", f(3), dtype=dtype)
    error("sum", f(2, 3), D(1), dtype=dtype)
    error("prod", d(3), dtype=dtype)
    error("mean", f(3), dtype=dtype)
    if dtype != torch.bool:
        error("cumsum", f(3), D(0), dtype=dtype)
        error("cumprod", f(3), D(0), dtype=dtype)
# An empty list of dims is none for these two, and all for the others.
for op in ("all", "any"):
    case(op, b(2, 3), DL())
    case(op, f(2, 3), dim=DL(), keepdim=True)
    case(op, u(3), DL())
    case(op, f(), DL())
case("mean", f(5, 0), D(1))
case("mean", d(0, 2))
error("prod", f(3), D(8), dtype=torch.bool)
