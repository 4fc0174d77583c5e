"""Front-ends as people run them: nbconvert, papermill and jupyter console."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import nbformat
import pexpect

TIMEOUT = 180


class FrontEnds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.notebook = os.path.join(folder.name, "notebook.ipynb")
        cells = [
            "local function square(n) return n * n end -- a comment",
            "print(square(3))\nsquare(4)",
            "jupyter.html('<b>bold</b>')",
        ]
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "lua-5.4", "display_name": "Lua 5.4", "language": "lua"}},
        )
        nbformat.write(notebook, self.notebook)

    def run_program(self, *arguments):
        outcome = subprocess.run(
            [sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return outcome.stdout

    def assert_executed(self, path):
        notebook = nbformat.read(path, 4)
        printed, shown = notebook.cells[1].outputs
        self.assertEqual((printed.text, shown.data["text/plain"]), ("9\n", "16"))
        self.assertEqual(notebook.cells[2].outputs[0].data["text/html"], "<b>bold</b>")
        self.assertEqual(notebook.metadata.language_info.pygments_lexer, "lua")

    def test_nbconvert_executes_and_colours(self):
        self.run_program("nbconvert", "--to", "notebook", "--execute", "--inplace", self.notebook)
        self.assert_executed(self.notebook)
        page = self.run_program("nbconvert", "--to", "html", "--stdout", self.notebook)
        self.assertIn("highlight hl-lua", page)
        self.assertRegex(page, r'<span class="kr">function</span>.*<span class="c1">-- a comment</span>')

    def test_papermill(self):
        result = os.path.join(self.folder, "result.ipynb")
        self.run_program("papermill", "--no-progress-bar", self.notebook, result)
        self.assert_executed(result)

    def test_jupyter_console(self):
        console = pexpect.spawn(
            sys.executable, ["-m", "jupyter_console", "--kernel", "lua-5.4", "--simple-prompt"], encoding="utf-8",
            timeout=TIMEOUT, dimensions=(40, 120)
        )
        self.addCleanup(console.close, True)

        def enter(line, answer):
            console.expect(r"In \[\d+\]: ")
            console.sendline(line)
            console.expect(answer)

        console.expect(re.escape("Lua 5.4"))
        enter("x = 5 print('printed', x)", "printed\t5")
        enter("x * 2", r"Out\[2\]: 10")
        enter("error('deliberate')", r"In\[3\]:1: deliberate")
        enter("print('begun') while true do local _ = {} end", "begun\r\n")
        console.sendintr()
        console.expect("Interrupt")
        # The kernel sends what is printed before the question, but the console reads them from two sockets.
        enter("print('a' .. 'ns' .. 'wer') return jupyter.input('wh' .. 'o? ')", r"who\? ")
        shown = console.before
        console.sendline("somebody")
        console.expect(r"Out\[5\]: somebody")
        self.assertIn("answer\r\n", shown + console.before)
        enter("os.exit()", pexpect.EOF)
        console.wait()
