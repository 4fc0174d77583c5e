"""What can go wrong with the history's file: the kernel goes on, and nothing waits for it."""

import contextlib
import os
import resource
import signal
import sqlite3
import tempfile
import time
import unittest

from kernel_process import KernelTest, wait_for


class Trouble(unittest.TestCase):
    own_kernel = KernelTest.own_kernel
    own_client = KernelTest.own_client

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.file = os.path.join(folder.name, "lua-kernel", "history.sqlite")

    def tail(self, client):
        content = {"hist_access_type": "tail", "n": 1000, "output": False, "raw": True}
        return client.request("history_request", content)[0]["content"]["history"]

    def goes_on(self, kernel, client, cells=20):
        """Runs cells, asks for the history after each, and ends, all without a wait."""
        begin = time.monotonic()
        for i in range(cells):
            self.assertEqual(client.execute(f"{i} --" + "x" * 3000).result, str(i))
            self.tail(client)
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(kernel.wait(), 0)
        self.assertLess(time.monotonic() - begin, 10)

    def test_texts_with_nul_and_an_empty_one_stay_whole(self):
        client = self.own_client(self.own_kernel(data=self.data))
        for code in ("return 'a\\0b' -- a\0b", "", "-- 😀"):
            client.execute(code)
        content = {"hist_access_type": "tail", "n": 3, "output": True, "raw": True}
        rows = client.request("history_request", content)[0]["content"]["history"]
        self.assertEqual([row[2] for row in rows], [["return 'a\\0b' -- a\0b", "a\0b"], ["", None], ["-- 😀", None]])

    def test_a_full_disk(self):
        # No file may grow beyond the limit, from the first write on or somewhat later. Like a full
        # disk that is an error of the write; the signal that comes with it must not end the kernel.
        for limit in (1000, 40000, 90000):
            with self.subTest(limit):
                kernel = self.own_kernel(data=f"{self.data}/{limit}", limits={resource.RLIMIT_FSIZE: limit})
                self.goes_on(kernel, self.own_client(kernel), 40)

    def test_a_file_that_is_no_database(self):
        os.mkdir(os.path.dirname(self.file))
        for garbage in (b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000):
            with open(self.file, "wb") as file:
                file.write(garbage)
            kernel = self.own_kernel(data=self.data)
            client = self.own_client(kernel)
            client.execute("'kept in memory'")
            self.assertEqual([row[2] for row in self.tail(client)], ["'kept in memory'"])
            self.goes_on(kernel, client)
            with open(self.file, "rb") as file:
                self.assertEqual(file.read(), garbage)

    def test_a_file_that_vanishes(self):
        kernel = self.own_kernel(data=self.data)
        client = self.own_client(kernel)
        client.execute("1")
        self.tail(client)
        for name in os.listdir(os.path.dirname(self.file)):
            os.unlink(os.path.join(os.path.dirname(self.file), name))
        self.goes_on(kernel, client)

    def test_a_cell_that_ends_the_kernel_is_kept(self):
        kernel = self.own_kernel(data=self.data)
        client = self.own_client(kernel)
        client.await_start(client.execute_later("while true do local fatal = {} end"))

        def is_written():
            with contextlib.suppress(sqlite3.OperationalError):  # there is no file yet, or no table
                with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as reader:
                    return reader.execute("SELECT count(*) FROM history").fetchone() == (1,)

        wait_for(is_written)
        kernel.process.kill()
        self.assertEqual(kernel.wait(), -signal.SIGKILL)
        rows = self.tail(self.own_client(self.own_kernel(data=self.data)))
        self.assertIn("fatal", rows[-1][2])

    def test_another_program_that_holds_the_file(self):
        kernel = self.own_kernel(data=self.data)
        client = self.own_client(kernel)
        client.execute("1")
        self.tail(client)
        other = sqlite3.connect(self.file, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        for i in range(10):
            client.execute_later(f"{i}")
        begin = time.monotonic()
        for _ in range(10):
            self.assertEqual(client.receive("shell")["content"]["status"], "ok")
        self.assertEqual(client.execute("'still here'").result, "still here")
        # One wait for the other, not one a cell.
        self.assertLess(time.monotonic() - begin, 5)
        other.execute("ROLLBACK")
        client.execute("'written again'")
        self.assertEqual(self.tail(client)[-1][2], "'written again'")
