"""The protocol as frames: signatures, busy and idle, parents, the welcome, what is refused."""

import json

import pygments.lexers

from kernel_process import DELIMITER, TIMEOUT, Gate, KernelTest

import zmq


class Requests(KernelTest):
    def assert_framed(self, reply, messages, header):
        self.assertEqual(reply["parent"], header)
        states = [m["content"].get("execution_state") for m in messages]
        self.assertEqual((states[0], states[-1]), ("busy", "idle"))
        for message in messages:
            self.assertEqual(message["parent"], header)

    def test_every_request_is_answered_between_busy_and_idle(self):
        requests = {
            "kernel_info_request": {},
            "execute_request": {"code": "print(1)"},
            "is_complete_request": {"code": "x ="},
            "complete_request": {"code": "pri", "cursor_pos": 3},
            "inspect_request": {"code": "print", "cursor_pos": 5, "detail_level": 0},
            "history_request": {"hist_access_type": "tail", "n": 1, "output": False, "raw": True},
            "comm_info_request": {},
            "connect_request": {},
        }
        for kind, content in requests.items():
            with self.subTest(kind):
                header = self.client.send("shell", kind, content)
                reply = self.client.receive("shell")
                self.assertEqual(reply["type"], kind.replace("request", "reply"))
                self.assertEqual(reply["content"]["status"] if kind != "is_complete_request" else "ok", "ok")
                self.assert_framed(reply, self.client.outputs_of(header), header)

    def test_unknown_types_get_busy_and_idle_and_no_reply(self):
        for channel in ("shell", "control"):
            with self.subTest(channel):
                header = self.client.send(channel, "nonsense_request", {})
                states = [m["content"]["execution_state"] for m in self.client.outputs_of(header)]
                self.assertEqual(states, ["busy", "idle"])
                self.assertTrue(self.client.silent(channel, 0.05))

    def test_requests_without_their_fields_are_answered(self):
        for kind in ("execute", "complete", "inspect", "is_complete", "history"):
            with self.subTest(kind):
                reply, _ = self.client.request(kind + "_request", {})
                self.assertEqual(reply["type"], kind + "_reply")
        reply, _ = self.client.request("execute_request", {"code": 5})
        self.assertEqual(reply["content"]["status"], "error")

    def test_kernel_info(self):
        for channel in ("shell", "control"):
            content = self.client.request("kernel_info_request", {}, channel)[0]["content"]
            self.assertEqual(content["language_info"]["name"], "lua")
            self.assertEqual(content["language_info"]["file_extension"], ".lua")
            self.assertRegex(content["language_info"]["version"], r"^5\.4\.\d+$")
            self.assertRegex(content["protocol_version"], r"^5\.\d+$")
            # CodeMirror's and Pygments' names, by which cells are coloured; nbconvert's too.
            self.assertEqual(content["language_info"]["codemirror_mode"], {"name": "lua"})
            self.assertEqual(content["language_info"]["mimetype"], "text/x-lua")
            lexer = pygments.lexers.get_lexer_by_name(content["language_info"]["pygments_lexer"])
            self.assertIn((pygments.token.Keyword.Declaration, "local"), lexer.get_tokens("local x"))
            self.assertEqual((content["debugger"], content["supported_features"]), (False, []))
            for field in ("implementation", "implementation_version", "banner", "help_links"):
                self.assertTrue(content[field], field)

    def test_heartbeat_echoes(self):
        self.client.hb.send(b"ping")
        self.assertTrue(self.client.hb.poll(TIMEOUT * 1000))
        self.assertEqual(self.client.hb.recv(), b"ping")

    def test_control_and_heartbeat_answer_while_a_cell_runs(self):
        gate = Gate(self)
        header = self.client.execute_later(gate.spin)
        self.client.await_start(header)
        self.client.hb.send(b"ping")
        self.assertTrue(self.client.hb.poll(TIMEOUT * 1000))
        self.client.hb.recv()
        self.client.send("control", "kernel_info_request", {})
        self.assertEqual(self.client.receive("control")["type"], "kernel_info_reply")
        gate.open()
        self.client.receive("shell")
        self.client.outputs_of(header)

    def test_buffers_are_tolerated(self):
        header = self.client.send("shell", "kernel_info_request", {}, extra=[b"\0\xff" * 100, b""])
        self.assertEqual(self.client.receive("shell")["parent"], header)
        self.client.outputs_of(header)

    def test_headers_as_front_ends_write_them(self):
        # JupyterLab and VS Code: ids of their own form, a date in milliseconds, fields that we do not know.
        for more in (
            {"msg_id": "2bd7ea5f-5d6b-4c55-a0ef-0b1c8a0e2f6d", "date": "2026-01-01T00:00:00.000Z", "version": "5.2", "username": ""},
            {"subshell_id": None, "version": "5.4", "new_field": {"deep": [1, 2]}},
            {"date": "", "username": "ü", "session": ""},
        ):
            header = {**self.client.header("execute_request"), **more}
            content = {"code": "'shown'", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True,
                       "stop_on_error": True, "cell_id": "c"}
            metadata = {"deletedCells": [], "recordTiming": True, "cellId": "c", "trusted": True}
            parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
            self.client.shell.send_multipart([DELIMITER, self.client.sign(parts), *parts])
            reply = self.client.receive("shell")
            self.assertEqual((reply["parent"], reply["content"]["status"]), (header, "ok"))
            self.client.outputs_of(header)

    def test_a_client_that_comes_again_under_its_name_takes_over(self):
        for _ in range(2):
            end = self.client.context.socket(zmq.DEALER)
            self.addCleanup(end.close, 0)
            end.identity = b"the same name"
            end.reconnect_ivl = -1  # the first, being driven out, does not drive out the second
            end.connect(self.client.address("shell"))
            header, frames = self.client.frames("kernel_info_request", {})
            end.send_multipart(frames)
            self.assertTrue(end.poll(TIMEOUT * 1000))
            self.assertEqual(json.loads(end.recv_multipart()[3]), header)
            self.client.outputs_of(header)

    def test_message_ids_are_unique_and_the_date_is_utc(self):
        _, messages = self.client.request("execute_request", {"code": "print(1)"})
        ids = [m["header"]["msg_id"] for m in messages]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertRegex(messages[0]["header"]["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


class Signatures(KernelTest):
    def refused(self, frames):
        self.client.shell.send_multipart(frames)
        self.assertTrue(self.client.silent("shell", 0.2))
        self.assertTrue(self.client.silent("iopub", 0))

    def test_wrong_short_and_missing_signatures_are_refused(self):
        header, frames = self.client.frames("kernel_info_request", {})
        good = frames[1]
        for bad in (b"0" * 64, b"", good[:-1], good + b"0", good.upper() + b"", b"\0" * 64):
            if bad != good:
                self.refused([DELIMITER, bad, *frames[2:]])
        self.client.shell.send_multipart(frames)
        self.assertEqual(self.client.receive("shell")["type"], "kernel_info_reply")
        self.client.outputs_of(header)

    def test_a_replay_is_refused(self):
        header, frames = self.client.frames("kernel_info_request", {})
        self.client.shell.send_multipart(frames)
        self.client.receive("shell")
        self.client.outputs_of(header)
        self.refused(frames)

    def test_replays_are_known_among_tens_of_thousands(self):
        # More than are remembered; each is refused for its header, but not forgotten for that.
        first, last = (self.client.frames("kernel_info_request", {}) for _ in range(2))
        for header, frames in (first, last):
            if header is last[0]:
                for i in range(40000):
                    parts = [b"[]", b"{}", b"{}", b"%d" % i]
                    self.client.shell.send_multipart([DELIMITER, self.client.sign(parts), *parts])
            self.client.shell.send_multipart(frames)
            self.assertEqual(self.client.receive("shell")["parent"], header)
            self.client.outputs_of(header)
        self.refused(last[1])
        for i in (10000, 20000, 39999):
            parts = [b"[]", b"{}", b"{}", b"%d" % i]
            self.refused([DELIMITER, self.client.sign(parts), *parts])

    def test_nothing_is_parsed_before_the_signature_is_right(self):
        self.refused([DELIMITER, b"0" * 64, b"[" * 100000, b"{}", b"{}", b"{}"])

    def test_signed_garbage_is_refused(self):
        for parts in (
            [b"{", b"{}", b"{}", b"{}"],
            [b"[]", b"{}", b"{}", b"{}"],
            [b"{}", b"{}", b"{}", b"{}"],
            [b'{"msg_type": "x"}', b"{}", b"{}", b"{}"],
            [b'{"msg_type": 5, "msg_id": "a"}', b"{}", b"{}", b"{}"],
            [b'{"msg_type": "x", "msg_id": "b"}', b"{}", b"{}", b'"text"'],
            [b'{"msg_type": "\xff", "msg_id": "c"}', b"{}", b"{}", b"{}"],
            [b"[" * 100000, b"{}", b"{}", b"{}"],
        ):
            self.refused([DELIMITER, self.client.sign(parts), *parts])
        self.refused([b"no delimiter", b"at all"])
        self.refused([DELIMITER])
        self.refused([DELIMITER, b""])
        self.assertTrue(self.kernel.alive())


class Unsigned(KernelTest):
    options = {"key": ""}

    def test_an_empty_key_means_no_signatures(self):
        self.assert_result("1 + 1", "2")

    def test_then_the_same_message_may_come_twice(self):
        header, frames = self.client.frames("kernel_info_request", {})
        for _ in range(2):
            self.client.shell.send_multipart(frames)
            self.assertEqual(self.client.receive("shell")["parent"], header)
            self.client.outputs_of(header)


class Welcome(KernelTest):
    def test_it_is_the_first_message(self):
        self.assertEqual(self.client.welcome["type"], "iopub_welcome")
        self.assertEqual(self.client.welcome["content"], {"subscription": ""})
        self.assertEqual(self.client.welcome["topic"], b"")

    def test_each_subscriber_gets_one_first_while_output_flows(self):
        header = self.client.execute_later("for i = 1, 200 do print(i) os.execute('sleep 0.005') end")
        for _ in range(5):
            other = self.own_client(self.kernel)
            self.assertEqual(other.welcome["type"], "iopub_welcome")
        self.client.receive("shell")
        self.client.outputs_of(header)

    def test_a_topic_is_named_and_filters(self):
        other = self.own_client(self.kernel, subscribe=b"kernel.")
        self.assertEqual(other.welcome["content"], {"subscription": "kernel."})
        self.run_cell("print(1)")
        self.assertTrue(other.receive("iopub")["topic"].startswith(b"kernel."))


class InterprocessTransport(KernelTest):
    options = {"transport": "ipc"}

    def test_every_channel_works(self):
        self.assertEqual(self.client.welcome["type"], "iopub_welcome")
        self.assert_result("1 + 1", "2")
        self.client.hb.send(b"ping")
        self.assertTrue(self.client.hb.poll(TIMEOUT * 1000))
        self.assertEqual(self.client.hb.recv(), b"ping")
        self.assertEqual(self.client.request("kernel_info_request", {}, "control")[0]["content"]["status"], "ok")
        header = self.client.execute_later("io.read()", allow_stdin=True)
        self.assertEqual(self.client.receive("stdin")["parent"], header)
        self.client.send("stdin", "input_reply", {"value": "answer"})
        self.assertEqual(self.client.receive("shell")["content"]["status"], "ok")
        self.client.outputs_of(header)


class Queue(KernelTest):
    def behind_an_error(self, *requests, **options):
        """The headers of a cell that fails and of the requests that wait behind it by then."""
        gate = Gate(self)
        headers = [self.client.execute_later(gate.spin + " os.execute('sleep 0.3') error('stop')", **options)]
        headers += [self.client.send("shell", kind, content) for kind, content in requests]
        gate.open()
        return headers

    def replies(self, count):
        found = {}
        for _ in range(count):
            reply = self.client.receive("shell")
            found[reply["parent"]["msg_id"]] = reply["content"]["status"]
        return found

    def test_an_error_aborts_the_execute_requests_behind_it_and_nothing_else(self):
        run = ("execute_request", {"code": "x = 'ran'"})
        headers = self.behind_an_error(run, ("kernel_info_request", {}), run)
        statuses = self.replies(4)
        self.assertEqual([statuses[h["msg_id"]] for h in headers], ["error", "aborted", "ok", "aborted"])
        self.assert_result("x", "nil")

    def test_without_stop_on_error_they_run(self):
        headers = self.behind_an_error(("execute_request", {"code": "1"}), stop_on_error=False)
        self.assertEqual(self.replies(2)[headers[1]["msg_id"]], "ok")

    def test_what_comes_after_the_reply_is_run(self):
        for _ in range(50):
            self.assertEqual(self.run_cell("error('x')").status, "error")
            self.assertEqual(self.run_cell("1").status, "ok")


class Options(KernelTest):
    def test_silent_publishes_nothing_and_counts_nothing(self):
        before = self.run_cell("0").reply["execution_count"]
        outcome = self.run_cell("1 + 1", silent=True)
        self.assertEqual([m["type"] for m in outcome.messages], ["status", "status"])
        self.assertEqual(outcome.reply["execution_count"], before)
        outcome = self.run_cell("error('x')", silent=True)
        self.assertEqual(outcome.status, "error")
        self.assertEqual([m["type"] for m in outcome.messages], ["status", "status"])
        outcome = self.run_cell("1", store_history=False)
        self.assertEqual(outcome.reply["execution_count"], before)
        self.assertEqual(self.run_cell("1").reply["execution_count"], before + 1)

    def test_user_expressions(self):
        outcome = self.run_cell("v = 5", user_expressions={"good": "v + 1", "bad": "v.x.y", "no": ")"})
        values = outcome.reply["user_expressions"]
        self.assertEqual(values["good"]["data"]["text/plain"], "6")
        self.assertEqual(values["bad"]["status"], "error")
        self.assertTrue(values["bad"]["traceback"])
        self.assertEqual(values["no"]["ename"], "SyntaxError")

    def test_execute_input_names_code_and_count(self):
        outcome = self.run_cell("1 -- ü")
        self.assertEqual(
            outcome.of_type("execute_input"),
            [{"code": "1 -- ü", "execution_count": outcome.reply["execution_count"]}],
        )


class StandardInput(KernelTest):
    def ask(self, code):
        header = self.client.execute_later(code, allow_stdin=True)
        return header, self.client.receive("stdin")

    def answer(self, text):
        self.client.send("stdin", "input_reply", {"value": text})

    def finish(self, header):
        reply = self.client.receive("shell")
        return reply["content"], self.client.outputs_of(header)

    def text_of(self, messages):
        return "".join(m["content"]["text"] for m in messages if m["type"] == "stream")

    def test_io_read(self):
        header, request = self.ask("io.write('name? ') print(io.read(), io.read('n'))")
        self.assertEqual(request["content"], {"prompt": "", "password": False})
        self.assertEqual(request["parent"], header)
        self.answer("Lua ü")
        self.client.receive("stdin")
        self.answer("42")
        reply, messages = self.finish(header)
        self.assertEqual(reply["status"], "ok")
        self.assertEqual(self.text_of(messages), "name? Lua ü\t42\n")

    def test_jupyter_input_with_password(self):
        header, request = self.ask("print(#jupyter.input('pass: ', {password = true}))")
        self.assertEqual(request["content"], {"prompt": "pass: ", "password": True})
        self.answer("four")
        self.assertEqual(self.text_of(self.finish(header)[1]), "4\n")

    def test_a_stale_reply_is_not_an_answer(self):
        self.answer("stale")
        self.run_cell("1")
        header, _ = self.ask("print(io.read())")
        self.answer("fresh")
        self.assertEqual(self.text_of(self.finish(header)[1]), "fresh\n")

    def test_it_is_refused_without_allow_stdin(self):
        for code in ("io.read()", "jupyter.input('x')", "io.stdin:read('l')", "for l in io.lines() do end"):
            outcome = self.run_cell(code, allow_stdin=False)
            self.assertEqual(outcome.status, "error", code)
            self.assertIn("allow_stdin", outcome.reply["evalue"])

    def test_a_client_without_a_stdin_channel_is_not_waited_for(self):
        other = self.own_client(self.kernel, channels=("shell",))
        outcome = other.execute("jupyter.input()", allow_stdin=True)
        self.assertIn("stdin channel", outcome.reply["evalue"])

    def test_reading_a_file_asks_nobody(self):
        outcome = self.run_cell(
            "local f = io.tmpfile() f:write('in the file') f:seek('set') print(f:read('a'))", allow_stdin=False
        )
        self.assertEqual(outcome.stdout, "in the file\n")


class Json(KernelTest):
    def test_nul_and_surrogates_in_code(self):
        parts = [
            json.dumps(self.client.header("execute_request")).encode(),
            b"{}",
            b"{}",
            b'{"code": "return #\'a\\u0000b\\ud83d\\ude00\'"}',
        ]
        self.client.shell.send_multipart([DELIMITER, self.client.sign(parts), *parts])
        self.assertEqual(self.client.receive("shell")["content"]["status"], "ok")
        values = []
        while not values or values[-1]["content"].get("execution_state") != "idle":
            values.append(self.client.receive("iopub"))
        results = [m for m in values if m["type"] == "execute_result"]
        self.assertEqual(results[0]["content"]["data"]["text/plain"], "7")
