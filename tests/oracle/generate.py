#!/usr/bin/env python3
"""Writes expected/FAMILY.lua from families/FAMILY.py by asking PyTorch 2.13.

    python3 tests/oracle/generate.py [FAMILY...]

tests/lua/oracle_spec.lua replays what stands there. A case is a line of a family's table; its form
is told in case.py.
"""
import importlib
import operator
import pathlib
import sys
import warnings

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from case import Index, Input, inputs_of, take_cases  # noqa: E402
import lua_text  # noqa: E402

# Which results are positions: the number of the result, from 0.
POSITION_RESULTS = {"argmax": (0,), "argmin": (0,), "max": (1,), "min": (1,), "sort": (1,), "topk": (1,),
                    "nonzero": (0,), "randperm": (0,), "median": (1,), "nanmedian": (1,), "argsort": (0,)}
# A number of results that depends on the input: one list.
LISTS = {"split", "chunk", "unbind"}
# Their numbers are whatever the memory held; zeros stand for them.
UNWRITTEN = {"empty", "empty_like"}
# In place these do another thing (bernoulli_ takes p).
NO_IN_PLACE = {"bernoulli"}
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
             "//": operator.floordiv, "%": operator.mod, "^": operator.pow, "unary -": operator.neg,
             "[]": lambda x, index: x[index]}


# Each of these must have its cases.
OPERATIONS = """zeros ones full empty eye arange linspace zeros_like ones_like full_like empty_like rand randn
rand_like randn_like randint randperm bernoulli fill_ zero_ copy_ uniform_ normal_ add sub mul div floor_divide
remainder fmod pow neg abs sign square sqrt rsqrt reciprocal exp expm1 log log1p log2 log10 sin cos tan tanh sinh
cosh asin acos atan atan2 sigmoid erf relu leaky_relu elu gelu silu softplus floor ceil round trunc maximum minimum
clamp where lerp addcmul addcdiv eq ne lt le gt ge logical_and logical_or logical_not logical_xor isnan isinf
isfinite isclose allclose equal sum mean prod max min amax amin argmax argmin all any var std norm logsumexp cumsum
cumprod matmul mm bmm mv dot outer t addmm linear view reshape flatten permute transpose movedim squeeze unsqueeze
expand expand_as broadcast_to contiguous clone detach cat stack split chunk unbind select narrow flip roll repeat
tril triu diagonal [] []= index_select gather scatter scatter_add masked_fill masked_select nonzero take_along_dim
sort topk softmax log_softmax mse_loss l1_loss nll_loss cross_entropy binary_cross_entropy
binary_cross_entropy_with_logits one_hot dropout to float double long int bool type_as item totable
median nanmedian count_nonzero clamp_min clamp_max frac logit signbit vstack hstack ravel unflatten
concat concatenate swapaxes swapdims moveaxis""".split()


def write_at(x, index, value):
    x = x.clone()
    x[index] = value
    return x


OPERATORS["[]="] = write_at
OPERATORS["tostring"] = lambda x: repr(x).replace("torch.", "")


def function_of(op):
    """nn.functional's where both have one, as `ag` does."""
    if op in OPERATORS:
        return OPERATORS[op]
    if op.endswith("_"):
        return None
    found = getattr(F, op, None) or getattr(torch, op, None)
    return found if callable(found) and not isinstance(found, torch.dtype) else None


def method_of(op):
    if op in OPERATORS:
        return None
    if op == "totable":
        return lambda x: x.tolist()
    if op.endswith("_"):
        return lambda x, *args, **kwargs: getattr(x.clone(), op)(*args, **kwargs)
    return getattr(torch.Tensor, op, None)


def in_place_of(op):
    """What writes into its first argument (a copy, since a leaf may not be written). Here it is a
    method always; some are functions of nn.functional's alone."""
    if op in OPERATORS or op.endswith("_") or op in NO_IN_PLACE:
        return None
    call = getattr(torch.Tensor, op + "_", None) or getattr(F, op + "_", None)
    return call and (lambda x, *args, **kwargs: call(x.clone(), *args, **kwargs))


