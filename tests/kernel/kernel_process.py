"""A kernel under test and a client of our own that speaks ZeroMQ's frames, so that a test may send
what no library would."""

import hashlib
import hmac
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import uuid

import zmq

PROGRAM = os.environ["LUA_KERNEL_PROGRAM"]
# A sanitizer's own memory makes limits and sizes meaningless.
SANITIZER = os.environ.get("LUA_KERNEL_SANITIZED", "")
SANITIZED = bool(SANITIZER)
DELIMITER = b"<IDS|MSG>"
CHANNELS = {"shell": zmq.DEALER, "control": zmq.DEALER, "stdin": zmq.DEALER, "hb": zmq.REQ}
# Seconds. Nothing that comes at all takes so long, on a busy machine and with a sanitizer neither.
TIMEOUT = 60


def reserve_ports(count):
    """Sockets bound to ports below those that the system gives to outgoing connections, so that none
    of the test's own takes one before the kernel does. No other test gets them while they are open,
    but the kernel does: its sockets, as these from now on, allow an address to be used again."""
    reserved = []
    while len(reserved) < count:
        probe = socket.socket()
        try:
            probe.bind(("127.0.0.1", random.randrange(10000, 32000)))
        except OSError:
            probe.close()
            continue
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.append(probe)
    return reserved


def interruptible(code):
    """ThreadSanitizer holds a signal back until the thread calls something that it watches, which
    an endless loop in a Lua that was built without it never does: there the loop makes tables."""
    if SANITIZER == "thread":
        return code.replace("while true do ", "while true do local _ = {} ")
    return code


class Gate:
    """What a cell waits for, so that no test guesses how long it runs. The cell sleeps or spins."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "open")
        self.spin = f"while not io.open('{self.path}') do end"

    def open(self):
        with open(self.path, "x", encoding="ascii"):
            pass


class Client:
    """One front-end: a socket a channel, all under one identity."""

    def __init__(self, connection, subscribe=b"", channels=tuple(CHANNELS)):
        self.connection = connection
        self.key = connection["key"].encode()
        self.session = uuid.uuid4().hex
        self.channels = channels
        self.context = zmq.Context.instance()
        identity = self.session.encode()
        for channel in channels:
            kind = CHANNELS[channel]
            end = self.context.socket(kind)
            if kind == zmq.DEALER:
                end.identity = identity
            end.linger = 0
            end.connect(self.address(channel))
            setattr(self, channel, end)
        self.iopub = self.context.socket(zmq.SUB)
        self.iopub.rcvhwm = 0
        self.iopub.linger = 0
        if subscribe is not None:
            self.iopub.subscribe(subscribe)
        self.iopub.connect(self.address("iopub"))

    def address(self, channel):
        port = self.connection[channel + "_port"]
        if self.connection["transport"] == "ipc":
            return f"ipc://{self.connection['ip']}-{port}"
        return f"tcp://{self.connection['ip']}:{port}"

    def close(self):
        for channel in (*self.channels, "iopub"):
            getattr(self, channel).close(0)

    def header(self, kind):
        return {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "username": "test",
            "session": self.session,
            "date": "2026-01-01T00:00:00.000000Z",
            "version": "5.4",
        }

    def sign(self, parts):
        if not self.key:
            return b""
        return hmac.new(self.key, b"".join(parts), hashlib.sha256).hexdigest().encode()

    def frames(self, kind, content, extra=()):
        header = self.header(kind)
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        return header, [DELIMITER, self.sign(parts), *parts, *extra]

    def send(self, channel, kind, content, extra=()):
        header, frames = self.frames(kind, content, extra)
        getattr(self, channel).send_multipart(frames)
        return header

    def receive(self, channel, timeout=TIMEOUT):
        end = getattr(self, channel)
        if not end.poll(int(timeout * 1000)):
            raise TimeoutError(f"nothing on {channel} in {timeout} s")
        return self.parse(channel, end.recv_multipart())

    def parse(self, channel, frames):
        at = frames.index(DELIMITER)
        parts = frames[at + 2 : at + 6]
        if frames[at + 1] != self.sign(parts):
            raise AssertionError("the kernel's signature is wrong")
        header, parent, metadata, content = (json.loads(part) for part in parts)
        return {
            "type": header["msg_type"],
            "header": header,
            "parent": parent,
            "metadata": metadata,
            "content": content,
            "topic": frames[0] if channel == "iopub" else None,
        }

    def await_start(self, header):
        """Waits until the kernel runs that cell: from then on an interrupt is its own."""
        while True:
            message = self.receive("iopub")
            if message["type"] == "execute_input" and message["parent"] == header:
                return

    def silent(self, channel, timeout=0.3):
        return not getattr(self, channel).poll(int(timeout * 1000))

    def outputs_of(self, header, timeout=TIMEOUT):
        """What iopub says of a request, from busy to idle."""
        messages = []
        while True:
            message = self.receive("iopub", timeout)
            if message["parent"].get("msg_id") != header["msg_id"]:
                continue
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                return messages

    def request(self, kind, content, channel="shell", timeout=TIMEOUT):
        header = self.send(channel, kind, content)
        reply = self.receive(channel, timeout)
        messages = self.outputs_of(header, timeout)
        return reply, messages

    def execute_later(self, code, **options):
        return self.send("shell", "execute_request", {"code": interruptible(code), **options})

    def execute(self, code, timeout=TIMEOUT, **options):
        content = {"code": interruptible(code), **options}
        return Outcome(*self.request("execute_request", content, "shell", timeout))


class Outcome:
    """A cell's reply, and what it published."""

    def __init__(self, reply, messages):
        self.reply = reply["content"]
        self.messages = messages
        self.status = self.reply["status"]

    def of_type(self, kind):
        return [m["content"] for m in self.messages if m["type"] == kind]

    def stream(self, name):
        return "".join(c["text"] for c in self.of_type("stream") if c["name"] == name)

    @property
    def stdout(self):
        return self.stream("stdout")

    @property
    def stderr(self):
        return self.stream("stderr")

    @property
    def result(self):
        results = self.of_type("execute_result")
        return results[0]["data"]["text/plain"] if results else None

    @property
    def traceback(self):
        return "\n".join(self.reply["traceback"])


