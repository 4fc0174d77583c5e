"""What libraries tell of their functions: keyword arguments, signatures and names; of autograd too,
which the kernel knows nothing of."""

import os
import time

from kernel_process import PROGRAM, KernelTest

LIBRARY = os.path.join(os.path.dirname(PROGRAM), "..", "lua")


class LibraryTest(KernelTest):
    options = {"environment": {"LUA_PATH": f"{LIBRARY}/?.lua;;", "LUA_CPATH": f"{LIBRARY}/?.so;;"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.execute("ag = require 'autograd'\nx = ag.ones(2, 3)\nlocal kept = ag.ones(1)")

    def complete(self, code):
        return self.client.request("complete_request", {"code": code, "cursor_pos": len(code)})[0]["content"]

    def keywords(self, code):
        types = self.complete(code)["metadata"]["_jupyter_types_experimental"]
        return [match["text"] for match in types if match["type"] == "param"]

    def inspect(self, code):
        content = self.client.request("inspect_request", {"code": code, "cursor_pos": len(code), "detail_level": 0})
        return content[0]["content"]["data"].get("text/plain")


class Keywords(LibraryTest):
    def test_of_operations(self):
        for code, expected in {
            "x:sum{di": ["dim="],
            "x:sum{": ["dim=", "dtype=", "keepdim="],
            "x:sum(1, {keep": ["keepdim="],
            "ag.ones(2, 2, {req": ["requires_grad="],
            "ag.ones(2, 2, {requires_grad = true, d": ["dtype="],
            "ag.ones(2, 2, {\n  requires_grad = true, -- a comment\n  d": ["dtype="],
            "print(ag.sum(x, {keepdim = true; ": ["dim=", "dtype="],
            "kept:sum{di": ["dim="],
        }.items():
            with self.subTest(code):
                self.assertEqual(self.keywords(code), expected)

    def test_of_what_is_no_operation(self):
        self.assertEqual(self.keywords("for i in ag.progress(10, {de"), ["desc="])
        self.assertEqual(self.keywords("ag.tensor({1, 2}, {"), ["dtype=", "requires_grad="])
        self.assertEqual(self.keywords("x:backward{retain"), ["retain_graph="])
        self.assertEqual(self.keywords("ag.autograd.grad(y, x, {allow"), ["allow_unused="])

    def test_of_the_kernels_own(self):
        self.assertEqual(self.keywords("jupyter.display(v, {"), ["display_id=", "metadata=", "raw="])
        self.assertEqual(self.keywords("jupyter.input('?', {pass"), ["password="])

    def test_they_stand_first_and_end_in_an_equals_sign(self):
        self.run_cell("display_idle = 1")
        content = self.complete("jupyter.display(v, {disp")
        self.assertEqual(content["matches"], ["display_id=", "display_idle"])
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (20, 24))

    def test_there_are_none_elsewhere(self):
        self.run_cell("function of_lua(dim, keepdim) end")
        for code in ("x:sum(di", "x:sum{dim = k", "y = {di", "x:sum({{di", "of_lua{di", "function sum{di", "x:nosuch{di",
                     "x:sum{['k'", "nosuch{di", "x:sum{} {di", "f[x:sum][{di", "{di", "x:sum{dim = {k"):
            with self.subTest(code):
                self.assertEqual(self.keywords(code), [])

    def test_a_library_that_fails_tells_nothing(self):
        self.run_cell(
            """package.loaded.faulty = {_KEYWORDS = function() error('in the library') end, _HELP = error}
            package.loaded.odd = {_KEYWORDS = function(f) if f == tostring then return {1, 'good', {}} end end}"""
        )
        self.assertEqual(self.keywords("x:sum{di"), ["dim="])
        self.assertEqual(self.keywords("tostring{"), ["good="])
        self.run_cell("package.loaded.faulty, package.loaded.odd = nil")


class Help(LibraryTest):
    def test_operations_tell_by_their_entries(self):
        for code in ("ag.sum", "x:sum", "x:sum(1, ", "ag.sum(x, {keepdim = true, "):
            text = self.inspect(code)
            self.assertIn("sum(Tensor self, Dims? dim", text, code)
            self.assertIn("The sum over the given dims", text, code)

    def test_every_function_of_autograd_is_known(self):
        names = self.run_cell(
            """local names = {}
            for _, owner in ipairs{'ag', 'ag.autograd', 'ag.autograd.functional'} do
                for key, value in pairs(load('return ' .. owner)()) do
                    if type(value) == 'function' and key:sub(1, 1) ~= '_' then names[#names + 1] = owner .. '.' .. key end
                end
            end
            for key, kind in pairs(debug.getmetatable(x).__completions(x)) do
                if kind == 'function' then names[#names + 1] = 'x:' .. key end
            end
            return table.concat(names, ' ')"""
        ).result.split()
        self.assertGreater(len(names), 400)
        for name in names:
            self.assertRegex(self.inspect(name), r"Signature: .*\(.*\n.*\nDoc:", name)

    def test_values_are_shown_with_type_and_text(self):
        text = self.inspect("x")
        self.assertIn("Type: userdata (autograd.Tensor)", text)
        self.assertIn("tensor([[1., 1., 1.],", text)

    def test_names_of_a_tensor(self):
        self.assertEqual(self.complete("x:requires").get("matches"), ["requires_grad_"])
        self.assertEqual(self.complete("x.requires")["matches"], ["requires_grad", "requires_grad_"])
        self.assertEqual(self.complete("ag.requires")["matches"], [])
        self.assertEqual(self.run_cell("?x:sum").reply["payload"][0]["source"], "page")
        self.assertEqual(self.run_cell("y = x * 2\n").stderr, "")
        self.assertIn("grad_fn", self.complete("y.grad")["matches"])
        self.assertEqual(self.run_cell("'no warning of y.grad'").stderr, "")


class Tensors(LibraryTest):
    def test_they_are_shown_by_their_text(self):
        self.assert_result("ag.eye(2)", "tensor([[1., 0.],\n        [0., 1.]])")
        self.assert_result("{x = ag.ones(2)}", "{x = tensor([1., 1.])}")

    def test_a_large_one_is_summarised(self):
        for code in ("ag.zeros(3000, 3000)", "{big = ag.zeros(3000, 3000)}", "jupyter.display(ag.zeros(3000, 3000))"):
            outcome = self.run_cell(code)
            shown, = outcome.of_type("execute_result") or outcome.of_type("display_data")
            self.assertIn("...", shown["data"]["text/plain"])
            self.assertLess(sum(map(len, shown["data"].values())), 2000)

    def test_progress_is_a_display_that_is_updated(self):
        outcome = self.run_cell(
            """for i, bar in ag.progress(30, {desc = 'train', mininterval = 0}) do
                bar:set_postfix{loss = ag.tensor(1 / i)}
                if i == 20 then break end
            end"""
        )
        first, *others = [m for m in outcome.messages if "display_data" in m["type"]]
        self.assertEqual(first["type"], "display_data")
        self.assertIn("train:   0%", first["content"]["data"]["text/plain"])
        self.assertTrue(all(m["type"] == "update_display_data" for m in others))
        self.assertEqual({m["content"]["transient"]["display_id"] for m in others},
                         {first["content"]["transient"]["display_id"]})
        self.assertIn("19/30", others[-1]["content"]["data"]["text/html"])
        self.assertIn("loss=0.05]", others[-1]["content"]["data"]["text/plain"])
        self.assertEqual((outcome.stdout, outcome.stderr), ("", ""))

    def test_progress_sends_little_and_is_finished_by_an_interrupt(self):
        begin = time.monotonic()
        outcome = self.run_cell("for i in ag.progress(300000) do end")
        self.assertLess(len(outcome.of_type("update_display_data")), 5 + (time.monotonic() - begin) / 0.1)
        header = self.client.execute_later("for i in ag.progress(2 ^ 60) do end")
        while self.client.receive("iopub")["type"] != "update_display_data":
            pass
        self.kernel.interrupt_by_signal()
        reply = self.client.receive("shell")
        self.assertEqual(reply["content"]["ename"], "Interrupt")
        updates = [m for m in self.client.outputs_of(header) if m["type"] == "update_display_data"]
        self.assertIn("0%", updates[-1]["content"]["data"]["text/plain"])

    def test_an_interrupt_ends_a_long_product(self):
        self.run_cell("a = ag.ones(1, 1):expand(5000, 5000)")
        header = self.client.execute_later("print('now') y = a:matmul(a)")
        while self.client.receive("iopub")["type"] != "stream":
            pass
        self.kernel.interrupt_by_signal()
        reply = self.client.receive("shell")["content"]
        self.client.outputs_of(header)
        self.assertEqual(reply["ename"], "Interrupt")
        self.assertIn("in method 'matmul'", reply["traceback"][1])  # not at the instruction behind it


del LibraryTest
