"""How a kernel ends, and what it outlives."""

import contextlib
import glob
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from kernel_process import PROGRAM, SANITIZED, SANITIZER, TIMEOUT, KernelTest, running, wait_for


class Endings(unittest.TestCase):
    own_kernel = KernelTest.own_kernel
    own_client = KernelTest.own_client

    STUBBORN = "local s = ('a'):rep(40) s:find(('a?'):rep(40) .. s)"  # C code that does not come back

    def start(self, **options):
        kernel = self.own_kernel(**options)
        return kernel, self.own_client(kernel)

    def test_shutdown_request(self):
        for channel in ("control", "shell"):
            for restart in (False, True):
                with self.subTest(channel=channel, restart=restart):
                    kernel, client = self.start()
                    client.execute("1")
                    header = client.send(channel, "shutdown_request", {"restart": restart})
                    reply = client.receive(channel)
                    self.assertEqual(reply["content"], {"status": "ok", "restart": restart})
                    kinds = [m["type"] for m in client.outputs_of(header)]
                    self.assertEqual(kinds, ["status", "shutdown_reply", "status"])
                    self.assertEqual(kernel.wait(), 0)

    def test_shutdown_while_a_cell_runs(self):
        for code in ("while true do end", "os.execute('sleep 1000')", "io.read()", "while true do pcall(error) end"):
            with self.subTest(code):
                kernel, client = self.start()
                client.await_start(client.execute_later(code, allow_stdin=True))
                client.send("control", "shutdown_request", {"restart": False})
                self.assertEqual(client.receive("control")["type"], "shutdown_reply")
                self.assertEqual(kernel.wait(), 0)

    def test_shutdown_while_c_code_does_not_come_back(self):
        kernel, client = self.start()
        client.await_start(client.execute_later(self.STUBBORN))
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(kernel.wait(), 0)

    def test_sigint_then_shutdown_as_jupyter_client_does(self):
        kernel, client = self.start()
        client.execute("1")
        kernel.interrupt_by_signal()
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(client.receive("control")["content"]["status"], "ok")
        self.assertEqual(kernel.wait(), 0)

    @staticmethod
    def shut_down(_kernel, client):
        client.send("control", "shutdown_request", {"restart": False})

    @staticmethod
    def terminate(kernel, _client=None):
        kernel.process.send_signal(signal.SIGTERM)

    def test_sigterm(self):
        for code in (None, "while true do end", "os.execute('sleep 1000')", "io.read()"):
            with self.subTest(code):
                kernel, client = self.start()
                if code:
                    client.await_start(client.execute_later(code, allow_stdin=True))
                self.terminate(kernel)
                self.assertEqual(kernel.wait(), 0)

    def test_os_exit(self):
        for code, status in (("os.exit()", 0), ("os.exit(true)", 0), ("os.exit(false)", 1), ("os.exit(3)", 3),
                             ("pcall(os.exit, 4)", 4), ("coroutine.wrap(os.exit)(5)", 5)):
            with self.subTest(code):
                kernel, client = self.start()
                outcome = client.execute("print('last words') setmetatable({}, {__gc = function() print('collected') end}) " + code)
                self.assertEqual(outcome.status, "ok")
                self.assertEqual(outcome.reply["payload"], [{"source": "ask_exit", "keepkernel": False}])
                self.assertEqual(outcome.stdout, "last words\n")
                self.assertEqual(client.receive("iopub")["content"]["text"], "collected\n")
                self.assertEqual(kernel.wait(), status)

    def test_os_exit_with_a_finalizer_that_does_not_end(self):
        kernel, client = self.start()
        client.execute("setmetatable({}, {__gc = function() while true do end end}) os.exit(3)")
        self.assertEqual(kernel.wait(), 3)

    def test_ipc_leaves_no_file(self):
        # ThreadSanitizer holds a signal back while such C code runs.
        hard = self.shut_down if SANITIZER == "thread" else self.terminate
        for code, end in ((None, self.shut_down), (None, self.terminate), (self.STUBBORN, hard)):
            with self.subTest(code=code, end=end.__name__):
                kernel, client = self.start(transport="ipc")
                client.execute("1")
                self.assertEqual(len(glob.glob(kernel.connection["ip"] + "-*")), 5)
                if code:
                    client.await_start(client.execute_later(code))
                end(kernel, client)
                self.assertEqual(kernel.wait(), 0)
                self.assertEqual(glob.glob(kernel.connection["ip"] + "-*"), [])


