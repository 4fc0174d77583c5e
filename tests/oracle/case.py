"""What a line of a family's table is made of: inputs, positions, and the cases themselves.

Inputs are described, not made, so that each form of an operation (function, method, in place) gets
fresh ones. Positions (dims, indices, classes) are written as PyTorch has them and marked by D, P
and I, so that the Lua text counts them from 1.
"""
import random

import torch


class Input:
    """A tensor to be made: random numbers of three decimals, all different, or given values."""

    def __init__(self, dtype, shape, values=None, low=None, high=None):
        self.dtype, self.shape, self.values = dtype, tuple(shape), values
        self.low, self.high = low, high
        self.layout = ""          # "t": transposed memory, "s": every second number, "e": expanded
        self.constant = False     # takes no gradient
        self.positions = False    # holds positions

    def _with(self, **fields):
        copy = Input(self.dtype, self.shape, self.values, self.low, self.high)
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(fields)
        return copy

    @property
    def t(self):
        return self._with(layout="t")

    @property
    def s(self):
        return self._with(layout="s")

    @property
    def e(self):
        """Shape (n, …) of stride 0 along the first dim: rows are equal."""
        return self._with(layout="e")

    @property
    def c(self):
        return self._with(constant=True)

    def draw(self, rng):
        """Fixes the values, once, so that all forms see the same."""
        if self.values is not None:
            return
        shape = self.shape[1:] if self.layout == "e" else self.shape
        count = torch.Size(shape).numel()
        if self.dtype == torch.bool:
            values = [self.low == 1 or rng.random() < 0.5 for _ in range(count)]
        elif self.dtype.is_floating_point:
            low, high = (-2 if self.low is None else self.low), (2 if self.high is None else self.high)
            places = list(range(count))
            rng.shuffle(places)
            step = (high - low) / max(count, 1)
            values = [round(low + step * (p + 0.25 + 0.5 * rng.random()), 3) for p in places]
        else:
            lowest = 0 if self.dtype == torch.uint8 else -4
            low, high = (lowest if self.low is None else self.low), (5 if self.high is None else self.high)
            values = [rng.randint(int(low), int(high)) for _ in range(count)]
        if self.layout == "e":
            values = values * self.shape[0]
        self.values = values

    def make(self, grad):
        tensor = torch.tensor(self.values, dtype=self.dtype).reshape(self.shape)
        if self.layout == "t":
            tensor = tensor.transpose(-2, -1).contiguous().transpose(-2, -1)
        elif self.layout == "s":
            tensor = torch.stack([tensor, tensor], -1).select(-1, 0)
        elif self.layout == "e":
            tensor = tensor[:1].expand(self.shape)
        tensor = tensor.detach()
        return tensor.requires_grad_() if grad and self.differentiable else tensor

    @property
    def differentiable(self):
        return self.dtype.is_floating_point and not self.constant


class Position(int):
    """One dim, index or class."""


class Positions(tuple):
    """Several."""


class Index:
    """What stands between the brackets, as Python has it."""

    def __init__(self, index):
        self.index = index


def D(*dims):
    return Position(dims[0]) if len(dims) == 1 else Positions(dims)


def DL(*dims):
    """A list of dims, even of one or none."""
    return Positions(dims)


P = Position


def _shaped(dtype):
    def make(*shape, low=None, high=None):
        return Input(dtype, shape, None, low, high)
    return make


f, d = _shaped(torch.float32), _shaped(torch.float64)
l, i, u, b = (_shaped(x) for x in (torch.int64, torch.int32, torch.uint8, torch.bool))
DTYPES = (torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool)


def v(values, dtype=torch.float32):
    """Given values."""
    tensor = torch.tensor(values, dtype=dtype)
    return Input(dtype, tensor.shape, tensor.flatten().tolist())


def I(values, dtype=torch.int64):
    """Given positions, counted from 0 here."""
    result = v(values, dtype)
    result.positions = True
    return result


class Case:
    def __init__(self, op, args, kwargs, *, forms=None, second=True, error=False, seed=None):
        self.op, self.args, self.kwargs = op, args, kwargs
        self.forms, self.second, self.error, self.seed = forms, second, error, seed


_cases = []


def take_cases():
    """The cases since the last call, their inputs drawn; a case's numbers depend on its operation
    and its place among that operation's cases alone."""
    taken, counts = list(_cases), {}
    _cases.clear()
    for case in taken:
        counts[case.op] = counts.get(case.op, 0) + 1
        rng = random.Random(f"{case.op}/{counts[case.op]}")
        for item in inputs_of(case.args) + inputs_of(tuple(case.kwargs.values())):
            item.draw(rng)
    return taken


