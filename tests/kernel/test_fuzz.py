"""A few seconds of garbage: frames over the wire, and cells. LUA_KERNEL_FUZZ_SECONDS makes it
longer; the seed is printed, so that a failure can be had again with LUA_KERNEL_FUZZ_SEED."""

import json
import os
import random
import time

from kernel_process import CHANNELS, DELIMITER, TIMEOUT, KernelTest

import zmq

SECONDS = float(os.environ.get("LUA_KERNEL_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("LUA_KERNEL_FUZZ_SEED", random.randrange(1 << 30)))

KINDS = ["execute_request", "kernel_info_request", "complete_request", "inspect_request", "is_complete_request",
         "history_request", "comm_open", "comm_msg", "comm_close", "comm_info_request", "connect_request",
         "interrupt_request", "input_reply", "debug_request"]
FIELDS = ["code", "silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error", "cursor_pos",
          "detail_level", "hist_access_type", "n", "pattern", "session", "start", "stop", "output", "unique",
          "comm_id", "target_name", "data", "value", "restart"]
CELLS = [
    "local a <const>, b = 1, {x = 2}\nfunction f(n) return n > 0 and f(n - 1) or b end\nf(3)",
    "for i = 1, 3 do local t = {i, [i] = 'x' .. i; y = function(...) return ... end} print(#t) end",
    "goto l\ndo local x <close> = nil end ::l:: return 1, 'two', [==[three]==]",
    "local ok, e = pcall(error, {code = 1}) coroutine.wrap(function() coroutine.yield(e) end)()",
    "repeat local n = (n or 0) + 1 until n // 1 >= 0x1p2 or not false -- end",
    "if 1 < 2 then print('ä', \"\\u{20ac}\", '\\z  x') elseif nil then else end; jupyter.display({1})",
]
TOKENS = ["local ", "function ", " end", "(", ")", "{", "}", "[", "]", "[[", "]]", "--", "--[[", "'", '"', "\\", ";", ",",
          "=", "...", "::", "<const>", "<close>", "return ", "do ", "then ", "until ", "\0", "\xff", "é", "\n", "?", "%", "!",
          "goto x", "_ENV", "__jupyter_keep", "1e", "0x", "~=", "//", "not ", "#"]


class Fuzz(KernelTest):
    def setUp(self):
        print(f"\nfuzzing with seed {SEED}", end=" ", flush=True)
        self.random = random.Random(SEED)

    def value(self, depth=0):
        choose = self.random.choice
        kind = self.random.randrange(8 if depth < 3 else 6)
        if kind == 0:
            return choose([0, -1, 1, 1 << 62, -(1 << 62), 1 << 70, 1e308, 0.5])
        if kind == 1:
            return choose([True, False, None])
        if kind <= 4:
            return choose(["", "x", "tail", "range", "search", "print", "\0", "\ud800", "😀" * 3, "a" * 1000, self.cell()])
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return {choose(FIELDS): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def cell(self):
        text = self.random.choice(CELLS)
        for _ in range(self.random.randrange(4)):
            at = self.random.randrange(len(text) + 1)
            how = self.random.randrange(3)
            if how == 0:
                text = text[:at]
            elif how == 1:
                text = text[:at] + self.random.choice(TOKENS) + text[at:]
            else:
                text = text[:at] + text[at + self.random.randrange(5):]
        return text

    def mutate(self, data):
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(data) + 1)
            how = self.random.randrange(4)
            if how == 0 and data:
                data[at % len(data)] = self.random.randrange(256)
            elif how == 1:
                del data[at:]
            elif how == 2:
                data[at:at] = self.random.randbytes(self.random.randrange(8))
            else:
                data[at:at] = self.random.choice([b"[" * 3000, b"\0", b'"', b"\xff", b"{}", b"1e999"])
        return bytes(data)

    def message(self):
        kind = self.random.choice(KINDS)
        content = {field: self.value() for field in self.random.sample(FIELDS, self.random.randrange(6))}
        parts = [json.dumps(part).encode() for part in (self.client.header(kind), {}, {}, content)]
        if self.random.randrange(2):
            at = self.random.randrange(4)
            parts[at] = self.mutate(parts[at])
        frames = [DELIMITER, self.client.sign(parts), *parts]
        how = self.random.randrange(8)
        if how == 0:
            frames[self.random.randrange(len(frames))] = self.random.randbytes(self.random.randrange(100))
        elif how == 1:
            del frames[self.random.randrange(len(frames))]
        elif how == 2:
            frames.insert(self.random.randrange(len(frames)), self.random.randbytes(10))
        elif how == 3:
            frames += [self.random.randbytes(1000)] * self.random.randrange(5)
        return frames

    def send_or_drop(self, channel, frames):
        """A kernel that asks nothing reads nothing from stdin: its queue fills up."""
        try:
            getattr(self.client, channel).send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            self.drain()

    def drain(self):
        for channel in (*CHANNELS, "iopub"):
            end = getattr(self.client, channel)
            while channel != "hb" and end.poll(0):
                end.recv_multipart()

    def settle(self):
        """The kernel still answers; what fuzzing has left behind is read away."""
        header = self.client.send("control", "interrupt_request", {})
        header = self.client.send("shell", "kernel_info_request", {})
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                if self.client.receive("shell", 0.5)["parent"].get("msg_id") == header["msg_id"]:
                    break
            except TimeoutError:
                self.client.send("control", "interrupt_request", {})
        else:
            self.fail("the kernel does not answer any more")
        while not self.client.silent("iopub", 0.2):
            self.drain()
        self.drain()
        self.assertTrue(self.kernel.alive())
        self.assert_result("1 + 1", "2")

    def test_frames(self):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for _ in range(20):
                self.send_or_drop(self.random.choice(["shell", "control", "stdin"]), self.message())
            self.drain()
            self.assertTrue(self.kernel.alive())
        self.settle()

    def test_cells(self):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            code = self.cell()
            header = self.client.execute_later(code, allow_stdin=False)
            try:
                reply = self.client.receive("shell", 1)
            except TimeoutError:
                self.client.send("control", "interrupt_request", {})
                reply = self.client.receive("shell")
            self.assertEqual(reply["parent"]["msg_id"], header["msg_id"])
            self.assertIn(reply["content"]["status"], ("ok", "error"))
            self.drain()
        self.settle()
