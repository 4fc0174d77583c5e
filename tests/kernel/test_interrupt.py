"""What an interrupt ends, and that an idle kernel outlives one."""

import threading
import time

from kernel_process import KernelTest


class Interrupts(KernelTest):
    LOOPS = {
        "a loop": "while true do end",
        "a loop inside pcall, again and again": "while true do pcall(function() while true do end end) end",
        "a loop inside xpcall": "while true do xpcall(function() while true do end end, print) end",
        "a coroutine": "coroutine.wrap(function() while true do end end)()",
        "a coroutine in a coroutine": "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()",
        "resuming without end": "local c = coroutine.create(function() while true do coroutine.yield() end end)"
        " while true do coroutine.resume(c) end",
        "a comparison of sort": "table.sort({3, 2, 1}, function() while true do end end)",
        "a metamethod": "return setmetatable({}, {__index = function() while true do end end}).x",
        "printing without end": "while true do print('x') end",
        "a value that shows itself": "setmetatable({}, {__tostring = function() while true do end end})",
        "an error that shows itself": "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "a child process": "os.execute('sleep 1000')",
        "a child that ignores it": "os.execute('trap \"\" INT; sleep 1000')",
        "reading from a child": "io.popen('sleep 1000'):read('a') while true do end",
        "io.read": "io.read()",
        "jupyter.input": "jupyter.input('?')",
    }

    def started(self, header):
        self.client.await_start(header)
        time.sleep(0.05)  # to be in the midst of it, mostly; an interrupt ends it before that too

    def interrupted(self, interrupt, code):
        header = self.client.execute_later(code, allow_stdin=True)
        behind = self.client.execute_later("error('it must not run')")
        self.started(header)
        interrupt()
        replies = {}
        for _ in range(2):
            reply = self.client.receive("shell")
            replies[reply["parent"]["msg_id"]] = reply["content"]
        self.client.outputs_of(behind)
        while not self.client.silent("stdin", 0):
            self.client.receive("stdin")
        self.assertEqual(replies[header["msg_id"]].get("ename"), "Interrupt")
        self.assertEqual(replies[behind["msg_id"]]["status"], "aborted")

    def by_message(self):
        self.client.send("control", "interrupt_request", {})
        self.assertEqual(self.client.receive("control")["content"], {"status": "ok"})

    def test_by_message(self):
        self.run_cell("survivor = 'alive'")
        for name, code in self.LOOPS.items():
            with self.subTest(name):
                self.interrupted(self.by_message, code)
        self.assert_result("survivor", "alive")

    def test_by_signal(self):
        for name, code in self.LOOPS.items():
            with self.subTest(name):
                self.interrupted(self.kernel.interrupt_by_signal, code)

    def test_a_pattern_without_end_ends_when_it_comes_back_to_lua(self):
        code = "while true do (('a'):rep(22)):find(('a?'):rep(12) .. ('a'):rep(22)) end"
        self.interrupted(self.by_message, code)

    def test_close_handlers_run_whole(self):
        code = """closed = nil
        local guard <close> = setmetatable({}, {__close = function()
            local n = 0
            for i = 1, 100000 do n = n + 1 end
            closed = n
        end})
        while true do pcall(function() while true do end end) end"""
        self.interrupted(self.by_message, code)
        self.assert_result("closed", "100000")

    def test_an_idle_kernel_ignores_it(self):
        for _ in range(3):
            self.kernel.interrupt_by_signal()
        self.by_message()
        time.sleep(0.1)
        self.assert_result("'still here'", "still here")

    def test_no_hook_is_left(self):
        self.interrupted(self.by_message, "while true do end")
        self.assert_result("debug.gethook()", "nil")

    def test_a_library_sees_the_flag(self):
        outcome = self.run_cell("type(debug.getregistry()['jupyter.interrupt'])")
        self.assertEqual(outcome.result, "userdata")

    def test_the_traceback_shows_where(self):
        header = self.client.execute_later("local function spin()\n  while true do end\nend\nspin()")
        self.started(header)
        self.by_message()
        reply = self.client.receive("shell")["content"]
        self.client.outputs_of(header)
        self.assertIn("spin", "\n".join(reply["traceback"]))

    def test_a_storm_of_signals(self):
        storm = threading.Event()

        def send():
            while not storm.wait(0.001):
                self.kernel.interrupt_by_signal()

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for i in range(200):
                outcome = self.run_cell(f"local t = {{}} for i = 1, 1000 do t[i] = i end print({i}) return pcall(error, {i})")
                if outcome.status == "ok":
                    self.assertEqual((outcome.stdout, outcome.result), (f"{i}\n", f"false\t{i}"))
                else:
                    self.assertEqual(outcome.reply["ename"], "Interrupt")
                for kind in ("complete_request", "inspect_request"):
                    self.client.request(kind, {"code": "string.re", "cursor_pos": 9, "detail_level": 0})
        finally:
            storm.set()
            sender.join()
        self.assert_result("debug.gethook(), pcall(error, 'own')", "nil\tfalse\town")

    def test_once_and_again_while_it_unwinds(self):
        code = """local a <close> = setmetatable({}, {__close = function() while true do end end})
        while true do end"""
        header = self.client.execute_later(code)
        self.started(header)
        self.by_message()
        reply = self.client.receive("shell")
        self.assertEqual(reply["content"]["ename"], "Interrupt")
        self.client.outputs_of(header)
