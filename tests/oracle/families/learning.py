"""softmax log_softmax mse_loss l1_loss nll_loss cross_entropy binary_cross_entropy
binary_cross_entropy_with_logits one_hot dropout."""
from case import *

for op in ("softmax", "log_softmax"):
    for dim in (0, 1, -1):
        case(op, f(2, 3), D(dim))
        case(op, d(3, 4).t, D(dim))
        case(op, f(2, 3, 4), D(dim))
    case(op, f(2, 3).s, D(1))
    case(op, f(), D(0))
    case(op, f(0, 3), D(1))
    case(op, f(0, 3), D(0))
    case(op, f(2, 3), dim=D(1), dtype=torch.float64)
    case(op, l(2, 3), D(1), dtype=torch.float32)
    edge(op, f(3, 33, low=-8, high=8), D(1))
    edge(op, v([[-INF, -INF], [INF, 1.0], [-INF, 1.0], [NAN, 1.0], [1000.0, 1001.0]]), D(1))
    error(op, l(2, 3), D(1))
    error(op, f(2, 3), D(2))
    case(op, l(2, 0), D(0))
    case(op, f(0, 3).c, D(1), dtype=torch.int64)

for op in ("mse_loss", "l1_loss"):
    for reduction in ("mean", "sum", "none"):
        case(op, f(2, 3), f(2, 3), reduction=reduction)
        case(op, d(3, 2).t, d(3, 2), reduction=reduction)
        case(op, f(), f(), reduction=reduction)
        edge(op, f(0), f(0), reduction=reduction)
        edge(op, v([1.0, INF, NAN, 2.0]), v([1.0, 1.0, 1.0, INF]), reduction=reduction)
    case(op, f(2, 3), f(2, 3).c)
    case(op, f(2), d(2))
    error(op, f(2), f(3))
    error(op, f(2), f(2), reduction="average")

for reduction in ("mean", "sum", "none"):
    for op in ("nll_loss", "cross_entropy"):
        case(op, f(3, 4), I([0, 3, 1]), reduction=reduction)
        case(op, d(3, 4).t, I([2, 0, 1]), d(4, low=0.5).c, reduction=reduction)
        case(op, f(3, 4), I([0, -100, 1]), reduction=reduction)
        case(op, f(3, 4), I([0, 3, 1]), ignore_index=P(3), reduction=reduction)
        case(op, f(3, 4), I([3, 3, 1]), f(4, low=0.5).c, ignore_index=P(3), reduction=reduction)
        case(op, f(4), I(2), reduction=reduction)
        case(op, f(2, 3, 2), I([[0, 2], [1, 0]]), reduction=reduction)
        case(op, f(2, 3, 2, 2), I([[[0, 2], [1, 0]], [[1, 1], [2, 0]]]), f(3, low=0.5).c, reduction=reduction)
    for smoothing in (0.0, 0.1):
        case("cross_entropy", f(3, 4), I([0, 3, 1]), label_smoothing=smoothing, reduction=reduction)
        case("cross_entropy", f(3, 4), I([0, -100, 1]), f(4, low=0.5).c, label_smoothing=smoothing, reduction=reduction)
        case("cross_entropy", f(3, 4), f(3, 4, low=0, high=1), label_smoothing=smoothing, reduction=reduction)
        case("cross_entropy", d(3, 4), d(3, 4, low=0, high=1), d(4, low=0.5).c, reduction=reduction,
             label_smoothing=smoothing)
for op in ("nll_loss", "cross_entropy"):
    edge(op, f(2, 3), I([-100, -100]))
    edge(op, f(0, 3), v([], torch.int64))
    error(op, f(3, 4), I([0, 4, 1]))
    error(op, f(3, 4), I([0, 1]))
    error(op, f(3, 4), I([0, 1, 2]), f(3).c)
    error(op, f(3, 4), I([0, 1, 2], torch.int32))
    error(op, f(3, 4), I([0, 1, 2]), reduction="average")
