"""Writes print.inc: PyTorch's repr of many tensors, for tests/core/print_test.c to repeat.

A case is one string of fields between bars:
    precision threshold edgeitems linewidth sci_mode(-1 0 1) | dtype | kind low high | seed | numbers
    | offset | shape | strides | at=special ... | grad | text
where the numbers are drawn by the generator seeded so: uniform (low to high), integers (low to
high - 1), quarters (integers / 4), powers (a float64 uniform from -1 to 1, times two to an
integer of low to high - 1). text is the repr, or # and its FNV-1a hash where it is long.
"""
import os
import random
import sys

import numpy
import torch

DTYPES = {
    "float32": torch.float32, "float64": torch.float64, "int64": torch.int64,
    "int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool,
}
LONGEST = 150  # a text that is longer stands as its hash

cases = []
chooser = random.Random(11)
DEFAULT = (4, 1000, 3, 80, -1)


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def draw(dtype, kind, low, high, n):
    if kind == "uniform":
        return torch.empty(n, dtype=DTYPES[dtype]).uniform_(low, high)
    if kind == "integers":
        return torch.empty(n, dtype=DTYPES[dtype]).random_(low, high)
    if kind == "quarters":
        return torch.empty(n, dtype=DTYPES[dtype]).random_(low, high) / 4
    units = torch.empty(n, dtype=torch.float64).uniform_(-1, 1)
    powers = torch.empty(n, dtype=torch.int64).random_(low, high)
    return torch.from_numpy(numpy.ldexp(units.numpy(), powers.numpy())).to(DTYPES[dtype])


def with_grad(x, grad):
    if grad == "":
        return x
    x = x.detach().clone().requires_grad_()
    if grad == "requires_grad=True":
        return x
    name = grad[len("grad_fn=<"):-len("Backward>")]
    forward = staticmethod(lambda ctx, x: x.clone())
    return type(name, (torch.autograd.Function,), {"forward": forward}).apply(x)


def add(options, dtype, kind, low, high, shape, specials=(), grad="", strides=None, offset=0,
        long=False):
    """specials: (position in memory, text of a float) pairs."""
    n = 1
    for size in shape:
        n *= size
    if strides is None:
        strides = []
        stride = 1
        for size in reversed(shape):
            strides.insert(0, stride)
            stride *= size
    elif n > 0:
        n = offset + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides))
    seed = len(cases)
    torch.manual_seed(seed)
    x = draw(dtype, kind, low, high, n)
    specials = [(at, value) for at, value in specials if at < n]
    for at, value in specials:
        x[at] = float(value)
    precision, threshold, edgeitems, linewidth, sci_mode = options
    torch.set_printoptions(precision=precision, threshold=threshold, edgeitems=edgeitems,
                           linewidth=linewidth, sci_mode=None if sci_mode < 0 else bool(sci_mode))
    text = repr(with_grad(x.as_strided(shape, strides, offset), grad)).replace("torch.", "")
    if len(text) > LONGEST and not long:
        text = "#" + fnv(text.encode())
    number = (lambda v: v.hex() if isinstance(v, float) else str(v))
    cases.append("|".join([
        " ".join(map(str, options)), dtype, f"{kind} {number(low)} {number(high)}", str(seed),
        str(n), str(offset), " ".join(map(str, shape)), " ".join(map(str, strides)),
        " ".join(f"{at}={value}" for at, value in specials), grad, text]))


def floats(values, shape=None, dtype="float32", options=DEFAULT, grad=""):
    """The very values, each as a special."""
    add(options, dtype, "uniform", 0.0, 1.0, shape if shape is not None else (len(values),),
        specials=[(i, repr(float(v))) for i, v in enumerate(values)], grad=grad)


for dtype in ("float32", "float64"):
    for value in (0.0, -0.0, 1.0, -1.0, 0.5, 1e-4, 1e-5, 9.9999e-5, 1e8, 1.1e8, 123456.789, -1e-30,
                  1e30, 3.14159, 0.00005, 0.99995, 0.03125, 1e-45, 16777216.0, float("inf"),
                  float("-inf"), float("nan")):
        floats([value], (), dtype)
        floats([value], (1,), dtype)
    floats([1e300, 1e-300], dtype="float64")
    for values in ([1, 1000], [1, 1001], [0.5, 500.0], [0.5, 500.1], [1e-4, 0.1], [1, 2, float("nan")],
                   [float("-inf"), 1, 2], [float("inf"), 0.5], [float("nan")] * 3, [0, 0, 0],
                   [0, -0.0, 100], [-0.0, -0.0], [0, 1e-10], [99999999, 1], [1e8, 1e8], [1e8, 1e8 + 8],
                   [0.99999, 9.99999], [999.99999, 1.0], [-1, 1], [-0.00001, 0.5], [9.99996, 1.5],
                   [1e10, float("inf"), float("nan"), 0], [1e99, 1e100] if dtype == "float64" else [1e38],
                   [9.99999e99, 1e98] if dtype == "float64" else [1e-38],
                   [9.99999e-100, 1.0] if dtype == "float64" else [1e-44]):
        for sci_mode in (-1, 0, 1):
            floats(values, dtype=dtype, options=DEFAULT[:4] + (sci_mode,))