class Kernel:
    """A kernel process in a folder of its own."""

    def __init__(self, key="secret", transport="tcp", environment=None, arguments=(), data=None, limits=None):
        self.folder = tempfile.mkdtemp(prefix="lua-kernel-test-")
        self.reserved = reserve_ports(5) if transport == "tcp" else []
        ports = [end.getsockname()[1] for end in self.reserved] or [1, 2, 3, 4, 5]
        names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
        self.connection = {
            "transport": transport,
            "ip": "127.0.0.1" if transport == "tcp" else os.path.join(self.folder, "socket"),
            "key": key,
            "signature_scheme": "hmac-sha256",
            **dict(zip(names, ports)),
        }
        path = os.path.join(self.folder, "connection.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.connection, file)
        environment = {
            **os.environ,
            "XDG_DATA_HOME": data or os.path.join(self.folder, "data"),
            **(environment or {}),
        }

        def set_limits():
            for name, value in limits.items():
                resource.setrlimit(name, (value, value))

        self.process = subprocess.Popen(
            [PROGRAM, *arguments, "-f", path],
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=set_limits if limits else None,
        )

    def client(self, **options):
        client = Client(self.connection, **options)
        if options.get("subscribe", b"") is not None:
            client.welcome = client.receive("iopub")
        return client

    def interrupt_by_signal(self):
        os.kill(self.process.pid, signal.SIGINT)

    def alive(self):
        return self.process.poll() is None

    def wait(self, timeout=TIMEOUT):
        return self.process.wait(timeout)

    def stop(self):
        if self.alive():
            self.process.terminate()
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        for end in self.reserved:
            end.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class KernelTest(unittest.TestCase):
    """One kernel and one client for all tests of a class; a test that ends the kernel makes its
    own."""

    options = {}

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel(**cls.options)
        cls.client = cls.kernel.client()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.kernel.stop()

    def own_kernel(self, **options):
        kernel = Kernel(**options)
        self.addCleanup(kernel.stop)
        return kernel

    def own_client(self, kernel, **options):
        client = kernel.client(**options)
        self.addCleanup(client.close)
        return client

    def run_cell(self, code, **options):
        return self.client.execute(code, **options)

    def assert_result(self, code, expected):
        outcome = self.run_cell(code)
        self.assertEqual(outcome.status, "ok", outcome.reply)
        self.assertEqual(outcome.result, expected)
        return outcome

    def assert_error(self, code, text):
        outcome = self.run_cell(code)
        self.assertEqual(outcome.status, "error", code)
        self.assertIn(text, outcome.reply["evalue"])
        return outcome


def running(pid):
    """Whether the process lives; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, timeout=TIMEOUT):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come to pass")
        time.sleep(0.01)