class Children(unittest.TestCase):
    """No process stays behind, whatever way the kernel ends and whatever it is doing."""

    own_kernel = KernelTest.own_kernel
    own_client = KernelTest.own_client
    SLEEPER = "sleep 1000; true"
    CELLS = {
        "os.execute waits": f"os.execute('{SLEEPER}')",
        "os.execute waits for one that ignores signals": f"os.execute('trap \"\" INT TERM; {SLEEPER}')",
        "a file of io.popen is open": f"p = io.popen('{SLEEPER}')",
        "a file of io.popen is read": f"io.popen('{SLEEPER}'):read('a')",
        "a file of io.popen is closed": f"io.popen('{SLEEPER}', 'w'):close()",
        "a file of io.popen, and C code that does not come back": f"p = io.popen('{SLEEPER}') {Endings.STUBBORN}",
    }

    def children_of(self, pid):
        found = []
        for path in glob.glob(f"/proc/{pid}/task/*/children"):
            with open(path, encoding="ascii") as file:
                found += [int(child) for child in file.read().split() if running(child)]
        return [*found, *(grandchild for child in found for grandchild in self.children_of(child))]

    def with_children(self, kernel, client, code):
        header = client.execute_later(code)
        wait_for(lambda: len(self.children_of(kernel.process.pid)) == 2)  # the shell, and sleep
        time.sleep(0.1)
        return header, self.children_of(kernel.process.pid)

    def assert_gone(self, children):
        wait_for(lambda: not any(running(child) for child in children))

    def test_at_the_kernels_end(self):
        for name, code in self.CELLS.items():
            with self.subTest(name):
                kernel = self.own_kernel()
                client = self.own_client(kernel)
                _, children = self.with_children(kernel, client, code)
                client.send("control", "shutdown_request", {"restart": False})
                self.assertEqual(kernel.wait(), 0)
                self.assert_gone(children)

    def test_after_an_interrupt(self):
        kernel = self.own_kernel()
        client = self.own_client(kernel)
        for name, code in self.CELLS.items():
            if Endings.STUBBORN in code or name.endswith("is open"):
                continue
            with self.subTest(name):
                _, children = self.with_children(kernel, client, code)
                client.send("control", "interrupt_request", {})
                self.assertEqual(client.receive("shell")["content"].get("ename"), "Interrupt")
                self.assert_gone(children)

    def test_one_that_is_collected_is_waited_for_as_in_lua_and_can_be_interrupted(self):
        kernel = self.own_kernel()
        client = self.own_client(kernel)
        outcome = client.execute("io.popen('cat >&2; sleep 0.3; echo end >&2', 'w'):write('text\\n') collectgarbage() collectgarbage()")
        self.assertEqual(outcome.stderr, "text\nend\n")
        _, children = self.with_children(kernel, client, f"io.popen('{self.SLEEPER}') collectgarbage() collectgarbage() error('x')")
        client.send("control", "interrupt_request", {})
        self.assertEqual(client.receive("shell")["content"]["status"], "error")
        self.assert_gone(children)

    def test_when_the_parent_dies(self):
        # JPY_PARENT_PID must name the kernel's parent: a shell that writes its own id, and the kernel's.
        for code in (None, *list(self.CELLS.values())[-1:]):
            with self.subTest(code):
                kernel = self.own_kernel()
                kernel.stop()
                os.mkdir(kernel.folder)
                connection = os.path.join(kernel.folder, "connection.json")
                pid_file = os.path.join(kernel.folder, "pid")
                with open(connection, "w", encoding="ascii") as file:
                    json.dump(kernel.connection, file)
                script = f"JPY_PARENT_PID=$$ {PROGRAM} -f {connection} & echo $! > {pid_file}; sleep 1000"
                parent = subprocess.Popen(["sh", "-c", script], start_new_session=True)
                client = self.own_client(kernel)
                wait_for(lambda path=pid_file: os.path.exists(path) and os.path.getsize(path) > 0)
                with open(pid_file, encoding="ascii") as file:
                    pid = int(file.read())
                children = []
                if code:
                    client.execute_later(code)
                    wait_for(lambda: len(self.children_of(pid)) == 2)
                    time.sleep(0.1)
                    children = self.children_of(pid)
                self.assertTrue(running(pid))
                parent.kill()
                parent.wait()
                wait_for(lambda: not running(pid))
                self.assert_gone(children)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(parent.pid, signal.SIGKILL)


