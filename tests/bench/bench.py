"""Drives tests/bench/run: asks our worker, PyTorch's and OpenBLAS's in turn, and prints the table.

A row's time is the least of several repeats, each long enough for the clock, the peers' in between
each other so that a slow moment of the machine meets them all.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from rows import ROWS, Process

HERE = pathlib.Path(__file__).parent
REPEATS = 15
SECONDS = 0.02  # a repeat's


class Worker:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.counts = {}

    def ask(self, request):
        """Seconds from "go" to "done"."""
        self.tell(request)
        self.expect(b"ready")
        begin = time.perf_counter()
        self.tell(b"go\n")
        self.expect(b"done")
        return time.perf_counter() - begin

    def tell(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def expect(self, word):
        line = self.process.stdout.readline().strip()
        if line != word:
            raise RuntimeError(line.decode() or "the worker ended")

    def seconds(self, make_request):
        """Of one turn of the code; the count, once found, is where the next repeat begins."""
        key = make_request(1)
        count = self.counts.get(key, 1)
        while True:
            taken = self.ask(make_request(count))
            if taken >= SECONDS / 2:
                break
            count *= 2 if taken > SECONDS / 20 else 8
        self.counts[key] = count
        return taken / count


def framed(setup, code):
    setup, code = setup.encode(), code.encode()
    return lambda count: b"%d %d %d\n" % (count, len(setup), len(code)) + setup + code


def time_row(row, workers):
    requests = {"ours": framed(row.setup[0], row.lua), "torch": framed(row.setup[1], row.python)}
    if row.blas:
        requests["openblas"] = lambda count: f"{row.blas} {count}\n".encode()
    best = {}
    for _ in range(REPEATS):
        for name, request in requests.items():
            if name in workers:
                best[name] = min(best.get(name, 1e9), workers[name].seconds(request))
    return {name: seconds / row.per * 1e6 for name, seconds in best.items()}


def least(command, unit, repeats):
    """Milliseconds, or the megabytes that the process itself prints (in kilobytes)."""
    results = []
    for _ in range(repeats):
        begin = time.perf_counter()
        process = subprocess.run(command, stdout=subprocess.PIPE)
        taken = (time.perf_counter() - begin) * 1000
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} failed")
        results.append(taken if unit == "ms" else int(process.stdout) / 1024)
    return min(results)


def time_process(row, python):
    ours = least(row.lua, row.unit, 15)
    if row.bare:
        ours -= least(row.bare, row.unit, 15)
    result = {"ours": ours}
    if python and row.python:
        result["torch"] = least([python, *row.python], row.unit, 2)
    return result


def has_torch(python):
    probe = [python, "-c", "import torch"]
    return subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0


def shown(value):
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def report(row, figures):
    """One line, and what a machine wants to know of it."""
    ours, torch, blas = (figures.get(name) for name in ("ours", "torch", "openblas"))
    ratio = torch / ours if torch and ours else None
    is_process = isinstance(row, Process)
    unit = row.unit if is_process else "µs"
    missed = ours > row.limit if is_process else ratio is not None and ratio < row.wanted
    bound = f"≤ {row.limit} {row.unit}" if is_process else f"≥ {row.wanted}"
    extra = f"  OpenBLAS {shown(blas)} µs, {blas / ours:.2f} of ours" if blas else ""
    line = (f"{row.group:9} {row.name:42} {shown(ours):>9} {unit} {shown(torch):>10}"
            f" {shown(ratio):>8}  {bound:10} {'<-- missed' if missed else ''}{extra}")
    return line, {"group": row.group, "name": row.name, "unit": unit, "ratio": ratio, "bound": bound,
                  "missed": missed, **figures}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    known = {row.group for row in ROWS}
    if not set(options.groups) <= known:
        sys.exit(f"the groups are {', '.join(sorted(known))}")
    python = os.environ["AUTOGRAD_BENCH_PYTHON"]
    python = python if has_torch(python) else None
    rows = [row for row in ROWS if not options.groups or row.group in options.groups]
    workers = {}
    if any(not isinstance(row, Process) for row in rows):
        workers["ours"] = Worker("lua5.4", str(HERE / "worker.lua"), options.threads)
        workers["openblas"] = Worker(os.environ["AUTOGRAD_BENCH_BLAS"])
        if python:
            workers["torch"] = Worker(python, str(HERE / "worker.py"), options.threads)
    if not options.json:
        print(f"{'group':9} {'row':42} {'ours':>9}    {'torch':>10} {'ratio':>8}  wanted")
    results, lowest = [], {}
    for row in rows:
        try:
            figures = time_process(row, python) if isinstance(row, Process) else time_row(row, workers)
        except RuntimeError as raised:
            sys.exit(f"{row.name}: {raised}")
        line, result = report(row, figures)
        results.append(result)
        if result["ratio"] is not None and result["ratio"] < lowest.get(row.group, (1e9,))[0]:
            lowest[row.group] = (result["ratio"], row.name)
        if not options.json:
            print(line, flush=True)
    if options.json:
        json.dump(results, sys.stdout, indent=1, ensure_ascii=False)
        return
    for group, (ratio, name) in lowest.items():
        print(f"lowest ratio of {group}: {ratio:.3g} ({name})")
    if not python:
        print("PyTorch is not there: tests/bench/setup installs it.")


if __name__ == "__main__":
    main()
