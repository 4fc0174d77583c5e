"""Completion, inspection, is_complete, history and comms."""

import os
import tempfile

from kernel_process import KernelTest


class Completion(KernelTest):
    def complete(self, code, cursor=None):
        return self.client.request("complete_request", {"code": code, "cursor_pos": len(code) if cursor is None else cursor})[0]["content"]

    def matches(self, code, cursor=None):
        return self.complete(code, cursor)["matches"]

    def test_names(self):
        self.run_cell("local kept_local = 1\nglobal_name = {field = {deep = 1}, method = function() end}")
        self.assertEqual(self.matches("string.re"), ["rep", "reverse"])
        self.assertEqual(self.matches('("x"):re'), ["rep", "reverse"])
        self.assertEqual(self.matches("x = 'a' .. kept_l"), ["kept_local"])
        self.assertEqual(self.matches("global_name.fie"), ["field"])
        self.assertEqual(self.matches("global_name.field.d"), ["deep"])
        self.assertEqual(self.matches("global_name['field'].d"), ["deep"])
        self.assertEqual(self.matches("global_name:"), ["method"])
        self.assertEqual(self.matches("local declared = 1\nreturn decl"), ["declared"])
        self.assertEqual(self.matches("print(global_name\n  .fie"), ["field"])
        self.assertIn("while", self.matches("whi"))
        self.assertEqual(self.matches("jupyter.clear"), ["clear_output"])
        self.assertEqual(self.matches("jupyter.comm.reg"), ["register_target"])

    def test_index_chains(self):
        self.run_cell(
            """base = {base_method = function() end}
            object = setmetatable({own = 1}, {__index = setmetatable({}, {__index = base})})
            list = {{inner = 1}}
            named = setmetatable({}, {__completions = function() return {told = 'instance', call = 'function'} end, __index = function() error('called') end})"""
        )
        self.assertEqual(self.matches("object:"), ["base_method"])
        self.assertEqual(self.matches("object."), ["base_method", "own"])
        self.assertEqual(self.matches("list[1]."), ["inner"])
        self.assertEqual(self.matches("named."), ["call", "told"])
        self.assertEqual(self.matches("named:"), ["call"])
        self.run_cell("tree = {branch = {{leaf = {deep = 1}}}}\nlocal word = 'abc'")
        self.assertEqual(self.matches("tree.branch[1]."), ["leaf"])
        self.assertEqual(self.matches("tree.branch[1]['leaf']."), ["deep"])
        self.assertEqual(self.matches("x = tree\n  .branch -- a comment\n  [1]\n  .le"), ["leaf"])
        self.assertEqual(self.matches("word:rev"), ["reverse"])
        self.run_cell("local which, field = 1, 'branch'")
        self.assertEqual(self.matches("tree[field][which]."), ["leaf"])
        self.assertEqual(self.matches("tree[nosuch]."), [])

    def test_nothing_is_called_and_nothing_is_found_where_nothing_is(self):
        self.run_cell("function danger() called = true return {} end")
        for code in ("danger().", "1.", "'in a string", "-- comm", "x = [[ str", "nosuch.thing.", ")", "", "{}.", "..", "a:b:"):
            self.complete(code)
        self.assert_result("called", "nil")
        self.assertEqual(self.matches("danger()."), [])
        self.assertEqual(self.matches("-- pri"), [])

    def test_cursor_counts_code_points(self):
        code = "s = 'äöü😀' .. string.re -- after"
        content = self.complete(code, code.index(" --"))
        self.assertEqual(content["matches"], ["rep", "reverse"])
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (code.index("re --"), code.index(" --")))

    def test_kinds(self):
        def kind(code):
            return self.complete(code)["metadata"]["_jupyter_types_experimental"][0]["type"]

        types = self.complete("math.p")["metadata"]["_jupyter_types_experimental"]
        self.assertIn({"text": "pi", "type": "instance", "start": 5, "end": 6}, types)
        self.run_cell("kinds = {method = function() end, callable = setmetatable({}, {__call = print})}")
        for code, expected in {
            "string.byt": "function",
            "kinds:meth": "method",
            "kinds.call": "function",
            "strin": "module",
            "whil": "keyword",
            "require 'strin": "module",
            "io.open('/etc/pass": "path",
        }.items():
            self.assertEqual(kind(code), expected, code)

    def test_modules_and_files_in_strings(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f"{folder}/my_folder")
            for name in ("my_module.lua", "my_other.txt", "my_folder/inner.lua", "my_native.so"):
                with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                    file.write("return 1")
            self.run_cell(
                f"""package.path, package.cpath = '{folder}/?.lua;' .. package.path, '{folder}/?.so;' .. package.cpath
                package.preload.my_preloaded = print"""
            )
            modules = ["my_folder", "my_module", "my_native", "my_preloaded"]
            self.assertEqual(self.matches("require 'my_"), modules)
            self.assertEqual(self.matches('require("my_'), modules)
            self.assertEqual(self.matches("require [[my_mod"), ["my_module"])
            self.assertEqual(self.matches("require 'my_folder."), ["my_folder.inner"])
            self.assertIn("jupyter", self.matches("require 'jup"))
            files = [f"{folder}/{name}" for name in ("my_folder/", "my_module.lua", "my_native.so", "my_other.txt")]
            self.assertEqual(self.matches(f"io.open('{folder}/my_"), files)
            self.run_cell(f"name = '{folder}/my_o'")
            code = f"local a = 'ä' io.open('{folder}/my_o"
            content = self.complete(code)
            self.assertEqual(content["matches"], [f"{folder}/my_other.txt"])
            self.assertEqual((content["cursor_start"], content["cursor_end"]), (code.index("/"), len(code)))

    def test_keys_in_strings_in_brackets(self):
        self.run_cell("keyed = {['first key'] = {['inner key'] = 1}, first = print, [1] = 2, ['quote\"d'] = 3}")
        self.assertEqual(self.matches('keyed["fir'), ["first", "first key"])
        self.assertEqual(self.matches("x = keyed['first key']['in"), ["inner key"])
        self.assertEqual(self.matches("keyed['"), ["first", "first key"])
        self.assertEqual(self.matches("keyed['nosuch"), [])

    def test_what_the_cell_declares(self):
        code = "local function outer(first_parameter)\n  for first_index = 1, 2 do\n    print(first_"
        self.assertEqual(self.matches(code), ["first_index", "first_parameter"])
        self.run_cell("local shared_local = {field = 1}\nfunction global_function() end")
        self.assertEqual(self.matches("shared_local.f"), ["field"])
        self.assertEqual(self.matches("global_fun"), ["global_function"])

    def test_odd_cursors(self):
        for cursor in (0, 1, 1000, -5):
            self.complete("pri", cursor)
        self.assert_result("1", "1")