class Beginnings(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False)

    def test_version_and_help(self):
        self.assertRegex(self.run_program("--version").stdout, r"^lua-kernel \d+\.\d+\.\d+ \(Lua 5\.4\.\d+\)\n$")
        usage = self.run_program("--help").stdout
        self.assertIn("lua-kernel install [--user | --prefix FOLDER | --sys-prefix]", usage)
        self.assertIn("CONNECTION_FILE", usage)

    def test_a_command_line_that_cannot_be_followed(self):
        for arguments, complaint in (
            (["--nonsense"], "--nonsense: not known"),
            (["-f"], "-f: a file must follow"),
            (["--log"], "--log: a file must follow"),
            (["--log", "/nonexistent/log", "-f", "file"], "the log cannot be written there"),
            (["one.json", "-f", "two.json"], "one connection file"),
        ):
            with self.subTest(arguments):
                outcome = self.run_program(*arguments)
                self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
                self.assertIn(complaint, outcome.stderr)

    def test_unusable_connection_files(self):
        for text, complaint in (
            ("", "end of file"),
            ("[]", "JSON object"),
            ("{}", "shell_port must be a port number"),
            ('{"signature_scheme": "hmac-md5"}', "signature scheme 'hmac-md5'"),
            ('{"transport": "carrier-pigeon"}', "transport 'carrier-pigeon'"),
            ('{"shell_port": 70000}', "shell_port"),
        ):
            with self.subTest(text), tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(text)
                file.flush()
                outcome = self.run_program("-f", file.name)
                self.assertEqual(outcome.returncode, 1)
                self.assertIn(complaint, outcome.stderr)
                self.assertEqual(outcome.stderr.count("\n"), 1)
        outcome = self.run_program("-f", "/nonexistent/file")
        self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
        self.assertEqual(self.run_program().returncode, 1)

    def test_a_port_that_is_taken(self):
        kernel = KernelTest.own_kernel(self)
        KernelTest.own_client(self, kernel)
        path = os.path.join(kernel.folder, "connection.json")
        outcome = self.run_program("-f", path)
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("Address already in use", outcome.stderr)


class Log(unittest.TestCase):
    own_kernel = KernelTest.own_kernel
    own_client = KernelTest.own_client

    def test_it_goes_to_its_own_file_and_holds_no_output(self):
        with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
            client = self.own_client(self.own_kernel(arguments=("--log", log.name)))
            outcome = client.execute("print('printed') io.stderr:write('complained')")
            client.outputs_of(client.send("control", "nonsense_request", {}))
            text = log.read()
            self.assertRegex(text, r"^\d\d:\d\d:\d\d\.\d{3} lua-kernel: control: there is no answer to nonsense_request\n$")
            self.assertEqual((outcome.stdout, outcome.stderr), ("printed\n", "complained"))

    def test_a_disk_that_is_full_is_no_matter(self):
        client = self.own_client(self.own_kernel(arguments=("--log", "/dev/full")))
        for _ in range(3):
            client.outputs_of(client.send("control", "nonsense_request", {}))
        self.assertEqual(client.execute("1").result, "1")


class Survival(KernelTest):
    def test_two_kernels_at_once(self):
        other = self.own_kernel()
        client = self.own_client(other)
        self.run_cell("shared = 'first'")
        self.assertEqual(client.execute("shared").result, "nil")

    def test_strangers_on_the_ports(self):
        for name in ("shell_port", "iopub_port", "control_port", "hb_port", "stdin_port"):
            with socket.create_connection(("127.0.0.1", self.kernel.connection[name])) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" + bytes(range(256)) * 10)
        self.assert_result("1", "1")

    def test_a_client_that_vanishes_with_requests_waiting(self):
        other = self.kernel.client()
        for _ in range(20):
            other.execute_later("print(1)")
        other.close()
        self.assert_result("1", "1")

    def test_a_client_that_vanishes_while_its_cell_runs(self):
        for code in ("io.read()", "while true do print(('x'):rep(1000)) end", "os.execute('sleep 1000')"):
            with self.subTest(code):
                other = self.kernel.client()
                header = other.execute_later(code, allow_stdin=True)
                self.client.await_start(header)
                other.close()
                self.client.send("control", "interrupt_request", {})
                self.client.outputs_of(header)
                self.assert_result("1", "1")

    def test_out_of_memory_is_an_error_of_the_cell(self):
        kernel = self.own_kernel(limits=None if SANITIZED else {resource.RLIMIT_AS: 1 << 30})
        client = self.own_client(kernel)
        fills = [
            "t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
            "t = {} for i = 1, 1e9 do t[i] = {i} end",
            "local s = 'x' while true do s = s .. s end",
        ]
        for code in ["local s = ('x'):rep(1 << 40)"] if SANITIZED else fills:
            with self.subTest(code):
                outcome = client.execute(code)
                self.assertEqual(outcome.status, "error")
                self.assertRegex(outcome.reply["evalue"], "not enough memory|too large")
                self.assertEqual(client.execute("t = nil collectgarbage() return 'alive'").result, "alive")
