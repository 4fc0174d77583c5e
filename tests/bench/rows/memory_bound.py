"""Ten million numbers, which no cache holds."""
from row import group, row

group("memory-bound", "local x, y = ag.randn(10000000), ag.randn(10000000)")
row("add, 10,000,000", 2, "local z = x + y")
row("exp, 10,000,000", 2, "local z = x:exp()")
row("tanh, 10,000,000", 2, "local z = x:tanh()")
row("sum, 10,000,000", 1, "local z = x:sum()")
row("copy, 10,000,000", 2, "local z = x:clone()")
row("a chain of four, 10,000,000", 2, "local z = ((x + y) * x - y):relu()")