class Inspection(KernelTest):
    def inspect(self, code, cursor=None, detail=0):
        content = self.client.request(
            "inspect_request",
            {"code": code, "cursor_pos": len(code) if cursor is None else cursor, "detail_level": detail},
        )[0]["content"]
        self.assertEqual(content["found"], bool(content["data"]))
        return content["data"].get("text/plain")

    def test_lua_functions(self):
        self.run_cell("-- Adds two numbers.\n-- Both are needed.\nlocal function add(a, b, ...)\n  return a + b\nend")
        text = self.inspect("add")
        self.assertIn("add(a, b, ...)", text)
        self.assertIn("Adds two numbers.\nBoth are needed.", text)
        self.assertNotIn("return a + b", text)
        self.assertIn("return a + b", self.inspect("add", detail=1))

    def test_the_standard_library_is_known_to_the_last_function(self):
        names = self.run_cell(
            """local names = {}
            for _, module in ipairs{'_G', 'coroutine', 'debug', 'io', 'math', 'os', 'package', 'string', 'table', 'utf8'} do
                for key, value in pairs(package.loaded[module]) do
                    if type(value) == 'function' and debug.getinfo(value, 'S').what == 'C' then
                        names[#names + 1] = module == '_G' and key or module .. '.' .. key
                    end
                end
            end
            for key, value in pairs(debug.getregistry()['FILE*'].__index) do
                names[#names + 1] = 'io.stdout:' .. key
            end
            return table.concat(names, ' ')"""
        ).result.split()
        self.assertGreaterEqual(len(names), 140)
        for name in names:
            self.assertIn("Doc:", self.inspect(name) or "", name)
        self.assertIn("file:read(...)", self.inspect("io.stdin:read("))

    def test_methods_arguments_and_keywords(self):
        self.assertIn("string.rep", self.inspect("('x'):rep"))
        self.assertIn("string.format", self.inspect("string.format('%d', 1, "))
        self.assertIn("string.sub", self.inspect("print(string.sub('x', (1)"))
        self.assertIn("loop", self.inspect("while"))

    def test_comments_and_sources_wherever_they_stand(self):
        self.run_cell("--[[ In brackets,\n  over lines. ]]\nfunction bracketed(x) return x end")
        self.assertIn("Doc:\nIn brackets,\n  over lines.", self.inspect("bracketed"))
        self.run_cell("object = {}\n--- With three dashes.\nfunction object:method(x)\n  return x\nend")
        text = self.inspect("object:method(1")
        self.assertIn("method(self, x)", text)
        self.assertIn("With three dashes.", text)
        self.run_cell("x = 1 -- of another line\n\nfunction bare() end")
        self.assertNotIn("Doc:", self.inspect("bare"))
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/documented.lua", "w", encoding="utf-8") as file:
                file.write("local m = {}\n-- Stands in a file: ä.\nfunction m.f(a, b)\n  return a -- body\nend\nreturn m")
            self.run_cell(f"package.path = '{folder}/?.lua;' .. package.path\ndocumented = require 'documented'")
            text = self.inspect("documented.f", detail=1)
            for part in ("f(a, b)", "Stands in a file: ä.", "documented.lua:3", "return a -- body"):
                self.assertIn(part, text)

    def test_the_cursor_counts_code_points(self):
        code = "s = 'äöü😀' .. string.rep('x', 2) .. nosuchname"
        self.assertIn("string.rep", self.inspect(code, code.index("rep") + 1))
        self.assertIn("string.rep", self.inspect(code, code.index("'x'")))
        self.assertIsNone(self.inspect(code, len(code)))

    def test_every_function_of_the_module_jupyter(self):
        names = self.run_cell(
            """local names = {}
            for key, value in pairs(jupyter) do
                if type(value) == 'function' then names[#names + 1] = key end
            end
            return table.concat(names, ' ')"""
        ).result.split()
        self.assertGreater(len(names), 10)
        for name in names + ["comm.open", "comm.register_target"]:
            self.assertRegex(self.inspect("jupyter." + name), rf"Signature: jupyter\.{name}\(.*\n.*\nDoc: ", name)

    def test_values(self):
        self.run_cell("value = {1, 2}\ntext = 'abc'")
        self.assertIn("{1, 2}", self.inspect("value"))
        self.assertIn("Type: string", self.inspect("text"))
        self.assertIn("float", self.inspect("math.pi"))
        self.run_cell("flags = {off = false}\nlocal no = false")
        for code in ("flags.off", "no", "(no"):
            self.assertEqual(self.inspect(code), "Type: boolean\nValue: false")
        self.run_cell("point = setmetatable({x = 1}, {__name = 'Point'})")
        self.assertIn("Type: table (Point)", self.inspect("point"))
        self.assertIn("Value: Point {x = 1}", self.inspect("point"))
        self.run_cell("long = ('x'):rep(100000)")
        self.assertIn("Length: 100000", self.inspect("long"))
        self.assertLess(len(self.inspect("long")), 3000)

    def test_a_librarys_help(self):
        self.run_cell(
            """package.loaded.mylib = {f = print}
            mylib = {f = function() end}
            package.loaded.mylib = mylib
            mylib._HELP = function(value) if value == mylib.f then return 'f(x) -> y', 'Does it.' end end"""
        )
        text = self.inspect("mylib.f")
        self.assertIn("f(x) -> y", text)
        self.assertIn("Does it.", text)

    def test_nothing_known(self):
        for code in ("nosuchname", "", "1 + ", "'string'"):
            self.assertIsNone(self.inspect(code))

    def test_the_pager(self):
        for code in ("?string.rep", "string.rep?", "  ?string.rep  "):
            payload = self.run_cell(code).reply["payload"]
            self.assertEqual(payload[0]["source"], "page")
            self.assertIn("string.rep(s, n [, sep])", payload[0]["data"]["text/plain"])
        self.run_cell("function shown_source() return 'the body' end")
        self.assertIn("the body", self.run_cell("??shown_source").reply["payload"][0]["data"]["text/plain"])
        outcome = self.run_cell("?nosuchname")
        self.assertEqual((outcome.status, outcome.reply["payload"]), ("ok", []))
        self.assertIn("nosuchname", outcome.stderr)


