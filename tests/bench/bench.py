"""Drives tests/bench/run: asks each side of each row in turn, and prints the table.

A row's number is the least of several repeats, each long enough for the clock, the sides' in between
each other so that a slow moment of the machine meets them all.
"""
import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time

from row import ROWS, Code, Command, Figure, Product

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
GROUPS = ("overhead", "cache", "memory_bound", "matrices", "network", "threads", "memory", "kernel", "start")
SECONDS = 0.004  # a repeat's: short ones slip between what else the machine does
# What a side's Python must have.
MODULES = {"torch": "torch", "jax": "jax", "lua-kernel": "zmq", "ipykernel": "ipykernel"}

for module in GROUPS:
    importlib.import_module(f"rows.{module}")


class Worker:
    def __init__(self, words, environment):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
                                        env={**os.environ, **environment})
        self.counts = {}

    def tell(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline().decode().strip()
        if not line or line.startswith("failed"):
            raise RuntimeError(line or "the worker ended")
        return line

    def turns(self, make_request, count):
        """Seconds from "go" to "done"."""
        self.tell(make_request(count))
        self.hear()
        begin = time.perf_counter()
        self.tell(b"go\n")
        self.hear()
        return time.perf_counter() - begin

    def seconds(self, make_request):
        """Of one turn; the count, once found, is where the next repeat begins."""
        key = make_request(1)
        count = self.counts.get(key, 1)
        while True:
            taken = self.turns(make_request, count)
            if taken >= SECONDS / 2:
                break
            count *= 2 if taken > SECONDS / 20 else 8
        self.counts[key] = count
        return taken / count

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, threads):
        self.threads, self.python = threads, os.environ["AUTOGRAD_BENCH_PYTHON"]
        self.workers, self.installed = {}, {}

    def has(self, name):
        """Whether the peer can run here."""
        module = MODULES.get(name)
        if module and module not in self.installed:
            self.installed[module] = subprocess.run(
                [self.python, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0
        return not module or self.installed[module]

    def worker(self, name, threads=None, environment=()):
        key = (name, threads, environment)
        if key not in self.workers:
            own = str(HERE / "worker.lua")
            words, more = {
                "ours": (["lua5.4", own, str(threads)], {}),
                "torch": ([self.python, str(HERE / "worker.py"), "torch", str(threads)], {}),
                "jax": ([self.python, str(HERE / "worker.py"), "jax", str(threads)], {}),
                "OpenBLAS": ([os.environ["AUTOGRAD_BENCH_PROGRAMS"] + "/bench-blas"], {"OPENBLAS_NUM_THREADS": "1"}),
                "lua-kernel": ([self.python, str(HERE / "kernel_worker.py")],
                               {"LUA_KERNEL_PROGRAM": os.environ["AUTOGRAD_BENCH_KERNEL"]}),
                "ipykernel": ([self.python, str(HERE / "kernel_worker.py"), "-m", "ipykernel_launcher"],
                              {"LUA_KERNEL_PROGRAM": self.python}),
            }[name]
            self.workers[key] = Worker(words, {**more, **dict(environment)})
        return self.workers[key]

    def measure(self, side):
        if isinstance(side, Code):
            worker = self.worker(side.worker, side.threads or self.threads, side.environment)
            setup, code = side.setup.encode(), side.code.encode()
            frame = lambda count: b"%d %d %d\n" % (count, len(setup), len(code)) + setup + code
            return worker.seconds(frame) / side.per * 1e6
        if isinstance(side, Product):
            request = lambda count: f"{count} {side.products};\n".encode()
            return self.worker("OpenBLAS", environment=side.environment).seconds(request) * 1e6
        if isinstance(side, Figure):
            worker = self.worker(side.worker)
            worker.tell(side.name.encode() + b"\n")
            return float(worker.hear())
        return self.run_command(side)

    def run_command(self, side):
        programs = {"python": self.python,
                    "bench-steps": os.environ["AUTOGRAD_BENCH_PROGRAMS"] + "/bench-steps"}
        words = [programs.get(side.words[0], side.words[0]), *side.words[1:]]
        begin = time.perf_counter()
        process = subprocess.run(words, stdout=subprocess.PIPE, cwd=ROOT)
        taken = time.perf_counter() - begin
        if process.returncode != 0:
            raise RuntimeError(f"{words[0]} failed")
        return float(process.stdout) if side.prints else taken * 1000

    def available(self, side):
        if isinstance(side, (Code, Figure)):
            return self.has(side.worker)
        return not isinstance(side, Command) or side.words[0] != "python" or self.has("torch")

    def run(self, row):
        """The least number of each side, None where ours cannot run; what the bare interpreter takes
        is taken off."""
        if not self.available(row.sides["ours"]):
            return None
        best = {}
        for _ in range(row.repeats):
            for name, side in row.sides.items():
                if self.available(side):
                    best[name] = min(best.get(name, float("inf")), self.measure(side))
        best["ours"] -= best.pop("bare", 0)
        return best

    def end_workers(self):
        """Each group has workers of its own, since the memory that one group freed would spare the
        next its page faults."""
        for worker in self.workers.values():
            worker.close()
        self.workers = {}


def shown(value):
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


class Report:
    """The table's lines, and what a machine wants to know of them."""

    def __init__(self):
        self.results, self.lowest = [], {}

    def add(self, row, figures):
        ours = figures["ours"]
        ratios = {peer: value / ours for peer, value in figures.items() if peer != "ours" and ours}
        missed = any(ratios[peer] < row.wanted.get(peer, 0) for peer in ratios)
        missed = missed or (row.limit is not None and ours > row.limit)
        self.results.append({"group": row.group, "name": row.name, "unit": row.unit, "figures": figures,
                             "ratios": ratios, "wanted": row.wanted, "limit": row.limit, "missed": missed})
        for peer, ratio in ratios.items():
            if peer in row.wanted:
                key = (row.group, peer)
                self.lowest[key] = min(self.lowest.get(key, (ratio, row.name)), (ratio, row.name))
        first, *others = [peer for peer in row.sides if peer not in ("ours", "bare")] or [None]
        line = f"{row.group:12} {row.name:46} {shown(ours):>8} {row.unit:2} "
        line += f"{shown(figures.get(first)):>9} {shown(ratios.get(first)):>7} "
        wanted = f"≥ {row.wanted[first]:.3g}" if first in row.wanted else ""
        line += f"{wanted if row.limit is None else f'≤ {row.limit} {row.unit}':9}"
        line += f" {first}" if first not in (None, "torch") else ""
        for peer in others:
            if peer in ratios:
                line += f"  {peer} {shown(figures[peer])}: {ratios[peer]:.3g} (≥ {row.wanted[peer]:.3g})"
        return line + ("  <-- missed" if missed else "")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    known = list(dict.fromkeys(row.group for row in ROWS))
    parser.add_argument("groups", nargs="*", metavar="GROUP[/TEXT]",
                        help=f"{', '.join(known)}; TEXT is a part of the rows' names")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    asked = [group.partition("/")[::2] for group in options.groups] or [(group, "") for group in known]
    for group, _ in asked:
        if group not in known:
            sys.exit(f"the groups are {', '.join(known)}")
    bench, report = Bench(options.threads), Report()
    if not options.json:
        print(f"{'group':12} {'row':46} {'ours':>8}    {'torch':>9} {'ratio':>7} wanted")
    last_group = None
    for row in ROWS:
        if not any(row.group == group and text in row.name for group, text in asked):
            continue
        if row.group != last_group:
            bench.end_workers()
            last_group = row.group
        try:
            figures = bench.run(row)
        except RuntimeError as raised:
            sys.exit(f"{row.name}: {raised}")
        if figures is None:
            continue
        line = report.add(row, figures)
        if not options.json:
            print(line, flush=True)
    bench.end_workers()
    if options.json:
        json.dump(report.results, sys.stdout, indent=1, ensure_ascii=False)
        return
    for (group, peer), (ratio, name) in report.lowest.items():
        print(f"lowest ratio of {group} beside {peer}: {ratio:.3g} ({name})")
    missing = [module for name, module in MODULES.items() if not bench.has(name)]
    if missing:
        print(f"not there: {', '.join(missing)}. tests/bench/setup installs them.")


if __name__ == "__main__":
    main()
