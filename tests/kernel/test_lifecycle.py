"""How a kernel ends, and what it outlives."""

import glob
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from kernel_process import PROGRAM, SANITIZED, KernelTest, wait_for


class Endings(unittest.TestCase):
    own_kernel = KernelTest.own_kernel
    own_client = KernelTest.own_client

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
                    self.assertEqual(kernel.wait(3), 0)

    def test_shutdown_while_a_cell_runs(self):
        for code in ("while true do end", "os.execute('sleep 60')", "io.read()", "while true do pcall(error) end"):
            with self.subTest(code):
                kernel, client = self.start()
                client.execute_later(code, allow_stdin=True)
                time.sleep(0.2)
                client.send("control", "shutdown_request", {"restart": False})
                self.assertEqual(client.receive("control")["type"], "shutdown_reply")
                self.assertEqual(kernel.wait(4), 0)

    def test_shutdown_while_c_code_does_not_come_back(self):
        kernel, client = self.start()
        client.execute_later("local s = ('a'):rep(40) s:find(('a?'):rep(40) .. s)")
        time.sleep(0.2)
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(kernel.wait(5), 0)

    def test_sigint_then_shutdown_as_jupyter_client_does(self):
        kernel, client = self.start()
        client.execute("1")
        kernel.interrupt_by_signal()
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(client.receive("control")["content"]["status"], "ok")
        self.assertEqual(kernel.wait(3), 0)

    def test_sigterm(self):
        for code in (None, "while true do end"):
            with self.subTest(code):
                kernel, client = self.start()
                if code:
                    client.execute_later(code)
                    time.sleep(0.2)
                kernel.process.send_signal(signal.SIGTERM)
                self.assertEqual(kernel.wait(4), 0)

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
                self.assertEqual(kernel.wait(3), status)

    def test_the_parents_death(self):
        # JPY_PARENT_PID must name the kernel's parent: a shell that writes its own id, and the kernel's.
        folder = tempfile.mkdtemp()
        pid_file = os.path.join(folder, "pid")
        connection = os.path.join(folder, "connection.json")
        kernel, _ = self.start()
        ports = {name: value + 1 for name, value in kernel.connection.items() if name.endswith("_port")}
        with open(connection, "w", encoding="utf-8") as file:
            file.write(str({**kernel.connection, **ports}).replace("'", '"'))
        script = f"JPY_PARENT_PID=$$ {PROGRAM} -f {connection} & echo $! > {pid_file}; sleep 60"
        parent = subprocess.Popen(["sh", "-c", script], start_new_session=True)
        wait_for(lambda: os.path.exists(pid_file) and os.path.getsize(pid_file) > 1)
        with open(pid_file, encoding="ascii") as file:
            child = int(file.read())
        time.sleep(0.5)
        self.assertTrue(os.path.exists(f"/proc/{child}"))
        parent.kill()
        parent.wait()
        wait_for(lambda: not self.running(child), 5)

    @staticmethod
    def running(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def test_ipc_leaves_no_file(self):
        kernel, client = self.start(transport="ipc")
        self.assertEqual(len(glob.glob(kernel.connection["ip"] + "-*")), 5)
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(kernel.wait(3), 0)
        self.assertEqual(glob.glob(kernel.connection["ip"] + "-*"), [])


class Beginnings(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=10, check=False)

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

    def test_out_of_memory_is_an_error_of_the_cell(self):
        kernel = self.own_kernel(limit=None if SANITIZED else 1 << 30)
        client = self.own_client(kernel)
        fills = [
            "t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
            "t = {} for i = 1, 1e9 do t[i] = {i} end",
            "local s = 'x' while true do s = s .. s end",
        ]
        for code in ["local s = ('x'):rep(1 << 40)"] if SANITIZED else fills:
            with self.subTest(code):
                outcome = client.execute(code, timeout=60)
                self.assertEqual(outcome.status, "error")
                self.assertRegex(outcome.reply["evalue"], "not enough memory|too large")
                self.assertEqual(client.execute("t = nil collectgarbage() return 'alive'").result, "alive")