class IsComplete(KernelTest):
    def ask(self, code):
        content = self.client.request("is_complete_request", {"code": code})[0]["content"]
        return content["status"], content.get("indent")

    def test_all(self):
        for code, expected in {
            "1": ("complete", None),
            "x = 1": ("complete", None),
            "if x then": ("incomplete", "  "),
            "for i = 1, 2 do\n  if x then": ("incomplete", "    "),
            "for i = 1, 2 do\n    if x then": ("incomplete", "        "),
            "f(": ("incomplete", "  "),
            "t = {": ("incomplete", "  "),
            "x = ": ("incomplete", ""),
            "s = [[": ("incomplete", ""),
            "--[[": ("incomplete", ""),
            "if x then y() end\nwhile z do": ("incomplete", "  "),
            "end": ("invalid", None),
            "x = 'open": ("invalid", None),
            "x = 'open\\": ("incomplete", ""),
            "1 2": ("invalid", None),
            "repeat x() until": ("incomplete", ""),
            "repeat": ("incomplete", "  "),
            "local function f(a)": ("incomplete", "  "),
            "return function()\n  return function()": ("incomplete", "    "),
            "if x then\n  y()\nelse": ("incomplete", "  "),
            "f(function()\n  x()": ("incomplete", "    "),
            "local a <const> = 1": ("complete", None),
            "goto done\n::done::": ("complete", None),
            "?string.rep": ("complete", None),
        }.items():
            with self.subTest(code):
                self.assertEqual(self.ask(code), expected)


