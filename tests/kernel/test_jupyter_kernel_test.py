"""jupyter_kernel_test's full set: every attribute is filled, so that nothing is skipped."""

import jupyter_kernel_test


class LuaKernel(jupyter_kernel_test.KernelTests):
    kernel_name = "lua-5.4"
    language_name = "lua"
    file_extension = ".lua"

    code_hello_world = 'print("hello, world")'
    code_stderr = 'io.stderr:write("oops\\n")'
    completion_samples = [
        {"text": "string.re", "matches": ["rep", "reverse"]},
        {"text": '("x"):re', "matches": ["rep", "reverse"]},
        {"text": "functio", "matches": ["function"]},
        {"text": "math.ma", "matches": ["max", "maxinteger"]},
    ]
    complete_code_samples = ["1", "x = 1", "1, 2", "for i = 1, 2 do end", "print('a')\n-- end", ""]
    incomplete_code_samples = ["for i = 1, 2 do", "x = ", "f(", "x = [[a\nb", "--[[ a"]
    invalid_code_samples = ["x = = 1", "end", "x = 'a", "1 2"]
    code_page_something = "?string.rep"
    code_generate_error = "error('deliberate')"
    code_execute_result = [
        {"code": "1 + 1", "result": "2"},
        {"code": "'a' .. 'b'", "result": "ab"},
        {"code": "{1, 2, {x = 3}}", "result": "{1, 2, {x = 3}}"},
        {"code": "1 + 1", "result": "2"},
        {"code": "1 + 1", "result": "2"},
    ]
    code_display_data = [
        {"code": "jupyter.display(jupyter.html('<b>x</b>'))", "mime": "text/html"},
        {"code": "jupyter.display(1)", "mime": "text/plain"},
    ]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "1 + *"
    code_inspect_sample = "string.rep"
    code_clear_output = "jupyter.clear_output()"


class LuaKernelWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "lua-5.4"
    support_iopub_welcome = True


del jupyter_kernel_test