for dtype in DTYPES:
    high = 2 if dtype == "bool" else 5
    for shape in ((), (0,), (1,), (0, 3), (3, 0), (2, 0, 4), (1, 1), (1, 1, 1), (2, 1, 3), (3, 1),
                  (2, 2, 2), (2, 2, 2, 2), (1, 2, 1, 2, 1), (1,) * 12):
        add(DEFAULT, dtype, "integers", 0, high, shape)
        if dtype in ("float32", "float64"):
            add(DEFAULT, dtype, "uniform", -1.0, 1.0, shape, grad="requires_grad=True")
            add(DEFAULT, dtype, "uniform", -1.0, 1.0, shape, grad="grad_fn=<AddBackward>")
    for n in (1000, 1001, 2000):
        add(DEFAULT, dtype, "integers", 0, high, (n,), long=True)
    for shape in ((1001, 1), (1, 1001), (40, 40), (7, 143), (6, 200), (11, 11, 11), (3, 20, 30),
                  (2, 3, 4, 50)):
        add(DEFAULT, dtype, "integers", 0, high, shape)
    for edgeitems in (0, 1, 2, 5):
        for shape in ((2000,), (), (5,), (40, 40), (3, 500), (0, 3), (11, 11, 11)):
            add((4, 1000, edgeitems, 80, -1), dtype, "integers", 0, high, shape)
add(DEFAULT, "int64", "integers", -(2**63), 2**63 - 1, (9,))
add(DEFAULT, "int64", "integers", -(2**63), -(2**63) + 1, (2,))
add(DEFAULT, "int32", "integers", -(2**31), 2**31, (9,))
add(DEFAULT, "uint8", "integers", 0, 256, (30,))

# Suffixes around the end of the line.
for n in range(1, 14):
    for grad in ("requires_grad=True", "grad_fn=<SelectBackward>", "grad_fn=<平方Backward>",
                 "grad_fn=<A_name_so_long_that_it_fills_the_line_alone_and_then_still_moreBackward>"):
        for dtype in ("float32", "float64"):
            add(DEFAULT, dtype, "uniform", 0.0, 1.0, (n,), grad=grad)
            add((4, 1000, 3, 60, -1), dtype, "integers", 0, 10 ** (n // 2 + 1), (2, n), grad=grad)

GRADS = ["", "", "", "requires_grad=True", "grad_fn=<MulBackward>", "grad_fn=<Long_NameBackward>"]
SPECIALS = ["inf", "-inf", "nan", "0.0", "-0.0", "1.0", "1e-07", "123456789.0"]


def random_shape():
    ndim = chooser.choice([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5])
    most = {0: 1, 1: 60, 2: 20, 3: 7, 4: 5, 5: 3}[ndim]
    return tuple(chooser.choice([0, 1, 2]) if chooser.random() < 0.1 else chooser.randint(1, most)
                 for _ in range(ndim))


def random_strides(shape):
    """Some permuted, stepped or expanded view's."""
    strides = [0] * len(shape)
    stride = chooser.randint(1, 3)
    for dim in chooser.sample(range(len(shape)), len(shape)):
        if chooser.random() < 0.1:
            continue
        strides[dim] = stride
        stride *= max(shape[dim], 1) * chooser.choice([1, 1, 2])
    return strides


while len(cases) < 4000:
    options = DEFAULT if chooser.random() < 0.5 else (
        chooser.choice([0, 1, 2, 4, 6, 8, 17, 30]), chooser.choice([0, 5, 30, 1000, 2**62]),
        chooser.choice([0, 1, 2, 3, 4]), chooser.choice([0, 10, 30, 80, 120, 200]),
        chooser.choice([-1, -1, 0, 1]))
    dtype = chooser.choice(["float32"] * 4 + ["float64"] * 2 + ["int64", "int32", "uint8", "bool"])
    floating = dtype.startswith("float")
    if floating:
        kind, low, high = chooser.choice([
            ("uniform", -1.0, 1.0), ("uniform", 0.0, 1000.0), ("uniform", 0.01, 0.02),
            ("uniform", -5e-5, 1e-5), ("quarters", -40, 40), ("quarters", -400000, 400000),
            ("integers", -9, 10), ("integers", 0, 10000), ("integers", 1, 900),
            ("powers", -3, 4), ("powers", -20, 20), ("powers", -120, 120),
            ("powers", -1000 if dtype == "float64" else -140, 1000 if dtype == "float64" else 120)])
    else:
        kind = "integers"
        low, high = chooser.choice({
            "int64": [(0, 10), (-5, 5), (-(10**12), 10**12)], "int32": [(0, 3), (-1000, 10)],
            "uint8": [(0, 256), (0, 10)], "bool": [(0, 2), (0, 1), (1, 2)]}[dtype])
    shape = random_shape()
    strides, offset = (random_strides(shape), chooser.randint(0, 4)) if chooser.random() < 0.3 \
        else (None, 0)
    specials = [(chooser.randint(0, 30), chooser.choice(SPECIALS))
                for _ in range(chooser.choice([0, 0, 1, 3]))] if floating else []
    add(options, dtype, kind, low, high, shape, specials,
        chooser.choice(GRADS) if floating else "", strides, offset)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "print.inc")
with open(path, "w", encoding="utf-8") as out:
    out.write(f"/* Written by print.py with PyTorch {torch.__version__.split('+')[0]}. */\n")
    for case in cases:
        out.write('"' + case.replace("\n", "\\n") + '",\n')
print(f"{len(cases)} cases", file=sys.stderr)