class History(KernelTest):
    def history(self, client=None, **content):
        content = {"output": False, "raw": True, **content}
        return (client or self.client).request("history_request", content)[0]["content"]["history"]

    def test_tail_range_search_across_sessions(self):
        with tempfile.TemporaryDirectory() as data:
            first = self.own_kernel(data=data)
            client = self.own_client(first)
            for code in ("1 + 1", "x = 2", "1 + 1", "error('e')"):
                client.execute(code)
            client.execute("hidden", store_history=False)
            self.assertEqual([row[2] for row in self.history(client, hist_access_type="tail", n=3)], ["x = 2", "1 + 1", "error('e')"])
            client.send("control", "shutdown_request", {"restart": False})
            first.wait()
            second = self.own_kernel(data=data)
            client = self.own_client(second)
            client.execute("'second'")
            rows = self.history(client, hist_access_type="tail", n=2, output=True)
            self.assertEqual([row[2] for row in rows], [["error('e')", None], ["'second'", "second"]])
            self.assertEqual([row[2] for row in self.history(client, hist_access_type="range", session=-1, start=1, stop=3)], ["1 + 1", "x = 2"])
            self.assertEqual([row[2] for row in self.history(client, hist_access_type="range", session=0, start=1)], ["'second'"])
            self.assertEqual([row[1] for row in self.history(client, hist_access_type="search", pattern="1*")], [1, 3])
            self.assertEqual([row[1] for row in self.history(client, hist_access_type="search", pattern="1*", unique=True)], [3])
            self.assertEqual([row[1] for row in self.history(client, hist_access_type="search", pattern="*", n=1)], [1])
            found = self.history(client, hist_access_type="search", pattern="1 ?1", output=True, unique=True)
            self.assertEqual([row[2] for row in found], [])
            found = self.history(client, hist_access_type="search", pattern="1 ? 1", output=True, unique=True)
            self.assertEqual([row[2] for row in found], [["1 + 1", "2"]])
            self.assertEqual(self.history(client, hist_access_type="nonsense"), [])

    def test_two_kernels_write_at_once(self):
        with tempfile.TemporaryDirectory() as data:
            clients = [self.own_client(self.own_kernel(data=data)) for _ in range(2)]
            for i in range(10):
                for client in clients:
                    client.execute(f"{i}")
            for client in clients:
                self.history(client, hist_access_type="tail")
            self.assertEqual(len(self.history(clients[0], hist_access_type="tail", n=100)), 20)

    def test_a_place_that_cannot_be_written(self):
        client = self.own_client(self.own_kernel(data="/proc/nowhere"))
        client.execute("'kept in memory'")
        self.assertEqual([row[2] for row in self.history(client, hist_access_type="tail")], ["'kept in memory'"])


