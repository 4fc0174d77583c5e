"""Writes random_numbers.inc: draws from PyTorch's CPU generator for tests/core/random_test.c to repeat.

A line is one call, in the order of one stream:
    seed SEED
    KIND DTYPE A B SHAPE STRIDES = RESULT      (KIND: uniform normal integers bernoulli)
    each DTYPE P_DTYPE 0 SHAPE STRIDES = RESULT   (p is drawn by torch.rand first)
    permutation DTYPE N 0 - - = RESULT
    state = HASH                               (of torch.get_rng_state())
STRIDES is - for contiguous. RESULT is the FNV-1a hash of the elements' bytes in logical order, or
~ and sampled values where torch's last bits depend on its vector unit.
"""
import os
import random
import sys

import torch

DTYPES = {
    "float32": torch.float32, "float64": torch.float64, "int64": torch.int64,
    "int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool,
}
FLOATS = ["float32", "float64"]
SIZES = [0, 1, 2, 3, 7, 8, 15, 16, 17, 24, 31, 32, 33, 48, 63, 100, 511, 512, 513, 623, 624, 625,
         1000, 1023, 1025]
# (size of the base, view of it)
VIEWS = [
    ((10, 8), lambda x: x[::2, ::3]),
    ((10, 40), lambda x: x.t()),
    ((10, 40), lambda x: x[:, :20]),
    ((3, 4, 6), lambda x: x.permute(2, 0, 1)),
    ((6, 8, 12), lambda x: x[::2, 1:5, ::3].permute(1, 2, 0)),
    ((5, 1, 7), lambda x: x.permute(2, 1, 0)),
    ((1, 30), lambda x: x.t()),
    ((2, 4, 5, 3), lambda x: x.permute(0, 3, 1, 2)),
    ((60,), lambda x: x[::3]),
    ((2000,), lambda x: x[1::2]),
    ((4, 0), lambda x: x.t()),
]
SAMPLES = 40

lines = []
chooser = random.Random(7)


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def result(x, exact=True):
    x = x.contiguous().flatten()
    if exact:
        return fnv(x.numpy().tobytes())
    n = x.numel()
    k = min(n, SAMPLES)
    return "~ " + " ".join(f"{x[i * (n - 1) // (k - 1)].item():.9g}" for i in range(k))


def number(value):
    return value.hex() if isinstance(value, float) else str(value)


def write(kind, dtype, a, b, x, exact=True):
    shape = ",".join(map(str, x.shape)) or "scalar"
    strides = "-" if x.is_contiguous() else ",".join(map(str, x.stride()))
    lines.append(f"{kind} {dtype} {number(a)} {number(b)} {shape} {strides} = {result(x, exact)}")


def seed(value):
    torch.manual_seed(value)
    lines.append(f"seed {value}")


def uniform(x, dtype, low, high):
    write("uniform", dtype, low, high, x.uniform_(low, high))


def normal(x, dtype, mean, std):
    blocks = x.numel() >= 16 and x.is_contiguous() and dtype == "float32"
    write("normal", dtype, mean, std, x.normal_(mean, std), exact=not blocks)


def integers(x, dtype, low, high):
    write("integers", dtype, low, high, x.random_(low, high))


def bernoulli(x, dtype, p):
    write("bernoulli", dtype, p, 0, x.bernoulli_(p))


def each(x, dtype, p_dtype):
    p = torch.rand(x.shape, dtype=DTYPES[p_dtype])
    write("each", dtype, p_dtype, 0, x.bernoulli_(p))


def permutation(n, dtype):
    x = torch.randperm(n, dtype=DTYPES[dtype])
    lines.append(f"permutation {dtype} {n} 0 - - = {result(x)}")


def state():
    lines.append(f"state = {fnv(torch.get_rng_state().numpy().tobytes())}")


