"""Writes cases as Lua text, and PyTorch's sentences with our positions."""
import math
import re

import numpy
import torch

from case import Index, Input, Position, Positions

SHORT = {torch.float32: "f", torch.float64: "d", torch.int64: "l", torch.int32: "i", torch.uint8: "u",
         torch.bool: "b"}


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def number(value, dtype=torch.float64):
    """The shortest text that gives the same number in that dtype."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "minint" if value == -2**63 else str(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0"  # Lua's -0 is an integer
    text = repr(value)
    if dtype != torch.float64:
        text = next(t for t in (f"{value:.{n}g}" for n in (4, 6, 7, 8, 9)) if numpy.float32(t) == numpy.float32(value))
    elif len(text) > 15:
        text = f"{value:.15g}"  # the bar for float64 is 1e-10
    return text.removesuffix(".0")


def from_one(position):
    return position + 1 if position >= 0 else position


def tensor(value, *, positions=False, suffix=""):
    values = value.detach().flatten().tolist()
    if positions:
        values = [from_one(x) for x in values]
    texts = [number(x, value.dtype) for x in values]
    shape = ",".join(map(str, value.shape))
    if value.dtype == torch.bool:
        texts = ["1" if x else "0" for x in values]
    return f"{SHORT[value.dtype]}{{{{{shape}}}{''.join(',' + x for x in texts)}{suffix}}}"


def argument(value):
    if isinstance(value, Input):
        suffix = (f",v={value.layout!r}" if value.layout else "") + (",c=1" if value.constant else "")
        return tensor(value.make(False), positions=value.positions, suffix=suffix)
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, Index):
        return index(value.index)
    if isinstance(value, Position):
        return str(from_one(value))
    if isinstance(value, Positions):
        return "{" + ",".join(str(from_one(x)) for x in value) + "}"
    if isinstance(value, (list, tuple, torch.Size)):
        return "{" + ",".join(argument(x) for x in value) + "}"
    if isinstance(value, torch.dtype):
        return f"'{dtype_name(value)}'"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, float):
        text = number(value)
        return text if re.search(r"[.en]", text) else text + ".0"
    return number(value)


def index(entry):
    """x[i] for one entry, x[{…}] for several."""
    if isinstance(entry, tuple):
        return "{" + ",".join(one_index(x) for x in entry) + "}"
    return one_index(entry)


def one_index(entry):
    if entry is Ellipsis:
        return "'...'"
    if entry is None:
        return "'newaxis'"
    if isinstance(entry, slice):
        if entry == slice(None):
            return "{}"
        parts = [from_one(entry.start or 0)]
        if entry.stop is not None or entry.step is not None:
            # Python's end is exclusive: from 0 that is our inclusive one; -1 leaves out the last.
            stop = -1 if entry.stop is None else entry.stop if entry.stop >= 0 else entry.stop - 1
            parts.append(stop)
        if entry.step is not None:
            parts.append(entry.step)
        return "{" + ",".join(map(str, parts)) + "}"
    if isinstance(entry, Input):
        return argument(entry)
    return str(from_one(entry))


# Where torch's sentences hold positions; every number in a match is one, but for sizes in [].
POSITIONS = re.compile("|".join([
    r"index -?\d+ is out of bounds for dimension \d+",
    r"select\(\): index -?\d+(?= out of range)",
    r"(at|for|except in|apart from|along|non-singleton|non-existing) (tensor )?dimension \d+",
    r"Dimension specified as -?\d+",
    r"Target \d+(?= is out of bounds)",
    r"tensor number \d+(?= in the list)",
    r"at (entry|index|position) \d+",
    r"^dim \d+(?= appears)",
    r"reduction dim -?\d+",
    r"diagonal dimensions cannot be identical -?\d+, -?\d+",
    r"start \(\d+\)",
    r"the size of dim \d+(?= \()",
    r"(?<=must be a 2-tuple. Got )[-\d ]+",
    r"repeated dim in `\w+` \(\[[-\d, ]+\]\)",
    r"(source|destination) \(\[[-\d, ]+\] dims\)",
]))
C_TYPES = {"long int": "Long", "int": "Int", "unsigned char": "Byte", "bool": "Bool"}
C_TYPE = re.compile(f"(?<=desired output type )({'|'.join(C_TYPES)})$")
DIM_RANGE = re.compile(r"\[(-?\d+), (-?\d+)\], but got (-?\d+)")


def sentence(text):
    """PyTorch's sentence with our names and positions."""
    if "returned an invalid gradient" in text:
        return text
    text = re.sub(r"torch\.Size\((\[[^\]]*\])\)", r"\1", text).replace("torch.", "")
    text = text.replace("Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to", "Use `tensor:item()` to")
    # ~ and ^ are no operators of our tensors, or others.
    text = text.replace("`~` or `logical_not()`", "`logical_not()`").replace("`^` or `logical_xor()`", "`logical_xor()`")
    # clamp_ alone names the type as C does.
    text = C_TYPE.sub(lambda m: C_TYPES[m[0]], text)
    text = text.split("  (Could this error message")[0]
    # clamp_ alone names the type as C++ does.
    for name, ours in (("long int", "Long"), ("bool", "Bool")):
        text = text.replace(f"desired output type {name}", f"desired output type {ours}")
    text = DIM_RANGE.sub(lambda m: f"[{m[1]}, {int(m[2]) + 1}], but got {from_one(int(m[3]))}", text)
    return POSITIONS.sub(lambda m: re.sub(r"-?\d+", lambda n: str(from_one(int(n[0]))), m[0]), text)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