class Comms(KernelTest):
    def send(self, kind, **content):
        return self.client.outputs_of(self.client.send("shell", kind, content))

    def comms(self, **content):
        return self.client.request("comm_info_request", content)[0]["content"]["comms"]

    def test_a_front_end_opens_one(self):
        self.run_cell(
            """jupyter.comm.register_target('echo', function(comm, data)
                print('opened with', data.x)
                comm:on_msg(function(message) comm:send({echo = message.list, n = #message.list}) end)
                comm:on_close(function() print('closed') end)
            end)"""
        )
        opened = self.send("comm_open", comm_id="c1", target_name="echo", data={"x": 5})
        self.assertEqual([m["content"]["text"] for m in opened if m["type"] == "stream"], ["opened with\t5\n"])
        self.assertEqual(self.comms(), {"c1": {"target_name": "echo"}})
        self.assertEqual(self.comms(target_name="other"), {})
        answer = [m for m in self.send("comm_msg", comm_id="c1", data={"list": [1, 2]}) if m["type"] == "comm_msg"]
        self.assertEqual(answer[0]["content"], {"comm_id": "c1", "data": {"echo": [1, 2], "n": 2}})
        closed = self.send("comm_close", comm_id="c1", data={})
        self.assertEqual([m["content"]["text"] for m in closed if m["type"] == "stream"], ["closed\n"])
        self.assertEqual(self.comms(), {})

    def test_lua_opens_one(self):
        opened = self.run_cell("comm = jupyter.comm.open('widget', {a = 1})").of_type("comm_open")[0]
        self.assertEqual((opened["target_name"], opened["data"]), ("widget", {"a": 1}))
        self.assertEqual(self.run_cell("comm:send({b = 2})").of_type("comm_msg")[0]["data"], {"b": 2})
        self.assertEqual(self.run_cell("comm:close()").of_type("comm_close")[0]["comm_id"], opened["comm_id"])
        self.assert_error("comm:send({})", "closed")

    def test_an_unknown_target_is_closed_and_errors_go_to_stderr(self):
        messages = self.send("comm_open", comm_id="c2", target_name="nobody", data={})
        self.assertEqual([m["content"]["comm_id"] for m in messages if m["type"] == "comm_close"], ["c2"])
        self.run_cell("jupyter.comm.register_target('bad', function() error('in the target') end)")
        messages = self.send("comm_open", comm_id="c3", target_name="bad", data={})
        text = "".join(m["content"]["text"] for m in messages if m["type"] == "stream")
        self.assertIn("in the target", text)
        self.send("comm_close", comm_id="c3", data={})
        self.send("comm_msg", comm_id="never opened", data={})
        self.send("comm_msg")
        self.send("comm_open", comm_id="c4")
        self.assert_result("1", "1")

    def test_an_endless_handler_is_interrupted(self):
        self.run_cell("jupyter.comm.register_target('loop', function() print('begun') while true do end end)")
        header = self.client.send("shell", "comm_open", {"comm_id": "c5", "target_name": "loop", "data": {}})
        while self.client.receive("iopub")["type"] != "stream":
            pass
        self.client.send("control", "interrupt_request", {})
        self.client.receive("control")
        self.client.outputs_of(header)
