"""PyTorch's side of bench.py: the protocol of worker.lua."""
import sys
import textwrap

import torch

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
known, loop = None, None


def compiled(setup, code):
    global known, loop
    if known != (setup, code):
        scope = {"torch": torch}
        body = textwrap.indent(code, "        ")
        inner = textwrap.indent(setup, "    ") + f"\n    def loop(count):\n      for _ in range(count):\n{body}\n"
        # As locals of a function, as fast as a program's own.
        exec(f"def make():\n{inner}\n    return loop\n", scope)
        known, loop = (setup, code), scope["make"]()
    return loop


def answer(text):
    print(text.replace("\n", " "), flush=True)


source = sys.stdin.buffer
for header in source:
    count, setup_bytes, code_bytes = map(int, header.split())
    setup, code = source.read(setup_bytes).decode(), source.read(code_bytes).decode()
    try:
        run = compiled(setup, code)
        answer("ready")
        source.readline()
        run(count)
        answer("done")
    except Exception as raised:  # the row says what went wrong, the others run on
        answer(f"failed {raised}")
