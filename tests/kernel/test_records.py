"""A list of records is a table in HTML, beside its text."""

import re

from kernel_process import KernelTest


class Records(KernelTest):
    def bundle(self, code):
        outcome = self.run_cell(code)
        self.assertEqual(outcome.status, "ok", outcome.reply)
        return outcome.of_type("execute_result")[0]["data"]

    def rows(self, code):
        """The cells of each row, the head first, as the HTML has them."""
        html = self.bundle(code)["text/html"]
        return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", html, re.S)]

    def test_fields_are_columns_in_the_order_of_their_names(self):
        code = "{{name = 'Ada', born = 1815}, {born = 1906.5, name = 'Grace', alive = false}}"
        for _ in range(3):
            self.assertEqual(
                self.rows(code),
                [["", "alive", "born", "name"], ["1", "", "1815", "Ada"], ["2", "false", "1906.5", "Grace"]],
            )
        self.assertEqual(
            self.bundle(code)["text/plain"],
            '{{born = 1815, name = "Ada"}, {alive = false, born = 1906.5, name = "Grace"}}',
        )
        self.assertEqual(len(self.rows("{{a = 1}}")), 2)

    def test_it_is_escaped(self):
        rows = self.rows("{{['<b>&\"'] = '<script>\"&', b = {'<i>'}}, {['<b>&\"'] = 1, b = 2}}")
        self.assertEqual(rows[0][1], "&lt;b&gt;&amp;&quot;")
        self.assertEqual(rows[1][1:], ["&lt;script&gt;&quot;&amp;", "{&quot;&lt;i&gt;&quot;}"])

    def test_rows_columns_and_cells_are_bounded(self):
        rows = self.rows("local t = {} for i = 1, 100000 do t[i] = {x = i, y = -i} end\nt")
        self.assertEqual(len(rows), 62)
        self.assertEqual(rows[60], ["60", "60", "-60"])
        self.assertEqual(rows[61], ["…", "99940 more"])
        rows = self.rows("local r = {} for i = 1, 1000 do r[('c%03d'):format(i)] = i end\n{r, r}")
        self.assertEqual((len(rows[0]), rows[0][-1]), (32, "… 970 more"))
        rows = self.rows("{{s = ('ä'):rep(5000), t = {('x'):rep(5000)}}}")
        self.assertEqual(rows[1][1], "ä" * 100 + "…")
        self.assertLess(len(rows[1][2]), 300)

    def test_nested_and_cyclic_cells(self):
        rows = self.rows(
            """local list = {{name = 'a', inner = {1, {2, {3, {4}}}}}, {name = 'b'}}
            list[1].self, list[2].self = list, list[2]
            local long = {} for i = 1, 1000 do long[i] = {i, {i}} end
            list[2].inner = long
            list"""
        )
        self.assertEqual(rows[1][1], "{1, {2, {…}}}")
        self.assertLess(len(rows[2][1]), 300)
        self.assertIn("{…}", rows[1][3])
        self.assertNotIn("\n", rows[2][3])

    def test_cells_that_show_themselves(self):
        rows = self.rows(
            "{{p = setmetatable({x = 1}, {__name = 'Point'}), q = setmetatable({}, {__tostring = function() return 'a\\nb' end})}}"
        )
        self.assertEqual(rows[1][1:], ["Point {x = 1}", "a b"])

    def test_strange_bytes(self):
        self.assertIn("\ufffd", self.bundle("{{s = '\\xff\\0'}, {s = 'x'}}")["text/html"])

    def test_other_tables_are_none(self):
        for code in (
            "{}", "{1, 2}", "{{1, 2}, {3, 4}}", "{{}, {}}", "{{a = 1}, 2}", "{{a = 1, 5}, {a = 2}}", "{x = {a = 1}}",
            "{{a = 1}, {a = 2}, n = 2}", "setmetatable({{a = 1}}, {})", "{setmetatable({a = 1}, {}), {a = 2}}",
            "{{a = 1, b = 1, c = 1}, {d = 1, e = 1, f = 1}, {g = 1, h = 1}}", "{{[2.5] = 1}, {[2.5] = 2}}",
        ):
            with self.subTest(code):
                self.assertEqual(list(self.bundle(code)), ["text/plain"])


class Tables(KernelTest):
    def text(self, code):
        outcome = self.run_cell(code)
        self.assertEqual(outcome.status, "ok", outcome.reply)
        return outcome.result

    def test_nested_ones_are_indented_when_they_are_long(self):
        text = self.text("{matrix = {{1, 2}, {3, 4}}, text = ('x'):rep(60), more = {deep = ('y'):rep(60)}}")
        self.assertEqual(
            text.split("\n"),
            ["{", "  matrix = {{1, 2}, {3, 4}},", '  more = {deep = "' + "y" * 60 + '"},', '  text = "' + "x" * 60 + '"', "}"],
        )

    def test_cycles_through_keys_values_and_metatables(self):
        self.assertEqual(self.text("local a, b = {}, {} a.b, b.a = b, a\na"), "{b = {a = <cycle>}}")
        self.assertEqual(self.text("local t = {} t[t] = 1\nt"), "{[<cycle>] = 1}")
        self.assertEqual(self.text("local t = {} setmetatable(t, t) t.__index = t t.__name = 'Class'\nt"),
                         'Class {__index = Class <cycle>, __name = "Class"}')
        self.assertEqual(self.text("local t = {1} t[2] = t[1]\nlocal s = {x = 1}\n{s, s}"), "{{x = 1}, {x = 1}}")

    def test_metamethods_do_not_disturb(self):
        self.assertEqual(self.text("setmetatable({1, x = 2}, {__index = error, __len = error, __pairs = error, __eq = error})"),
                         "{1, x = 2}")
        self.assertEqual(self.text("setmetatable({1}, {__metatable = 'hidden'})"), "{1}")
        self.assertEqual(self.run_cell("setmetatable({}, {__tostring = function() error('in it') end})").status, "error")

    def test_short_items_of_a_long_list_share_lines(self):
        lines = self.text("local t = {} for i = 1, 60 do t[i] = i end t[30] = {} t.key = 1\nt").split("\n")
        self.assertEqual(lines[1], "  " + ", ".join(str(i) for i in range(1, 23)) + ",")
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertIn("  {},", lines)
        self.assertEqual(lines[-2:], ["  key = 1", "}"])

    def test_a_long_string_and_a_long_list_are_cut_and_say_so(self):
        self.assertIn("… (100000 bytes)", self.text("{('x'):rep(100000)}"))
        self.assertIn("… 900 more", self.text("local t = {} for i = 1, 1000 do t[i] = i end\nt"))
        self.assertIn("… 900 more", self.text("local t = {} for i = 1, 1000 do t['k' .. i] = i end\nt"))