def inputs_of(args):
    found = []
    for arg in args:
        if isinstance(arg, Input):
            found.append(arg)
        elif isinstance(arg, Index):
            found += inputs_of(arg.index if isinstance(arg.index, tuple) else (arg.index,))
        elif isinstance(arg, (list, tuple)):
            found += inputs_of(arg)
    return found


def case(op, *args, **kwargs):
    """Values, first and second gradients, in every form that torch has."""
    _cases.append(Case(op, args, kwargs))


def edge(op, *args, **kwargs):
    """Values and first gradients: for infinities and NaN, where second ones say nothing."""
    _cases.append(Case(op, args, kwargs, second=False))


def function(op, *args, **kwargs):
    """As case, but the function only."""
    _cases.append(Case(op, args, kwargs, forms="f"))


def method(op, *args, **kwargs):
    """As case, but the method only (and in place)."""
    _cases.append(Case(op, args, kwargs, forms="m"))


def error(op, *args, **kwargs):
    """A call that torch refuses, with its text."""
    _cases.append(Case(op, args, kwargs, error=True))


def seeded(seed, op, *args, **kwargs):
    """As case, after manual_seed(seed)."""
    _cases.append(Case(op, args, kwargs, seed=seed, second=False))


INF, NAN = float("inf"), float("nan")
SPECIALS = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 1e-30, 1e30, 0.5, -2.5]


def unary(op, *args, low=-2, high=2, edges=SPECIALS, ints=(0, 5), **kwargs):
    """Shapes, layouts and dtypes of an operation of one tensor."""
    for shape in ((), (0,), (2, 3), (1,)):
        case(op, f(*shape, low=low, high=high), *args, **kwargs)
    case(op, d(2, 1, 3, low=low, high=high), *args, **kwargs)
    case(op, d(3, 4, low=low, high=high).t, *args, **kwargs)
    case(op, f(5, low=low, high=high).s, *args, **kwargs)
    case(op, f(3, 2, low=low, high=high).e, *args, **kwargs)
    edge(op, f(37, low=low, high=high), *args, **kwargs)
    for make in (l, i, u, b):
        case(op, make(3, low=max(ints[0], 0) if make is u else ints[0], high=ints[1]), *args, **kwargs)
    if edges:
        edge(op, v(edges), *args, **kwargs)
        edge(op, v(edges, torch.float64), *args, **kwargs)


PAIRS = (("f", "d"), ("f", "l"), ("l", "i"), ("u", "i"), ("u", "l"), ("b", "l"), ("b", "f"), ("b", "b"),
         ("i", "f"), ("l", "l"), ("i", "i"), ("u", "u"), ("d", "l"))

EVERY_PAIR = [(x, y) for x in "fdliub" for y in "fdliub"]


def binary(op, *, low=-2, high=2, low2=None, high2=None, ints=(-4, 5), ints2=(1, 5), edges=True,
           number=True, pairs=PAIRS, **kwargs):
    """Broadcasting, layouts, promotion and numbers of an operation of two tensors."""
    low2, high2 = (low if low2 is None else low2), (high if high2 is None else high2)
    makers = {"f": f, "d": d, "l": l, "i": i, "u": u, "b": b}

    def first(code, *shape):
        if code in "fd":
            return makers[code](*shape, low=low, high=high)
        return makers[code](*shape, low=max(ints[0], 0) if code == "u" else ints[0], high=ints[1])

    def second(code, *shape):
        if code in "fd":
            return makers[code](*shape, low=low2, high=high2)
        return makers[code](*shape, low=ints2[0], high=ints2[1])

    for left, right in (((2, 3), (2, 3)), ((2, 3), (3,)), ((3, 1), (1, 2)), ((), (2,)), ((2, 1, 3), (4, 1)),
                        ((), ()), ((0, 3), (1, 3)), ((1,), (0,))):
        case(op, first("f", *left), second("f", *right), **kwargs)
    case(op, first("d", 3, 2).t, second("d", 3, 2), **kwargs)
    case(op, first("d", 2, 3).t, second("d", 2, 3).t, **kwargs)
    case(op, first("f", 5).s, second("f", 2, 5).e, **kwargs)
    edge(op, first("f", 19), second("f", 19), **kwargs)
    for x, y in pairs:
        case(op, first(x, 2), second(y, 2), **kwargs)
        case(op, first(x, 2), second(y), **kwargs)
        if x != y:
            case(op, first(y), second(x, 2), **kwargs)
    if number:
        for x in "fdliub":
            case(op, first(x, 3), 2, **kwargs)
            case(op, first(x, 3), 2.5, **kwargs)
    if edges:
        column = [0.0, -0.0, 1.0, -2.0, INF, -INF, NAN]
        edge(op, v([[x] for x in column]), v(column), **kwargs)
    error(op, f(3), f(4), **kwargs)
    error(op, f(2, 3), f(2, 4), **kwargs)
