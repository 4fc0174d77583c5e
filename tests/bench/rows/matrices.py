"""Products. MKL leads on Intel, where torch's ratio is a lower one."""
from row import ON_INTEL, Code, Product, as_python, group, other, row

LEVEL = 0.85 if ON_INTEL else 1
WANTED = {4: 5, 16: 5, 64: 1.2, 256: LEVEL, 1024: LEVEL}

for dtype, gemm in (("float32", "sgemm"), ("float64", "dgemm")):
    for n, wanted in WANTED.items():
        group("matrices", f"local a = ag.randn({n}, {n}, {{dtype = '{dtype}'}}); local b = a + 1",
              f"a = torch.randn({n}, {n}, dtype=torch.{dtype}); b = a + 1")
        row(f"{n}×{n}, {dtype}", wanted, "local c = a:matmul(b)",
            openblas=(f"{gemm} {n} {n} {n}", 0.97) if n >= 256 else None, repeats=7 if n == 1024 else 31)

group("matrices", "local a, b = ag.randn(500, 1), ag.randn(1, 1)")
row("500×1·1×1", 5, "local c = a:matmul(b)")

group("matrices", """local a, at = ag.randn(64, 784), ag.randn(784, 64).T
local b, bt = ag.randn(784, 128), ag.randn(128, 784).T""")
for left in ("a", "at"):
    for right in ("b", "bt"):
        row(f"64×784·784×128, {left}·{right}", 1, f"local c = {left}:matmul({right})",
            openblas=(f"sgemm 64 128 784 {'T' if left == 'at' else 'N'}{'T' if right == 'bt' else 'N'}", 0.95))

group("matrices",
      """local function leaf(...) return ag.randn(...):requires_grad_() end
local a, at, b, bt = leaf(64, 784), leaf(784, 64), leaf(784, 128), leaf(128, 784)
local g = ag.randn(64, 128)""",
      """def leaf(*size): return torch.randn(*size).requires_grad_()
a, at, b, bt = leaf(64, 784), leaf(784, 64), leaf(784, 128), leaf(128, 784)
g = torch.randn(64, 128)""")
for left, right in (("a", "b"), ("at", "b"), ("a", "bt"), ("at", "bt")):
    text = (f"{left}.grad = nil; {right}.grad = nil; "
            f"{left}{'.T' if left == 'at' else ''}:matmul({right}{'.T' if right == 'bt' else ''}):backward(g)")
    row(f"64×784·784×128, {left}·{right}, backward too", 1, text, as_python(text).replace("nil", "None"))

group("matrices", "local a, b = ag.randn(100, 32, 32), ag.randn(100, 32, 32)")
row("100 of 32×32", 1.5, "local c = a:bmm(b)")

group("matrices", "local a, x, y = ag.randn(1000, 1000), ag.randn(1000), ag.randn(1000)")
row("mv, 1000×1000", 1.2, "local c = a:mv(x)")
row("mv, transposed 1000×1000", 1.2, "local c = a.T:mv(x)")
row("dot, 1000", 1.2, "local c = x:dot(y)")
row("outer, 1000", 1.2, "local c = x:outer(y)")

# Each instruction set, beside OpenBLAS's kernels for the same.
CORES = {"baseline": "NEHALEM", "avx2": "HASWELL", "avx512": "SKYLAKEX"}
for dtype, gemm in (("float32", "sgemm"), ("float64", "dgemm")):
    for n in (256, 1024):
        for isa, core in CORES.items():
            setup = f"local a = ag.randn({n}, {n}, {{dtype = '{dtype}'}}); local b = a + 1"
            other(f"{n}×{n}, {dtype}, {isa}",
                  {"ours": Code("ours", setup, "local c = a:matmul(b)",
                                environment=(("AUTOGRAD_ISA", isa),)),
                   "OpenBLAS": Product(f"{gemm} {n} {n} {n}", environment=(("OPENBLAS_CORETYPE", core),))},
                  {"OpenBLAS": 0.75}, repeats=7)