def made(value, grad, leaves):
    if isinstance(value, Input):
        tensor = value.make(grad)
        if tensor.requires_grad:
            leaves.append(tensor)
        return tensor
    if isinstance(value, Index):
        entries = value.index if isinstance(value.index, tuple) else (value.index,)
        entries = tuple(made(x, False, []) for x in entries)
        return entries if isinstance(value.index, tuple) else entries[0]
    if type(value) in (list, tuple):
        return type(value)(made(x, grad, leaves) for x in value)
    return value


def case_text(case):
    fields = [lua_text.quoted(case.op)] + [lua_text.argument(x) for x in case.args]
    if case.kwargs:
        fields.append("kw={" + ",".join(f"{name}={lua_text.argument(x)}" for name, x in case.kwargs.items()) + "}")
    if case.seed is not None:
        fields.append(f"seed={case.seed}")
    return ",".join(fields)


class Outcome:
    """What one call gave: results, gradients, or the sentence it was refused with."""

    def __init__(self, case, call, grad=True, second=True):
        self.error = self.backward_error = self.first = self.second = self.name = None
        self.case, leaves = case, []
        args = [made(x, grad, leaves) for x in case.args]
        kwargs = {name: made(x, grad, leaves) for name, x in case.kwargs.items()}
        if case.seed is not None:
            torch.manual_seed(case.seed)
        try:
            result = call(*args, **kwargs)
        except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError) as raised:
            self.error = str(raised)
            return
        self.results = list(result) if isinstance(result, (tuple, list)) and case.op != "totable" else [result]
        self.plain = not isinstance(self.results[0], torch.Tensor) if self.results else False
        if not self.plain:
            self.differentiate(leaves, second)

    def differentiate(self, leaves, second):
        roots = [x for x in self.results if x.requires_grad and x.is_floating_point()]
        if not roots:
            return
        if roots[0].grad_fn is not None:  # to() may give the leaf itself
            self.name = type(roots[0].grad_fn).__name__
        cotangents = [pattern(x, 7, 3, 11).requires_grad_() for x in roots]
        try:
            self.first = torch.autograd.grad(roots, leaves, cotangents, create_graph=second, allow_unused=True)
        except RuntimeError as raised:
            if "derivative for" not in str(raised):
                print(f"no gradient: {case_text(self.case)}: {raised}", file=sys.stderr)
            self.backward_error = str(raised)
            return
        if not second:
            return
        sums = [(x * pattern(x, 5, 1, 13)).sum() for x in self.first if x is not None and x.requires_grad]
        if sums:
            try:
                self.second = torch.autograd.grad(sum(sums), leaves + cotangents, allow_unused=True)
            except RuntimeError:
                self.second = None

    def same(self, other):
        return (other.error is None and self.plain == other.plain and len(self.results) == len(other.results)
                and all(same(x, y) for x, y in zip(self.results, other.results)))


