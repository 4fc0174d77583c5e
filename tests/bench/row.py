"""What a row of tests/bench/run is; rows/ holds them, a file a group and a line a row.

A row has sides: ours, and the peers that it stands beside. A side answers a number (less is better,
in the row's unit); a peer's ratio is its number ÷ ours, and the row says which ratio is wanted, or
the most that ours may be.
"""
import dataclasses
import os

ROWS = []
ON_INTEL = "GenuineIntel" in open("/proc/cpuinfo", encoding="utf-8").read()


@dataclasses.dataclass
class Code:
    """Text that a worker runs; per is how many of what is counted one turn does."""
    worker: str
    setup: str
    code: str
    per: int = 1
    threads: int | None = None  # None: what the command line says
    environment: tuple = ()


@dataclasses.dataclass
class Product:
    """Products by OpenBLAS called directly: "sgemm m n k; …"."""
    products: str
    environment: tuple = ()


@dataclasses.dataclass
class Command:
    """A whole process: its time, or the number that it prints."""
    words: list
    prints: bool = False
    environment: tuple = ()


@dataclasses.dataclass
class Figure:
    """What kernel_worker.py measures of a kernel."""
    worker: str
    name: str


@dataclasses.dataclass
class Row:
    group: str
    name: str
    sides: dict
    wanted: dict
    limit: float | None = None
    unit: str = "µs"
    repeats: int = 31


_group, _setups = None, {}


def group(name, lua="", torch=None, jax=""):
    """The rows that follow belong to it; the setup runs once. Without torch's it is Lua's."""
    global _group, _setups
    _group = name
    _setups = {"ours": lua, "torch": as_python(lua) if torch is None else torch, "jax": jax}


def as_python(lua):
    return lua.replace("local ", "").replace("ag.", "torch.").replace(":", ".")


def code(worker, text, **more):
    return Code(worker, _setups[worker], text, **more)


def row(name, wanted, lua, torch=None, *, per=1, openblas=None, jax=None, **more):
    """wanted is torch's time ÷ ours; openblas and jax are (text, wanted ratio)."""
    sides = {"ours": code("ours", lua, per=per),
             "torch": code("torch", as_python(lua) if torch is None else torch, per=per)}
    ratios = {"torch": wanted}
    if openblas:
        sides["OpenBLAS"], ratios["OpenBLAS"] = Product(openblas[0]), openblas[1]
    if jax:
        sides["JAX"], ratios["JAX"] = code("jax", jax[0]), jax[1]
    other(name, sides, ratios, **more)


def other(name, sides, wanted, **more):
    """A row whose sides are no pair of texts."""
    ROWS.append(Row(_group, name, sides, wanted, **more))


def script(name):
    return os.path.join("tests", "bench", name)
