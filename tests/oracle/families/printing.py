"""tostring of every dtype, shape and magnitude: PyTorch's repr."""
from case import *


def shown(values, dtype=torch.float32):
    case("tostring", v(values, dtype).c)


for dtype in (torch.float32, torch.float64):
    for values in ([1.0, 2.0], [1.0, 2.5], [1.0, 1000.0], [1.0, 1001.0], [0.0001, 1.0], [0.00001, 1.0], [1e8, 1.0],
                   [1.1e8], [123456.0, 1.5], [-1.0, 2.25], [0.0, -0.0], [NAN, 1.0], [INF, -INF, 1.0], [INF, 1.5],
                   [NAN, 1e10], [1e-40, 0.0], [1e20], [99999.5], [1e-3, 999.0], [0.1, 0.2, 0.3], [-INF, 1.0, 2.0]):
        shown(values, dtype)
shown([1e300, 1e-300], torch.float64)
for value in (1.0, 0.5, -2.25, 1e10, NAN, -INF, 0.0, 3.14159274):
    shown(value)
    shown(value, torch.float64)
for dtype in (torch.int64, torch.int32, torch.uint8):
    for values in ([1, 20, 100], [[1, 2], [30, 4]], 7, [0]):
        shown(values, dtype)
shown([-1, 2, -300], torch.int64)
shown([-2**63, 2**63 - 1], torch.int64)
shown([True, False], torch.bool)
shown([[True], [False]], torch.bool)
shown(True, torch.bool)
for make in (f, d, l, i, u, b):
    case("tostring", make(0).c)
    case("tostring", make(0, 3).c)
    case("tostring", make(2, 0).c)
for shape in ((2, 3), (1, 1, 1), (2, 1, 3), (2, 2, 2), (1, 2, 1, 2), (30,), (3, 12), (3, 18)):
    case("tostring", f(*shape).c)
case("tostring", l(40).c)
case("tostring", f(3, 2).c.t)
case("tostring", f(6).c.s)
for shape in ((1001,), (1000,), (40, 30), (2, 501), (600, 2), (3, 20, 20)):
    case("tostring", b(*shape).c if shape != (40, 30) else l(*shape).c)
