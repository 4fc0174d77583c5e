"""A peer's side of bench.py, `worker.py torch|jax THREADS`: the protocol of worker.lua."""
import gc
import os
import sys
import textwrap

peer, threads = sys.argv[1], int(sys.argv[2])
if peer == "jax":
    os.environ["XLA_FLAGS"] = (f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} "
                               f"intra_op_parallelism_threads={threads}")
    import jax
    SCOPE = {"jax": jax}
else:
    import torch
    torch.set_num_threads(threads)
    SCOPE = {"torch": torch}
known, loop = None, None


def compiled(setup, code):
    global known, loop
    if known != (setup, code):
        known = loop = None
        gc.collect()
        scope = dict(SCOPE)
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
