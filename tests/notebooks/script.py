"""Runs the tutorial's script and compares what it prints with what PyTorch answers.

    script.py tutorial.lua FOLDER    (the figures go to FOLDER)
"""

import os
import subprocess
import sys

from expected import SCRIPT, agrees
from report import Report

# The first bytes of each kind of file.
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def run(script, folder, *arguments):
    return subprocess.run(
        ["lua5.4", script, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )


def main(script, folder):
    report = Report()
    for ending, signature in SIGNATURES.items():
        path = os.path.join(folder, f"figure.{ending}")
        if os.path.exists(path):
            os.remove(path)
        done = run(script, folder, path)
        report.check(f"the script ends well ({ending})", done.returncode == 0, done.stderr)
        lines = zip(SCRIPT.split("\n"), done.stdout.rstrip("\n").split("\n"))
        for number, (expected, actual) in enumerate(lines, 1):
            report.compare(f"line {number} ({ending})", actual, expected, agrees)
        report.check(
            f"nothing is missing ({ending})",
            done.stdout.count("\n") == SCRIPT.count("\n") + 1,
            done.stdout,
        )
        written = os.path.exists(path) and open(path, "rb").read(8).startswith(signature)
        report.check(f"{path} holds the figure", written)
    run(script, folder)
    report.check("the figure's name", os.path.exists(os.path.join(folder, "tutorial.png")))
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