edge("cross_entropy", v([[1000.0, 0.0], [-INF, 1.0]]), I([0, 1]))

for reduction in ("mean", "sum", "none"):
    case("binary_cross_entropy", f(2, 3, low=0.1, high=0.9), f(2, 3, low=0, high=1).c, reduction=reduction)
    case("binary_cross_entropy", d(2, 3, low=0.1, high=0.9).t, d(2, 3, low=0, high=1), reduction=reduction)
    case("binary_cross_entropy", f(4, low=0.1, high=0.9), f(4, low=0, high=1).c, f(4, low=0.5).c, reduction=reduction)
    edge("binary_cross_entropy", v([0.0, 1.0, 0.0, 1.0]), v([0.0, 1.0, 1.0, 0.0]).c, reduction=reduction)
    op = "binary_cross_entropy_with_logits"
    case(op, f(2, 3), f(2, 3, low=0, high=1), reduction=reduction)
    case(op, d(3, 2).t, d(3, 2, low=0, high=1), d(2, low=0.5).c, reduction=reduction)
    case(op, f(2, 3), f(2, 3, low=0, high=1).c, pos_weight=f(3, low=0.5).c, reduction=reduction)
    case(op, f(2, 3), f(2, 3, low=0, high=1).c, f(2, 1, low=0.5).c, pos_weight=f(3, low=0.5).c, reduction=reduction)
    edge(op, v([0.0, 100.0, -100.0, INF]), v([0.0, 1.0, 1.0, 0.0]).c, reduction=reduction)
error("binary_cross_entropy", v([0.5, 1.5]), v([0.0, 1.0]).c)
error("binary_cross_entropy", f(2, low=0.1, high=0.9), f(3, low=0, high=1))
error("binary_cross_entropy_with_logits", f(2), f(3, low=0, high=1))
error("binary_cross_entropy_with_logits", l(2), l(3, low=0, high=1))
error("binary_cross_entropy_with_logits", l(2), l(2, low=0, high=1))
error("cross_entropy", f(2, 3), f(2, 3), ignore_index=P(0), label_smoothing=1.5)
error("cross_entropy", f(2, 3), f(2, 3), label_smoothing=1.5)
error("cross_entropy", f(2, 3), I([0, 1]), label_smoothing=1.5)

case("one_hot", I([0, 2, 1]))
case("one_hot", I([0, 2, 1]), 5)
case("one_hot", I([[0, 2], [1, 1]]), num_classes=3)
case("one_hot", I(2))
case("one_hot", I(1), 3)
case("one_hot", v([], torch.int64), 3)
error("one_hot", I([0, 3]), 3)
error("one_hot", f(3))
error("one_hot", v([], torch.int64))

for shape in ((2, 3), (20,)):
    seeded(3, "dropout", f(*shape), 0.5)
    seeded(4, "dropout", d(*shape), 0.25, True)
seeded(5, "dropout", f(4), p=0.8, training=True)
seeded(6, "dropout", f(6))
case("dropout", f(3), 0.0)
case("dropout", f(3), 1.0)
case("dropout", f(3), 0.5, False)
error("dropout", f(3), 1.5)
error("dropout", f(3), -0.5)

# Of no element.
for op in ("mse_loss", "l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
    case(op, f(0, 2), f(0, 2))
    case(op, d(0), d(0).c, reduction="sum")
error("nll_loss", l(2, 3), I([0, 1]), l(2))
error("nll_loss", l(2, 3), I([0, 1]), l(3))
error("binary_cross_entropy", l(2, low=0, high=1), l(2, low=0, high=1), l(2, 2))
error("binary_cross_entropy", f(2, low=0, high=1), f(2, low=0, high=1).c, f(2, 2).c)
error("binary_cross_entropy", f(2, low=0, high=1), f(2, low=0, high=1).c, f(2, 2))
