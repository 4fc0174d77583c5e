"""Measures one Jupyter kernel for bench.py: the name of a figure a line, its number a line.

The kernel is LUA_KERNEL_PROGRAM with this program's arguments, as tests/kernel starts it; the client
is that of its tests, which speaks ZeroMQ's frames, or, for round trips, round_trips.c.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "kernel"))
from kernel_process import Kernel  # noqa: E402

IS_LUA = os.path.basename(os.environ["LUA_KERNEL_PROGRAM"]) == "lua-kernel"
ROUND_TRIPS = os.environ["AUTOGRAD_BENCH_PROGRAMS"] + "/bench-round-trips"
EXPRESSION = "1 + 1"
PREFIX = "string.fo" if IS_LUA else "str.fo"
COMPLETION = {"code": PREFIX, "cursor_pos": len(PREFIX)}
PRINTS = "for i = 1, 100000 do print(i) end" if IS_LUA else "for i in range(1, 100001): print(i)"
ENDLESS = "while true do end" if IS_LUA else "while True: pass"
PRINTED = sum(len(str(i)) + 1 for i in range(1, 100001))


def is_listening(port):
    """ZeroMQ's own next try would come a tenth of a second later."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def started(folder, subscribe=True):
    """A kernel, its client, and the seconds to its first kernel_info_reply."""
    begin = time.perf_counter()
    kernel = Kernel(arguments=sys.argv[1:], environment={"IPYTHONDIR": folder})
    while not is_listening(kernel.connection["shell_port"]):
        time.sleep(0.0005)
    client = kernel.client(subscribe=None)
    client.send("shell", "kernel_info_request", {})
    client.receive("shell")
    taken = time.perf_counter() - begin
    if subscribe:
        client.iopub.subscribe(b"")
        client.receive("iopub")  # the subscription is known where anything came
    return kernel, client, taken


class Figures:
    def __init__(self, folder):
        self.folder = folder
        self.kernel, self.client, _ = started(folder)
        self.client.execute(EXPRESSION)

    def start(self):
        kernel, client, taken = started(self.folder)
        client.close()
        kernel.stop()
        return taken * 1000

    def round_trips(self, kind, content, count):
        """Milliseconds from a request to its reply and the idle status, sorted; of a kernel of their
        own, which has no other subscriber. The first tenth warms it up."""
        kernel, client, _ = started(self.folder, subscribe=False)
        frames = [frame for _ in range(count + count // 10) for frame in client.frames(kind, content)[1]]
        outcome = subprocess.run(
            [ROUND_TRIPS, client.address("shell"), client.address("iopub")], check=True, stdout=subprocess.PIPE,
            input=b"".join(len(frame).to_bytes(4, "little") + frame for frame in frames))
        client.close()
        kernel.stop()
        return sorted(float(line) / 1000 for line in outcome.stdout.split()[count // 10:])

    def execute(self):
        return self.round_trips("execute_request", {"code": EXPRESSION}, 200)

    def round_trip_half(self):
        return self.execute()[100]

    def round_trip_most(self):
        return self.execute()[198]

    def completion(self):
        return self.round_trips("complete_request", COMPLETION, 20)[10]

    def memory(self):
        """Of a kernel that has run a cell and completed a name, and rests: both load then what they
        load late, and write their history."""
        kernel, client, _ = started(self.folder)
        client.execute(EXPRESSION)
        client.request("complete_request", COMPLETION)
        time.sleep(2)
        status = pathlib.Path(f"/proc/{kernel.process.pid}/status").read_text(encoding="utf-8")
        client.close()
        kernel.stop()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def prints(self):
        begin = time.perf_counter()
        outcome = self.client.execute(PRINTS, timeout=60)
        taken = time.perf_counter() - begin
        if len(outcome.stdout) != PRINTED:
            raise RuntimeError(f"{PRINTED} characters were printed, {len(outcome.stdout)} came")
        return taken * 1000

    def interrupt(self):
        return max(self.one_interrupt() for _ in range(10)) * 1000

    def one_interrupt(self):
        header = self.client.execute_later(ENDLESS)
        while self.client.receive("iopub")["type"] != "execute_input":
            pass
        time.sleep(0.05)
        begin = time.perf_counter()
        if IS_LUA:  # each as its kernelspec says
            self.client.send("control", "interrupt_request", {})
        else:
            self.kernel.interrupt_by_signal()
        self.client.receive("shell")
        taken = time.perf_counter() - begin
        self.client.outputs_of(header)
        return taken

    def close(self):
        self.client.close()
        self.kernel.stop()


# What a kernel writes to its own output is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
with tempfile.TemporaryDirectory() as folder:
    figures = Figures(folder)
    try:
        for line in sys.stdin:
            try:
                answer = getattr(figures, line.strip())()
            except Exception as raised:  # bench.py says it
                answer = f"failed {raised!r}"
            print(answer, file=answers, flush=True)
    finally:
        figures.close()
