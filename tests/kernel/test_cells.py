"""Cells: what they show, what lives on, what their errors say."""

import re

from kernel_process import KernelTest


class Values(KernelTest):
    def test_the_last_expression_is_shown(self):
        for code, expected in {
            "1 + 1": "2",
            "-- a comment line first\n1 + 1": "2",
            "1, 2, 3": "1\t2\t3",
            "x = 5\nx * 2": "10",
            "x = 5 -- and a comment\nx": "5",
            "nil": "nil",
            "nil, nil": "nil\tnil",
            "'raw \"text\"'": 'raw "text"',
            "('x'):rep(3)": "xxx",
            "(function() return 1, 2 end)()": "1\t2",
            "function() return 1 end\n": None,
            "return 7": "7",
            "return 7, 8;": None,
            "if true then return 'early' end\n1": "early",
            "#'abc' == 3 and not false": "true",
            "-2 ^ 2": "-4.0",
            "1 // 0.0": "inf",
            "[[long\nstring]]": "long\nstring",
            "utf8.char(228)": "ä",
            "select('#', ...)": "0",
            "...": None,
        }.items():
            with self.subTest(code):
                outcome = self.run_cell(code)
                self.assertEqual(outcome.status, "ok", outcome.reply)
                if expected is not None or not code.startswith("function"):
                    self.assertEqual(outcome.result, expected)

    def test_nothing_is_shown_without_a_value(self):
        for code in ("x = 1", "local y = 2", "print('only printed')", "5;", "print(1);", "", "  \n", "-- c", ";",
                     "(function() end)()", "do end", "::label::", "io.write('x')", "return", "x = 1; -- c"):
            with self.subTest(code):
                outcome = self.run_cell(code)
                self.assertEqual((outcome.status, outcome.result), ("ok", None))

    def test_a_last_line_in_parentheses_calls_what_stands_before_as_in_lua(self):
        self.assert_error("y = 5\nlocal f = y\n(1)", "attempt to call")

    def test_tables(self):
        for code, expected in {
            "{}": "{}",
            "{1, 2, 3}": "{1, 2, 3}",
            "{1, nil, 3}": "{1, nil, 3}",
            "{b = 2, a = 'x', [10] = true, ['with blank'] = 1, ['end'] = 0}":
                '{[10] = true, a = "x", b = 2, ["end"] = 0, ["with blank"] = 1}',
            "{{1, {2, {3}}}}": "{{1, {2, {3}}}}",
            "local t = {1} t.self = t\nt": "{1, self = <cycle>}",
            "{{{{{{{}}}}}}}": "{{{{{{…}}}}}}",
            "setmetatable({x = 1}, {__name = 'Point'})": "Point {x = 1}",
            "setmetatable({}, {__tostring = function() return 'mine' end})": "mine",
            "{'a\\nb\\0\"'}": '{"a\\nb\\000\\""}',
        }.items():
            with self.subTest(code):
                self.assert_result(code, expected)

    def test_long_tables_are_cut(self):
        result = self.run_cell("local t = {} for i = 1, 100000 do t[i] = i end\nt").result
        self.assertIn("… 99900 more", result)
        self.assertLess(len(result), 2000)
        nested = "local function tree(n) if n == 0 then return 1 end local t = {} for i = 1, 20 do t[i] = tree(n - 1) end return t end\ntree(4)"
        self.assertLess(len(self.run_cell(nested).result), 50000)

    def test_records_are_a_table_in_html_too(self):
        outcome = self.run_cell("{{name = '<a>', n = 1}, {name = 'b'}}")
        html = outcome.of_type("execute_result")[0]["data"]["text/html"]
        self.assertIn("<th>name</th>", html)
        self.assertIn("<td>&lt;a&gt;</td>", html)

    def test_mimebundle(self):
        outcome = self.run_cell(
            "setmetatable({}, {__mimebundle = function() return {['text/html'] = '<b>x</b>', ['image/png'] = '\\x89PNG'}"
            ", {['image/png'] = {width = 5}} end, __tostring = function() return 'text' end})"
        )
        content = outcome.of_type("execute_result")[0]
        self.assertEqual(content["data"], {"text/html": "<b>x</b>", "image/png": "iVBORw==", "text/plain": "text"})
        self.assertEqual(content["metadata"], {"image/png": {"width": 5}})
        self.assert_error("setmetatable({}, {__mimebundle = function() return 5 end})", "__mimebundle must return")
        self.assert_error("setmetatable({}, {__mimebundle = function() error('inside') end})", "inside")


