"""relu leaky_relu elu gelu silu softplus."""
from case import *

unary("relu", ints=(-4, 5))
unary("leaky_relu")
case("leaky_relu", f(2, 3), 0.2)
case("leaky_relu", f(2, 3), negative_slope=0.5)
function("leaky_relu", d(4), negative_slope=-0.5)
unary("elu")
case("elu", f(2, 3), 0.5)
case("elu", d(2, 3), alpha=2.5)
# At infinity torch's answer depends on the size.
unary("gelu", edges=[0.0, -0.0, 1.0, -1.0, NAN, 1e-30, 5.0, -5.0, 20.0, -20.0])
unary("gelu", approximate="tanh", edges=[0.0, -0.0, 1.0, -1.0, NAN, 1e-30, 5.0, -5.0, 20.0, -20.0])
error("gelu", f(3), approximate="erf")
unary("silu", edges=[0.0, -0.0, 1.0, NAN, 20.0, -20.0, 87.0, -87.0])
unary("softplus", edges=[0.0, 1.0, -1.0, INF, -INF, NAN, 19.0, 20.0, 21.0, -30.0])
case("softplus", f(2, 3), 2)
case("softplus", f(2, 3), 1, 0.5)
case("softplus", d(2, 3), beta=3.0, threshold=2.0)

# In place the gradient goes by the result, whose sign says nothing where the slope is negative.
case("leaky_relu", f(4), -0.5)
case("elu", f(4), -0.5)
case("leaky_relu", f(4), -0.0)
for number in (1e40, -1e40):
    error("leaky_relu", f(3), number)
    error("elu", f(3), number)
    error("softplus", f(3), number)
    error("softplus", f(3), 1, number)
    error("logit", f(3, low=0.1, high=0.9), number)
    case("leaky_relu", d(3), number)
    case("elu", d(3), number)
edge("leaky_relu", f(3), INF)
case("elu", v([0.0, -0.0, 1.0, -1.0, 800.0]))
case("elu", v([0.0, -0.0, 800.0, -1.0], torch.float64), 2)