def pattern(like, step, start, modulus):
    """Numbers that both sides know: never 0, exact in every dtype."""
    values = [((k * step + start) % modulus - modulus // 2) / 8 + 0.0625 for k in range(like.numel())]
    return torch.tensor(values, dtype=like.dtype).reshape(like.shape)


def same(x, y):
    if not isinstance(x, torch.Tensor):
        return x == y or x != x and y != y
    return (isinstance(y, torch.Tensor) and x.dtype == y.dtype and x.shape == y.shape
            and torch.allclose(x.detach().double(), y.detach().double(), 1e-6, 1e-7, equal_nan=True))


def plain(value):
    if isinstance(value, list):
        return "{" + ",".join(plain(x) for x in value) + "}"
    return lua_text.quoted(value) if isinstance(value, str) else lua_text.argument(value)


def gradients(values):
    return "{" + ",".join("false" if x is None or x._is_zerotensor() else lua_text.tensor(x) for x in values) + "}"


def same_gradients(x, y):
    return (x is None) == (y is None) and (x is None or all(
        (a is None) == (b is None) and (a is None or same(a, b)) for a, b in zip(x, y)))


def gives_list(case):
    return case.op in LISTS or case.kwargs.get("as_tuple", False)


def results_text(case, results):
    positions = range(len(results)) if case.kwargs.get("as_tuple") else POSITION_RESULTS.get(case.op, ())
    if case.op in UNWRITTEN:
        results = [torch.zeros_like(x) for x in results]
    return "{" + ",".join(lua_text.tensor(x, positions=k in positions) for k, x in enumerate(results)) + "}"


def line(case):
    forms = {"f": function_of(case.op), "m": method_of(case.op)}
    in_place = in_place_of(case.op)
    if case.forms == "f" or not (case.args and isinstance(case.args[0], Input)):
        forms["m"] = in_place = None
    elif case.forms == "m":
        forms["f"] = None
    main_form = "f" if forms["f"] else "m"
    outcome = Outcome(case, forms[main_form], second=case.second)
    allowed = main_form
    fields = [case_text(case)]
    if main_form == "f" and forms["m"]:
        by_method = Outcome(case, forms["m"], second=False)
        if by_method.error == outcome.error if outcome.error else outcome.same(by_method):
            allowed += "m"
    if outcome.error:
        if not case.error and "not implemented for" not in outcome.error:
            print(f"refused: {fields[0]}: {outcome.error.splitlines()[0]}", file=sys.stderr)
        fields.append(f"error={lua_text.quoted(lua_text.sentence(outcome.error))}")
        fields.append(f"forms='{allowed}'")
        return "{" + ",".join(fields) + "},\n"
    if case.error:
        print(f"not refused: {fields[0]}", file=sys.stderr)
    if outcome.plain:
        fields.append(f"value={plain(outcome.results[0])}")
    else:
        fields.append(("list=" if gives_list(case) else "out=") + results_text(case, outcome.results))
        if outcome.name:
            fields.append(f"fn='{outcome.name}'")
        if outcome.first:
            fields.append(f"g1={gradients(outcome.first)}")
        if outcome.second:
            fields.append(f"g2={gradients(outcome.second)}")
        if outcome.backward_error:
            fields.append(f"refusal={lua_text.quoted(outcome.backward_error)}")
        expanded = any(x.layout == "e" for x in inputs_of(case.args[:1]))
        if in_place and not expanded and case.op not in UNWRITTEN:
            allowed += "i"
            fields += in_place_fields(case, outcome, Outcome(case, in_place, second=False))
    fields.append(f"forms='{allowed}'")
    return "{" + ",".join(fields) + "},\n"


def in_place_fields(case, outcome, written):
    """Only what sets the form in place apart."""
    if written.error:
        return [f"ierror={lua_text.quoted(lua_text.sentence(written.error))}"]
    fields = []
    if not outcome.same(written):
        fields.append(f"iout={results_text(case, written.results)}")
    if written.name != outcome.name:
        fields.append(f"ifn='{written.name}'")
    if written.backward_error and written.backward_error != outcome.backward_error:
        fields.append(f"irefusal={lua_text.quoted(written.backward_error)}")
    elif not written.backward_error and not same_gradients(outcome.first, written.first):
        fields.append(f"ig1={gradients(written.first or [])}")
    return fields


def main():
    if not torch.__version__.startswith("2.13"):
        sys.exit(f"the expectations are PyTorch 2.13's; this is {torch.__version__}")
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    names = sys.argv[1:] or sorted(path.stem for path in (HERE / "families").glob("[a-z]*.py"))
    missing = set(OPERATIONS)
    for name in names:
        take_cases()
        importlib.import_module(f"families.{name}")
        cases = take_cases()
        missing -= {case.op for case in cases}
        text = f"-- Written by generate.py with PyTorch 2.13; {len(cases)} cases.\nreturn {{\n"
        text += "".join(line(case) for case in cases) + "}\n"
        path = HERE / "expected" / f"{name}.lua"
        path.write_text(text)
        print(f"{name}: {len(cases)} cases, {path.stat().st_size // 1024} KB")
    if not sys.argv[1:] and missing:
        sys.exit(f"no cases: {' '.join(sorted(missing))}")


if __name__ == "__main__":
    main()
