"""Two threads beside one, and beside torch's two."""
from row import as_python, code, group, other


def pair(name, lua, faster):
    """faster: the least that two threads must be as fast as one."""
    other(name, {"ours": code("ours", lua, threads=2), "torch": code("torch", as_python(lua), threads=2),
                 "one thread": code("ours", lua, threads=1)}, {"torch": 1, "one thread": faster})


group("threads", "local x, y = ag.randn(1000, 1000), ag.randn(1000, 1000)")
pair("exp, 1,000,000", "local z = x:exp()", 1.7)
pair("tanh, 1,000,000", "local z = x:tanh()", 1.7)
pair("sum, 1,000,000", "local z = x:sum()", 1.7)
pair("softmax, 1000×1000", "local z = x:softmax(-1)", 1.7)
pair("matmul, 1000×1000", "local z = x:matmul(y)", 1.7)
group("threads", "local x, y = ag.randn(10000000), ag.randn(10000000)")
pair("add, 10,000,000", "local z = x + y", 1.7)
pair("exp, 10,000,000", "local z = x:exp()", 1.7)
group("threads", "local x, y = ag.randn(4, 4), ag.randn(4, 4)")
pair("add, 4×4", "local z = x + y", 0.95)
pair("matmul, 4×4", "local z = x:matmul(y)", 0.95)
