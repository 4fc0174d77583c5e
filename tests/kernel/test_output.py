"""What cells write: whole, in order, in few messages, whoever writes it."""

import subprocess
import tempfile
import time

from kernel_process import SANITIZED, TIMEOUT, Gate, KernelTest

import zmq


class Streams(KernelTest):
    def streams(self, outcome):
        """(name, text) of the stream messages, neighbours of one name joined."""
        joined = []
        for content in outcome.of_type("stream"):
            if joined and joined[-1][0] == content["name"]:
                joined[-1][1] += content["text"]
            else:
                joined.append([content["name"], content["text"]])
        return [tuple(pair) for pair in joined]

    def test_print_writes_what_lua_writes(self):
        outcome = self.run_cell('print("a", 1, nil, true, "b ") print("tab\\there") print() io.write("x", 1, "\\n")')
        self.assertEqual(outcome.stdout, "a\t1\tnil\ttrue\tb \ntab\there\n\nx1\n")

    def test_nul_invalid_utf8_and_flush(self):
        self.assertEqual(self.run_cell('print("a\\0b")').stdout, "a\0b\n")
        self.assertEqual(self.run_cell('print("\\xff\\xc3")').stdout, "\ufffd\ufffd\n")
        self.assertEqual(self.run_cell("io.flush() io.stdout:flush()").stdout, "")
        self.assertEqual(self.run_cell('io.write("\\xed\\xa0\\x80|\\xf0\\x9f\\x98\\x80|\\xc0\\x80")').stdout,
                         "\ufffd\ufffd\ufffd|😀|\ufffd\ufffd")

    def test_characters_stay_whole_wherever_they_are_cut(self):
        outcome = self.run_cell('for b in ("äöü😀€"):rep(50):gmatch(".") do io.write(b) end')
        self.assertEqual(outcome.stdout, "äöü😀€" * 50)
        outcome = self.run_cell('for b in ("😀"):gmatch(".") do io.write(b) os.execute("sleep 0.03") end')
        self.assertEqual(outcome.stdout, "😀")
        outcome = self.run_cell('io.write(("€"):rep(100000))')
        self.assertEqual(outcome.stdout, "€" * 100000)
        self.assertEqual(self.run_cell('io.write("half \\xe2\\x82")').stdout, "half \ufffd")
        self.assertEqual(self.run_cell('io.write("\\xac")').stdout, "\ufffd")

    def test_order_of_both_streams_and_children(self):
        outcome = self.run_cell(
            """print("1") io.stderr:write("2\\n") io.write("3") io.stderr:write("4")
            os.execute("echo 5; echo 6 >&2") print("7") io.popen("cat", "w"):write("8\\n"):close() print("9")"""
        )
        self.assertEqual(
            self.streams(outcome),
            [("stdout", "1\n"), ("stderr", "2\n"), ("stdout", "3"), ("stderr", "4"), ("stdout", "5\n"),
             ("stderr", "6\n"), ("stdout", "7\n8\n9\n")],
        )

    def test_cs_printf_and_plain_writes_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/printer.c", "w", encoding="ascii") as file:
                file.write(
                    """#include <lua.h>
                    #include <stdio.h>
                    #include <unistd.h>
                    static int go(lua_State *L)
                    {
                        printf("printf %d\\n", 1);
                        puts("puts");
                        fprintf(stderr, "fprintf");
                        putchar('c');
                        if (write(1, "write\\n", 6) < 0) { return 0; }
                        fputs("fputs", stdout);
                        return 0;
                    }
                    int luaopen_printer(lua_State *L) { lua_pushcfunction(L, go); return 1; }"""
                )
            flags = subprocess.run(["pkg-config", "--cflags", "lua5.4"], capture_output=True, text=True, check=True).stdout.split()
            subprocess.run(["cc", "-shared", "-fPIC", *flags, folder + "/printer.c", "-o", folder + "/printer.so"], check=True)
            outcome = self.run_cell(f"package.cpath = '{folder}/?.so' printer = require('printer') printer() os.execute()")
            self.assertEqual((len(outcome.stdout), outcome.stderr), (26, "fprintf"))
            # Once plain writes are seen to come, they are looked for.
            outcome = self.run_cell("os.execute('echo') print('before') printer() print('after')")
        self.assertEqual(outcome.stdout, "\nbefore\nprintf 1\nputs\ncwrite\nfputsafter\n")

    def test_progress_in_place(self):
        outcome = self.run_cell("for i = 1, 3 do io.write('\\r', i, '/3') io.flush() end print()")
        self.assertEqual(outcome.stdout, "\r1/3\r2/3\r3/3\n")
        outcome = self.run_cell("for i = 1, 3 do jupyter.clear_output(true) print(i) end")
        kinds = [m["type"] for m in outcome.messages if m["type"] not in ("status", "execute_input")]
        self.assertEqual(kinds, ["clear_output", "stream"] * 3)

    def test_output_stands_between_displays_where_it_was_written(self):
        outcome = self.run_cell("print(1) jupyter.display('a') print(2) jupyter.display('b') print(3)\n4")
        kinds = [m["type"] for m in outcome.messages if m["type"] not in ("status", "execute_input")]
        self.assertEqual(kinds, ["stream", "display_data", "stream", "display_data", "stream", "execute_result"])

    def test_it_is_sent_while_the_cell_runs(self):
        gate = Gate(self)
        header = self.client.execute_later("io.write('now') " + gate.spin)
        while True:
            message = self.client.receive("iopub")
            if message["type"] == "stream":
                break
        self.assertEqual(message["content"]["text"], "now")
        gate.open()
        self.client.receive("shell")
        self.client.outputs_of(header)

    def test_a_hundred_thousand_lines_are_all_there_in_few_messages(self):
        begin = time.monotonic()
        outcome = self.run_cell("for i = 1, 100000 do print('line ' .. i) end")
        taken = time.monotonic() - begin
        self.assertEqual(outcome.stdout, "".join(f"line {i}\n" for i in range(1, 100001)))
        # Each is full, or has waited for more for 15 ms.
        self.assertLess(len(outcome.of_type("stream")), len(outcome.stdout) / 65536 + taken / 0.015 + 5)

    def test_a_hundred_megabytes_come_whole_and_memory_stays(self):
        before = self.resident()
        outcome = self.run_cell("local s = ('0123456789abcde\\n'):rep(65536) for i = 1, 100 do io.write(s) end")
        self.assertEqual(len(outcome.stdout), 100 << 20)
        if not SANITIZED:
            self.assertLess(self.resident() - before, 64 << 10)

    def test_a_child_writes_much(self):
        outcome = self.run_cell("os.execute('seq 1 200000')")
        self.assertEqual(outcome.stdout, "".join(f"{i}\n" for i in range(1, 200001)))

    def test_a_child_that_stays_does_not_hold_the_cell(self):
        gate = Gate(self)
        outcome = self.run_cell(f"os.execute('(until test -e {gate.path}; do sleep 0.01; done; echo late) &')")
        self.assertEqual(outcome.status, "ok")
        gate.open()
        message = self.client.receive("iopub")
        self.assertEqual(message["content"], {"name": "stdout", "text": "late\n"})

    def test_a_child_inherits_no_descriptor_of_the_kernels(self):
        for code in ("io.popen('ls /proc/self/fd'):read('a')", "os.execute('ls /proc/self/fd');"):
            outcome = self.run_cell(code)
            self.assertEqual((outcome.result or outcome.stdout).split(), ["0", "1", "2", "3"])

    def resident(self):
        with open(f"/proc/{self.kernel.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def test_an_error_in_a_finalizer_or_warning_goes_to_stderr(self):
        outcome = self.run_cell("warn('@on') warn('careful') warn('@off')")
        self.assertEqual(outcome.stderr, "Lua warning: careful\n")

    def test_os_execute_tells_how_it_ended(self):
        self.assert_result("os.execute('exit 3')", "nil\texit\t3")
        self.assert_result("os.execute('true')", "true\texit\t0")
        self.assert_result("os.execute('kill -9 $$')", "nil\tsignal\t9")
        self.assert_result("os.execute()", "true")


class Displays(KernelTest):
    def test_display_and_update(self):
        outcome = self.run_cell(
            """jupyter.display({1, 2}, {display_id = 'd', metadata = {k = 'v'}})
            jupyter.update_display('changed', {display_id = 'd'})
            jupyter.display({['text/html'] = '<b>', ['application/json'] = {1, {x = 2}}, junk = 1}, {raw = true})"""
        )
        shown, raw = outcome.of_type("display_data")
        self.assertEqual(shown["data"], {"text/plain": "{1, 2}"})
        self.assertEqual((shown["transient"], shown["metadata"]), ({"display_id": "d"}, {"k": "v"}))
        updated = outcome.of_type("update_display_data")[0]
        self.assertEqual((updated["data"], updated["transient"]), ({"text/plain": "changed"}, {"display_id": "d"}))
        self.assertEqual(raw["data"], {"text/html": "<b>", "application/json": [1, {"x": 2}]})
        self.assert_error("jupyter.update_display(1)", "display_id")
        self.assert_error("jupyter.display()", "value expected")
        self.assert_error("jupyter.display(1, 5)", "table expected")
        self.assert_error("jupyter.display(1, {metadata = 5})", "metadata must be a table")

    def test_values_that_show_themselves(self):
        for code, mime, data in (
            ("jupyter.html('<i>')", "text/html", "<i>"),
            ("jupyter.markdown('*m*')", "text/markdown", "*m*"),
            ("jupyter.latex('$x$')", "text/latex", "$x$"),
            ("jupyter.svg('<svg/>')", "image/svg+xml", "<svg/>"),
            ("jupyter.png('\\x89PNG')", "image/png", "iVBORw=="),
            ("jupyter.jpeg('\\xff\\xd8')", "image/jpeg", "/9g="),
            ("jupyter.json({a = {1, 2.5, false}, s = 'x', inf = 1/0})", "application/json",
             {"a": [1, 2.5, False], "s": "x", "inf": None}),
        ):
            with self.subTest(code):
                content = self.run_cell(code).of_type("execute_result")[0]
                self.assertEqual(content["data"][mime], data)
                self.assertIn("text/plain", content["data"])
        self.assert_error("jupyter.html(5)", "takes a string")

    def test_json_has_the_order_of_the_names(self):
        code = "local t = {} for i = 1, 26 do t[string.char(123 - i)] = {i} end\njupyter.json(t)"
        data = self.run_cell(code).of_type("execute_result")[0]["data"]
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.assertEqual("".join(data["application/json"]), letters)
        self.assertTrue(data["text/plain"].startswith("{\n  a = {26},\n  b = {25},"), data["text/plain"])

    def test_what_shows_itself_refuses_other_values(self):
        self.assert_error("jupyter.png({})", "image's bytes")

    def test_what_json_cannot_hold(self):
        shown = "\ufffda\0\ufffd"
        self.assert_result("'\\xffa\\0\\xc3'", shown)
        self.assertEqual(self.run_cell("error('\\xffa\\0\\xc3', 0)").reply["evalue"], shown)
        bundle = "{['text/plain'] = '\\xffa\\0\\xc3', ['application/json'] = {1/0, -1/0, 0/0, 1e308, '\\xff', [3.5] = 1}}"
        data = self.run_cell(f"jupyter.display({bundle}, {{raw = true, metadata = {{['\\xff'] = 0/0}}}})").of_type("display_data")[0]["data"]
        self.assertEqual(data["text/plain"], shown)
        self.run_cell("strange = {['\\xff\\xfe'] = 1, ['a\\0b'] = 2, ok = 3}")
        self.assert_result("strange['\\xff\\xfe']", "1")
        for code in ("strange.", "strange"):
            for kind in ("complete_request", "inspect_request"):
                self.client.request(kind, {"code": code, "cursor_pos": len(code), "detail_level": 1})
        self.assertEqual(self.run_cell("jupyter.comm.open('\\xff', {['\\xff'] = 1/0})").status, "ok")

    def test_clear_output(self):
        self.assertEqual(self.run_cell("jupyter.clear_output(true)").of_type("clear_output"), [{"wait": True}])
        self.assertEqual(self.run_cell("jupyter.clear_output()").of_type("clear_output"), [{"wait": False}])

    def test_the_module(self):
        self.assert_result("require('jupyter') == jupyter and package.loaded.jupyter == jupyter", "true")


class Subscribers(KernelTest):
    def stuck_subscriber(self, client):
        end = zmq.Context.instance().socket(zmq.SUB)
        self.addCleanup(end.close, 0)
        end.rcvhwm = 1
        end.rcvtimeo = TIMEOUT * 1000
        end.setsockopt(zmq.RCVBUF, 4096)
        end.subscribe(b"")
        end.connect(client.address("iopub"))
        self.assertTrue(end.poll(TIMEOUT * 1000))
        return end

    def test_output_goes_out_before_a_question(self):
        # The two channels are different sockets: while a subscriber holds up the one, nothing may come on the other.
        end = self.stuck_subscriber(self.client)
        self.client.execute_later(
            """local s = ('x'):rep(20000) for i = 1, 1350 do jupyter.display(s) end
            print('printed') jupyter.input('?')""", allow_stdin=True
        )
        self.assertTrue(self.client.silent("stdin", 1))
        while not any(b"printed" in part and b"stdout" in part for part in end.recv_multipart()):
            pass
        self.assertEqual(self.client.receive("stdin")["content"]["prompt"], "?")
        self.client.send("stdin", "input_reply", {"value": ""})
        self.assertEqual(self.client.receive("shell")["content"]["status"], "ok")

    def test_one_that_takes_nothing_holds_up_neither_kernel_nor_others(self):
        self.stuck_subscriber(self.client)
        outcome = self.run_cell("local s = ('x'):rep(65535) .. '\\n' for i = 1, 1500 do io.write(s) end")
        self.assertEqual(outcome.status, "ok")
        self.assertEqual(len(outcome.stdout), 1500 << 16)

    def test_an_interrupt_gets_through_to_a_cell_that_waits_for_it(self):
        kernel = self.own_kernel()
        client = self.own_client(kernel, subscribe=None)
        self.stuck_subscriber(client)
        client.execute_later("local s = ('x'):rep(65535) .. '\\n' while true do io.write(s) end")
        time.sleep(4)
        client.send("control", "interrupt_request", {})
        self.assertEqual(client.receive("shell")["content"].get("ename"), "Interrupt")
        client.send("control", "shutdown_request", {"restart": False})
        self.assertEqual(client.receive("control")["type"], "interrupt_reply")
        self.assertEqual(kernel.wait(), 0)

    def test_one_that_vanishes(self):
        other = self.kernel.client()
        self.run_cell("print(1)")
        other.close()
        self.assertEqual(self.run_cell("for i = 1, 10000 do print(i) end").stdout.count("\n"), 10000)


