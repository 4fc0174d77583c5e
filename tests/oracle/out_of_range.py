"""Numbers beside a type that cannot hold them; a negative integer wraps around in uint8."""
from case import INF, NAN, f, i, l, u

# A scale is made the type of the sum.
SCALES = ((u, 300), (u, -300), (u, 255.5), (u, NAN), (i, 2**40), (i, -1e12), (l, 1e30), (l, INF), (f, 1e40))
# An operand, of the same category.
OPERANDS = ((u, 300), (u, -300), (i, 2**40), (f, 1e40), (f, -1e40))
# What wraps around.
BELOW_ZERO = (-1, -255)
