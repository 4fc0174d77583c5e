"""zeros ones full empty eye arange linspace, the _like forms, fill_ zero_ copy_; with seeds rand randn
rand_like randn_like randint randperm bernoulli uniform_ normal_."""
from case import *

for op in ("zeros", "ones", "empty"):
    for size in ((2, 3), (0, 3), (1,), (), (2, 1, 2)):
        case(op, size)
    for dtype in DTYPES:
        case(op, (2,), dtype=dtype)
    error(op, (2, -1))
for fill in (7, 2.5, True, -1, NAN, INF):
    case("full", (2, 2), fill)
for dtype in DTYPES:
    case("full", (2,), 3, dtype=dtype)
case("full", (), 2.0)
case("full", (0,), 2.0)
error("full", (2, -1), 2.0)
case("eye", 3)
case("eye", 2, 3)
case("eye", 3, 2, dtype=torch.float64)
case("eye", 2, dtype=torch.int64)
case("eye", 0)
error("eye", -1)
for args in ((5,), (5.0,), (1, 5), (1, 10, 3), (0.0, 1.0, 0.25), (5, 1, -2), (1, 2.5), (0,), (3, 3), (0, 1, 0.1)):
    case("arange", *args)
for dtype in DTYPES[:-1]:
    case("arange", 4, dtype=dtype)
case("arange", 0, 1, 0.1, dtype=torch.float64)
error("arange", 1, 5, -1)
error("arange", 5, 1)
error("arange", 1, 5, 0)
for args in ((0, 1, 5), (-1.0, 1.0, 4), (1, 0, 3), (0, 1, 1), (0, 1, 0), (0.5, 3.5, 11), (3, 3, 2)):
    case("linspace", *args)
    case("linspace", *args, dtype=torch.float64)
case("linspace", 0, 10, 5, dtype=torch.int64)
error("linspace", 0, 1, -1)
error("linspace", 0, 1e40, 3)
error("linspace", 300, 0, 3, dtype=torch.uint8)
error("linspace", 1e40, 0, 1)
case("linspace", 0, 1e40, 0)
case("linspace", 0, 1e40, 2, dtype=torch.float64)
for op in ("zeros_like", "ones_like", "empty_like"):
    for make in (f, d, l, i, u, b):
        case(op, make(2, 3))
        case(op, make(3), dtype=torch.float64)
    case(op, f())
    case(op, f(0, 2))
    case(op, d(3, 2).t)
case("full_like", f(2, 3), 7)
case("full_like", d(3, 2).t, 0.5)
case("full_like", l(3), 7)
case("full_like", l(3), 2.5, dtype=torch.float64)
case("full_like", b(2), True)
case("full_like", f(), INF)

method("fill_", f(2, 3), 2.5)
method("fill_", d(2, 3), f())
method("fill_", f(2), d())
method("fill_", l(3), 7)
method("fill_", f(0), 1)
method("fill_", f(5).s, 3)
method("fill_", b(3), True)
error("fill_", f(3), f(1))
TYPES = ((u, 300), (u, -300), (u, 255.5), (u, -1.0), (u, NAN), (i, 2**40), (i, INF), (l, 1e30), (l, NAN), (f, 1e40), (f, -1e40))
for make, number in TYPES:
    error("fill_", make(3), number)
    error("full_like", make(3), number)
    error("full", (2,), number, dtype=make(0).dtype)
error("fill_", u(0), 300)
error("full", (2,), 1e40)
for number in (-1, -255, 255, 2.5, True):
    method("fill_", u(3), number)
    case("full", (2,), number, dtype=torch.uint8)
for number in (300, -1.5, NAN, 1e40):
    method("fill_", b(3), number)
for number in (INF, -INF, NAN):
    method("fill_", f(3), number)
    method("fill_", d(3), number)
method("fill_", u(3), v(300, torch.int64))
for make in (f, d, l, i, u, b):
    method("zero_", make(2, 3))
method("zero_", f(0))
method("zero_", f())
for target in (f, d, l, i, u, b):
    for source in (f, l, b, d):
        method("copy_", target(3, low=1, high=4), source(3, low=1, high=4))
method("copy_", f(2, 3), f(3))
method("copy_", f(2, 3), f())
method("copy_", f(3, 2).t, d(3, 2))
method("copy_", f(0, 3), f(3))
error("copy_", f(3), f(2, 3))
error("copy_", f(3), f(4))

for dtype in (torch.float32, torch.float64):
    for size in ((3,), (2, 4), (17,), (40,), ()):
        seeded(0, "rand", size, dtype=dtype)
        seeded(0, "randn", size, dtype=dtype)
seeded(1, "rand", 2, 3)
seeded(1, "randn", 2, 3)
seeded(2**33 + 7, "rand", 2)
seeded(-1, "rand", 2)
for make in (f, d):
    seeded(2, "rand_like", make(2, 3))
    seeded(2, "randn_like", make(2, 3))
    seeded(2, "randn_like", make(20))
    seeded(2, "randn_like", make(5, 4).t)
    seeded(3, "bernoulli", make(3, 4, low=0, high=1))
    seeded(3, "bernoulli", make(5, 4, low=0, high=1).t)
    seeded(3, "bernoulli", make(30, low=0, high=1), 0.25)
    for size in ((3,), (17,), (2, 3, 4)):
        seeded(4, "uniform_", make(*size))
        seeded(4, "uniform_", make(*size), -1, 3)
        seeded(4, "normal_", make(*size))
        seeded(4, "normal_", make(*size), 1, 0.5)
    seeded(4, "normal_", make(9, 3).t, 2.0, 3.0)
seeded(5, "randint", 10, (6,))
seeded(5, "randint", -5, 5, (2, 3))
seeded(5, "randint", 0, 2**40, (4,))
seeded(5, "randint", 0, 100, (4,), dtype=torch.float32)
seeded(5, "randint", 0, 100, (4,), dtype=torch.int32)
seeded(5, "randint", 0, 2, (4,), dtype=torch.uint8)
for n in (0, 1, 5, 20, 30):
    seeded(6, "randperm", n)
seeded(6, "randperm", 5, dtype=torch.int32)
error("randint", 5, 5, (2,))
error("randperm", -1)
error("bernoulli", v([0.5, 1.5]))
error("uniform_", f(3), 2, 1)
error("normal_", f(3), 0, -1)
