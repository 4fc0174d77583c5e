"""What PyTorch 2.13 answers to the tutorial, by the ids of the notebooks' cells.

A number after `~` is to agree in six significant digits, or in those that are written but for the
rounding of the last: the order of a float32 sum is nobody's promise. ADDRESS stands for any address.
"""

import re

ONES = "tensor([[1., 1.],\n        [1., 1.]])"
TWOS = "tensor([[2., 2.],\n        [2., 2.]])"

CELLS = {
    "setup": "",
    "forward-x": "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)",
    "forward-y": "tensor([[2., 2.],\n        [2., 2.]], grad_fn=<AddBackward0>)",
    "forward-z": "tensor([[8., 8.],\n        [8., 8.]], grad_fn=<MulBackward0>)",
    "forward-out": "tensor(8., grad_fn=<MeanBackward0>)",
    "tracking-a": "tensor([[ 1.5410, -0.2934],\n        [-2.1788,  0.5684]])",
    "tracking-off": "tensor([[ 8.5453,  0.6806],\n        [ 2.0562, -3.9514]])\nfalse",
    "tracking-on": "true",
    "tracking-grad-fn": "<SumBackward0 object at ADDRESS>\n"
    "tensor(93.3274, grad_fn=<SumBackward0>)",
    "tracking-no-grad": "tensor(93.3274)\nfalse\nnil",
    "backward-out": TWOS,
    "backward-twice": TWOS + "\ntensor([[4., 4.],\n        [4., 4.]])",
    "backward-zero": "tensor([[0., 0.],\n        [0., 0.]])",
    "backward-detach": ONES + "\nfalse\ntensor([[7., 1.],\n        [1., 1.]], requires_grad=True)",
    "backward-refused": "can't call totable() on a tensor that requires grad; "
    "use x:detach():totable()",
    "backward-totable": "tensor([[7., 1.],\n        [1., 1.]], requires_grad=True)\n"
    "{{100, 1.0}, {1.0, 1.0}}",
    "regression-data": "",
    "regression-parameters": "tensor([[0.0369]], requires_grad=True)\n"
    "tensor(0., dtype=float64, requires_grad=True)",
    "regression-first": "tensor(5.8837, grad_fn=<MeanBackward0>)\n"
    "tensor([[-2.7476]])\ntensor(-4.5324, dtype=float64)",
    "regression-train": """\
iteration  200   loss ~0.198470
iteration  400   loss ~0.115503
iteration  600   loss ~0.067291
iteration  800   loss ~0.039203
iteration 1000   loss ~0.022839
iteration 1200   loss ~0.013306
iteration 1400   loss ~0.007752
iteration 1600   loss ~0.004516
iteration 1800   loss ~0.002631
iteration 2000   loss ~0.001533
w,b,loss\t~2.8670575618743896\t~0.8705417272727916\t~0.0015327522996813059""",
    "regression-figure": "<Figure size 1300x600 with 1 Axes>",
}

# The script prints a table's four numbers by themselves, and draws no figure on the screen.
SCRIPT_ONLY = {
    "backward-totable": "tensor([[7., 1.],\n        [1., 1.]], requires_grad=True)\n"
    "100\t1.0\t1.0\t1.0",
    "regression-figure": "",
}
SCRIPT = "\n".join(
    text for text in (SCRIPT_ONLY.get(cell, CELLS[cell]) for cell in CELLS) if text
)


def tolerance(number):
    """Half of the sixth significant digit, or one in the last that is written where it is less."""
    places = int(f"{float(number):e}".partition("e")[2])
    decimals = len(number.partition(".")[2])
    return max(0.5 * 10.0 ** (places - 5), 1.0001 * 10.0**-decimals)


def agrees(actual, expected):
    """Whether a text is the expected one, in whole."""
    pattern, numbers = "", []
    for part in re.split(r"(~-?[\d.]+|ADDRESS)", expected):
        if part == "ADDRESS":
            pattern += "0x[0-9a-f]+"
        elif part.startswith("~"):
            numbers.append(part[1:])
            pattern += r"(-?[\d.]+(?:e-?\d+)?)"
        else:
            pattern += re.escape(part)
    match = re.fullmatch(pattern, actual)
    return match is not None and all(
        abs(float(found) - float(number)) <= tolerance(number)
        for found, number in zip(match.groups(), numbers)
    )