RANGES = {
    "float32": [(0, 10), (-5, 2**20), (0, 2**28 - 1), (0, 2**28), (0, 2**24 + 1),
                (2**24 + 1, 2**24 + 10), (-(2**24) - 5, 2**24 + 7), (2**30 + 1, 2**30 + 1000),
                (0, 2**63 - 1), (-(2**63), 2**63 - 1)],
    "float64": [(0, 10), (-10, 2**40), (2**53 + 1, 2**53 + 10), (-(2**53) - 3, 2**53 + 5)],
    "int64": [(0, 1), (0, 2), (0, 7), (-5, 2**28 - 6), (-5, 2**28 - 5), (0, 2**28 + 1),
              (0, 2**31), (0, 2**32 - 1), (0, 2**32), (0, 2**32 + 1), (-(2**40), 2**41),
              (0, 2**63 - 1), (-(2**63), -1), (-(2**63), 2**63 - 1)],
    "int32": [(0, 100), (-(2**31), 2**31), (-(2**31), -(2**31) + 2**28 - 1), (-3, 4)],
    "uint8": [(0, 256), (3, 200), (255, 256)],
    "bool": [(0, 2), (1, 2)],
}
UNIFORMS = [(0.0, 1.0), (-1.3, 2.7), (0.1, 0.7), (1e-3, 1e3), (2.0, 2.0), (-3e37, 3e38),
            (0.0, 1e-40)]
NORMALS = [(0.0, 1.0), (0.3, 1.7), (-100.0, 1e-3), (5.0, 0.0)]


def empty(dtype, shape):
    return torch.empty(shape, dtype=DTYPES[dtype])


def anything(make):
    """One call of any kind over what make(dtype) gives."""
    kind = chooser.choice(["uniform", "normal", "normal", "integers", "bernoulli", "each"])
    dtype = chooser.choice(FLOATS if kind in ("uniform", "normal") else list(DTYPES))
    x = make(dtype)
    if kind == "uniform":
        uniform(x, dtype, *chooser.choice(UNIFORMS))
    elif kind == "normal":
        normal(x, dtype, *chooser.choice(NORMALS))
    elif kind == "integers":
        integers(x, dtype, *chooser.choice(RANGES[dtype]))
    elif kind == "bernoulli":
        bernoulli(x, dtype, chooser.choice([0.0, 0.25, 0.3, 1 / 3, 0.999, 1.0]))
    else:
        each(x, dtype, chooser.choice(FLOATS))


for value in (0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**40 + 5, 2**64 - 1):
    seed(value)
    for dtype in FLOATS:
        uniform(empty(dtype, 3), dtype, 0.0, 1.0)
        normal(empty(dtype, 3), dtype, 0.0, 1.0)

for dtype in FLOATS:
    for n in SIZES + [100000]:
        seed(n)
        uniform(empty(dtype, n), dtype, 0.0, 1.0)
        normal(empty(dtype, n), dtype, 0.0, 1.0)
        uniform(empty(dtype, 1), dtype, 0.0, 1.0)

seed(3)
for low, high in UNIFORMS:
    for dtype in FLOATS:
        uniform(empty(dtype, 333), dtype, low, high)
for dtype, ranges in RANGES.items():
    for low, high in ranges:
        integers(empty(dtype, 100), dtype, low, high)
for dtype in DTYPES:
    if dtype != "bool":
        for n in (0, 1, 2, 10, 200):
            permutation(n, dtype)
for n in (511, 513, 514, 1024, 100000):
    permutation(n, "int64")

state()
seed(5)
uniform(empty("float32", ()), "float32", 0.0, 1.0)
for i in range(500):
    what = chooser.random()
    if what < 0.6:
        size = chooser.choice(SIZES)
        anything(lambda dtype: empty(dtype, size))
    elif what < 0.85:
        base, view = chooser.choice(VIEWS)
        anything(lambda dtype: view(empty(dtype, base)))
    elif what < 0.92:
        permutation(chooser.choice(SIZES), "int64")
    elif what < 0.97:
        state()
    else:
        seed(chooser.randrange(2**64))
        normal(empty("float64", 1), "float64", 0.0, 1.0)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "random_numbers.inc")
with open(path, "w") as out:
    out.write(f"/* Written by random_numbers.py with PyTorch {torch.__version__.split('+')[0]}. */\n")
    for line in lines:
        out.write(f'"{line}",\n')
print(f"{len(lines)} lines", file=sys.stderr)
