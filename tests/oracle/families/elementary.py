"""neg abs sign frac signbit logit square sqrt rsqrt reciprocal, the exponentials, logarithms and circular functions,
erf, and the roundings."""
from case import *

unary("neg", ints=(-4, 5))
error("neg", b(3))
unary("abs", ints=(-4, 5))
unary("sign", ints=(-4, 5))
unary("square", ints=(-4, 5))
unary("sqrt", low=0.1)
unary("rsqrt", low=0.1, ints=(1, 5))
unary("reciprocal", low=0.2, ints=(1, 5))
unary("frac", low=-3, high=3, edges=SPECIALS + [1.75, -1.75])
unary("signbit", edges=[x for x in SPECIALS if x == x])
# The gradient at -0 is -inf, or inf where torch takes its kernel.
BESIDE = [0.0, 1.0, -1.0, INF, -INF, NAN, 1e-30, 0.25, 2.0]
unary("logit", low=0.05, high=0.95, ints=(0, 1), edges=BESIDE)
for eps in (0.1, 0.0, 0.3, -1.0):
    case("logit", f(2, 3, low=0.05, high=0.95), eps)
    edge("logit", v(BESIDE), eps)
case("logit", d(4, low=0.05, high=0.95), eps=0.2)
edge("logit", v([-0.0, 0.0, 1.0]))
edge("logit", v([-0.0, 0.0, 1.0], torch.float64))
unary("exp", edges=SPECIALS + [88.7, 89.0, -87.0, -103.0, -104.5, 700.0])
unary("expm1", edges=SPECIALS + [88.7, 89.0, 1e-6, -1e-6, -20.0])
unary("log", low=0.1, ints=(1, 5))
unary("log1p", low=-0.9, edges=SPECIALS + [1e-6, -1e-6, -0.999])
unary("log2", low=0.1, ints=(1, 8), edges=SPECIALS + [8.0, 0.125])
unary("log10", low=0.1, ints=(1, 5), edges=SPECIALS + [1000.0, 0.001])
unary("sin", edges=SPECIALS[:-1] + [3.14159274, 1e4])
unary("cos", edges=SPECIALS[:-1] + [3.14159274, 1e4])
unary("tan", low=-1.4, high=1.4, edges=SPECIALS[:-1])
unary("tanh", edges=SPECIALS + [1e-4, 9.5, -9.5])
unary("sinh", edges=SPECIALS + [1e-4, 89.0])
unary("cosh", edges=SPECIALS + [89.0])
unary("asin", low=-0.9, high=0.9, ints=(0, 1), edges=SPECIALS + [1e-4])
unary("acos", low=-0.9, high=0.9, ints=(0, 1))
unary("atan")
unary("sigmoid", edges=SPECIALS + [88.0, -88.0, 104.0, -104.0])
unary("erf", edges=SPECIALS + [3.9, -3.9, 1e-4])
for op in ("floor", "ceil", "round", "trunc"):
    unary(op, low=-3, high=3, ints=(-4, 5), edges=SPECIALS + [1.5, 2.5, -1.5, 3.0, 0.49999997, 8388609.0])
case("round", f(2, 3), decimals=2)
case("round", d(4, low=-2000, high=2000), decimals=-2)