class Locals(KernelTest):
    def test_they_live_on_and_closures_share_them(self):
        self.run_cell("local count = 0\nlocal function up() count = count + 1 return count end")
        self.assert_result("up(), count", "1\t1")
        self.run_cell("count = 10")
        self.assert_result("up()", "11")
        self.run_cell("local old, count = up, 'new'")
        self.assert_result("count, old()", "new\t12")

    def test_they_live_on_after_an_error(self):
        self.assert_error("local kept_by_error = 1\nerror('x')\nlocal never = 2", "x")
        self.assert_result("kept_by_error, never", "1\tnil")

    def test_inner_ones_do_not(self):
        self.run_cell("do local inner = 1 end for i = 1, 2 do local j = i end function f() local k = 1 end")
        self.assert_result("inner, i, j, k", "nil\tnil\tnil\tnil")

    def test_attributes(self):
        self.run_cell("local fixed <const>, other = {}, 1")
        self.assert_error("fixed = 1", "attempt to assign to const variable 'fixed'")
        self.assert_result("other", "1")
        self.run_cell("local folded <const> = 5")
        self.assert_result("folded", "5")
        self.run_cell("local folded = 6")
        self.assert_result("folded", "6")
        self.run_cell("folded = 7")
        self.assert_result("folded", "7")
        outcome = self.run_cell(
            "local _ <close> = setmetatable({}, {__close = function() print('closed') end})\nprint('body')"
        )
        self.assertEqual(outcome.stdout, "body\nclosed\n")
        self.assertEqual(self.run_cell("_, x = 1, 2").status, "ok")
        outcome = self.run_cell("local c <close> = setmetatable({}, {__close = function(_, e) print(e) end})\nerror('e', 0)")
        self.assertEqual(outcome.stdout, "e\n")

    def test_shadowing_in_one_cell(self):
        self.run_cell("local s = 1\nlocal function first() return s end\nlocal s = 2")
        self.assert_result("first(), s", "1\t2")

    def test_goto(self):
        self.run_cell("local n = 0\n::again::\nlocal copy = n\nn = n + 1\nif n < 3 then goto again end")
        self.assert_result("n, copy", "3\t2")
        self.assertEqual(self.run_cell("goto done\nlocal skipped = 1\n::done::").status, "ok")
        self.assert_result("skipped", "nil")

    def test_what_follows_a_declaration(self):
        self.run_cell("local a = 1 local b = a\n;(function() c = b end)()")
        self.assert_result("c", "1")
        self.run_cell("local d = 'x' .. 'y'\nlocal e = {d}\nlocal f = function() return e end\nlocal g")
        self.assert_result("f()[1], g", "xy\tnil")
        self.run_cell("local h = 5\n('x'):rep(2)")

    def test_two_hundred_in_one_cell_and_many_over_cells(self):
        self.assertEqual(self.run_cell("".join(f"local v{i} = {i}\n" for i in range(190))).status, "ok")
        self.assert_error("".join(f"local v{i} = {i}\n" for i in range(201)), "too many local variables")
        for first in range(200, 600, 100):
            self.run_cell("".join(f"local w{i} = {i}\n" for i in range(first, first + 100)))
        self.assert_result("+".join(f"w{i}" for i in range(200, 440)), str(sum(range(200, 440))))

    def test_an_environment_is_its_cells_own(self):
        outcome = self.run_cell("local print, _ENV = print, {}\nfrom_env = 1\nfunction get() return from_env end\nprint(get())")
        self.assertEqual(outcome.stdout, "1\n")
        self.assert_result("from_env, get", "nil\tnil")

    def test_vararg_is_empty(self):
        self.assert_result("select('#', ...), (...)", "0\tnil")


class Errors(KernelTest):
    def test_the_cells_own_lines(self):
        outcome = self.run_cell("\n\nlocal x = nil\nlocal y = x.field")
        count = outcome.reply["execution_count"]
        self.assertEqual(outcome.reply["evalue"], f"In[{count}]:4: attempt to index a nil value (local 'x')")
        self.assertIn("local y = x.field", outcome.traceback)

    def test_frames_are_quoted_across_cells(self):
        self.run_cell("function outer(f)\n  return (f())\nend")
        outcome = self.run_cell("local function inner()\n  error('deep')\nend\nouter(inner)")
        text = re.sub(r"\x1b\[[0-9;]*m", "", outcome.traceback)
        self.assertIn("error('deep')", text)
        self.assertIn("return (f())", text)
        self.assertIn("outer(inner)", text)
        self.assertIn("in function 'outer'", text)
        self.assertIn("in the cell", text)
        self.assertIn("\x1b[", outcome.traceback)

    def test_a_call_as_last_value_keeps_the_cells_frame(self):
        self.assertIn("in the cell", self.run_cell("local function f() error('x') end\nf()").traceback)
        self.assertIn("in the cell", self.run_cell("return error('x')").traceback)

    def test_through_coroutines_pcall_and_c(self):
        text = self.run_cell("coroutine.wrap(function()\n  local z\n  z.x = 1 -- here\nend)()").traceback
        self.assertIn("z.x = 1 -- here", text)
        self.assertIn("in a coroutine", text)
        text = self.run_cell("local ok, e = pcall(error, 'first')\nerror(e, 0)").traceback
        self.assertIn("first", text)
        text = self.run_cell("table.sort({2, 1}, function(a, b)\n  return a.x < b -- compare\nend)").traceback
        self.assertIn("table.sort", text)
        self.assertIn("-- compare", text)

    def test_values(self):
        for code, evalue in {
            "error({code = 1})": "{code = 1}",
            "error(setmetatable({}, {__tostring = function() return 'my text' end}))": "my text",
            "error()": "nil",
            "error(nil)": "nil",
            "error(5)": "5",
            "error('plain', 0)": "plain",
        }.items():
            self.assertEqual(self.run_cell(code).reply["evalue"], evalue)
        self.assertEqual(self.run_cell("error(setmetatable({}, {__name = 'MyError'}))").reply["ename"], "MyError")
        outcome = self.assert_error("error(setmetatable({}, {__tostring = error, __name = 'Mute'}))", "cannot be shown")
        self.assertEqual(outcome.reply["ename"], "Mute")

    def test_syntax(self):
        outcome = self.assert_error("x = 1\ny = = 2", "unexpected symbol near '='")
        self.assertEqual(outcome.reply["ename"], "SyntaxError")
        self.assertRegex(outcome.reply["evalue"], r"^In\[\d+\]:2:")
        self.assertIn("y = = 2", outcome.traceback)
        self.assert_error("1 2", "near '1'")
        self.assert_error("x = 1 end", "<eof> expected near 'end'")
        self.assert_error("goto nowhere", "no visible label 'nowhere'")

    def test_magics_are_explained(self):
        for code in ("%matplotlib inline", "  !ls"):
            self.assert_error(code, "no magics")

    def test_stack_overflow_and_impossible_sizes_are_errors_of_the_cell(self):
        self.assert_error("local function f() return 1 + f() end\nf()", "stack overflow")
        self.assert_error("local s = ('x'):rep(1 << 60)", "resulting string too large")
        self.assert_error("string.gsub(('x'):rep(300000), ('x?'):rep(300000), '')", "")
        self.assert_error("local t = setmetatable({}, {}) getmetatable(t).__index = t\nreturn t.x", "loop")
        self.assert_result("1", "1")

    def test_a_bad_binary_chunk_is_refused(self):
        self.assertEqual(self.run_cell("\x1bLua").status, "error")

    def test_pcall_is_luas(self):
        outcome = self.run_cell(
            "print(pcall(error, 'x')) print(pcall(select, '#')) print(select('#', pcall(function() end)))"
            " print(xpcall(error, function(m) return m .. '!' end, 'y')) print(pcall(pcall))"
        )
        self.assertEqual(
            outcome.stdout,
            "false\tx\ntrue\t0\n1\nfalse\ty!\nfalse\tbad argument #1 to 'pcall' (value expected)\n",
        )

    def test_coroutines_are_luas(self):
        outcome = self.run_cell(
            """local co = coroutine.create(function(a)
                print(pcall(function() local b = coroutine.yield(a + 1) error('e' .. b, 0) end))
                local x <close> = setmetatable({}, {__close = function() print('closed') end})
                coroutine.yield()
            end)
            print(coroutine.resume(co, 1)) print(coroutine.resume(co, 2))
            print(coroutine.close(co), coroutine.status(co)) print(coroutine.resume(co))
            print(coroutine.resume(coroutine.running()))
            print(pcall(coroutine.close, coroutine.running()))
            print(select(2, pcall(coroutine.wrap(function() error('w') end))):gsub('In%[%d+%]', 'In'))
            for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do io.write(v, ' ') end"""
        )
        self.assertEqual(
            outcome.stdout,
            "true\t2\nfalse\te2\ntrue\nclosed\ntrue\tdead\nfalse\tcannot resume dead coroutine\n"
            "false\tcannot resume non-suspended coroutine\nfalse\tcannot close a running coroutine\n"
            "In:10: w\t1\n1 2 3 ",
        )
