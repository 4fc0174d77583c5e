"""lua-kernel install: where it writes, what it writes, and that Jupyter's own tools find it."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from kernel_process import PROGRAM, TIMEOUT

KERNELS = "kernels/lua-5.4"
FILES = ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]
# What may say where Jupyter's folders are.
PLACES = ("HOME", "JUPYTER_DATA_DIR", "XDG_DATA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX")


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def install(self, *options, **places):
        environment = {k: v for k, v in os.environ.items() if k not in PLACES}
        return subprocess.run(
            [PROGRAM, "install", *options], env={**environment, **places}, capture_output=True, text=True, timeout=TIMEOUT,
            check=False
        )

    def assert_installed(self, outcome, data):
        spec = os.path.join(data, KERNELS)
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
        self.assertIn(spec, outcome.stdout)
        self.assertEqual(sorted(os.listdir(spec)), FILES)
        for name in FILES:
            self.assertEqual(os.stat(os.path.join(spec, name)).st_mode & 0o777, 0o644)
        with open(os.path.join(spec, "kernel.json"), encoding="utf-8") as file:
            kernel = json.load(file)
        self.assertEqual(kernel["argv"], [os.path.realpath(PROGRAM), "-f", "{connection_file}"])
        self.assertEqual((kernel["display_name"], kernel["language"]), ("Lua 5.4", "lua"))
        self.assertEqual(kernel["interrupt_mode"], "message")

    def assert_refused(self, outcome, complaint):
        self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
        self.assertIn(complaint, outcome.stderr)
        self.assertEqual(outcome.stderr.count("\n"), 1)

    def test_the_users_folder_is_jupyters(self):
        folder = self.folder
        for places, data in (
            ({"JUPYTER_DATA_DIR": folder + "/a", "XDG_DATA_HOME": folder + "/b", "HOME": folder + "/c"}, folder + "/a"),
            ({"JUPYTER_DATA_DIR": "", "XDG_DATA_HOME": folder + "/b", "HOME": folder + "/c"}, folder + "/b/jupyter"),
            ({"HOME": folder + "/c"}, folder + "/c/.local/share/jupyter"),
        ):
            with self.subTest(data):
                self.assert_installed(self.install("--user", **places), data)
                asked = subprocess.run(
                    [sys.executable, "-c", "import jupyter_core.paths as p; print(p.jupyter_data_dir())"],
                    env={**{k: v for k, v in os.environ.items() if k not in PLACES}, **places},
                    capture_output=True, text=True, timeout=TIMEOUT, check=True
                )
                self.assertEqual(asked.stdout.strip(), data)

    def test_prefixes(self):
        self.assert_installed(self.install("--prefix", self.folder + "/p"), self.folder + "/p/share/jupyter")
        for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            prefix = f"{self.folder}/{name}"
            self.assert_installed(self.install("--sys-prefix", **{name: prefix}), prefix + "/share/jupyter")

    def test_twice_and_over_an_older_one(self):
        spec = os.path.join(self.folder, "share/jupyter", KERNELS)
        os.makedirs(spec)
        with open(os.path.join(spec, "kernel.json"), "w", encoding="ascii") as file:
            file.write("an older one")
        for _ in range(2):
            self.assert_installed(self.install("--prefix", self.folder), self.folder + "/share/jupyter")

    def test_what_cannot_be_done(self):
        self.assert_refused(self.install("--user"), "HOME is not set")
        self.assert_refused(self.install("--sys-prefix"), "no virtual environment is active")
        self.assert_refused(self.install("--prefix"), "a folder must follow")
        self.assert_refused(self.install("--nonsense"), "--nonsense: not known")
        self.assert_refused(self.install("--prefix", self.folder, "--user"), "one place is enough")
        self.assert_refused(self.install("--prefix", "/proc/nowhere"), "/proc/nowhere: No such file or directory")
        with open(self.folder + "/file", "w", encoding="ascii"):
            self.assert_refused(self.install("--prefix", self.folder + "/file"), "Not a directory")
        self.assertEqual(os.listdir(self.folder), ["file"])

    def test_a_write_that_fails_leaves_what_was_there(self):
        spec = os.path.join(self.folder, "share/jupyter", KERNELS)
        self.install("--prefix", self.folder)
        before = {path: os.stat(path).st_mtime_ns for path in glob.glob(spec + "/*")}
        # No file may be larger than this many bytes: what a full disk does, without one.
        outcome = subprocess.run(
            ["prlimit", "--fsize=100", PROGRAM, "install", "--prefix", self.folder], capture_output=True, text=True,
            timeout=TIMEOUT, check=False
        )
        self.assert_refused(outcome, "File too large")
        self.assertEqual(sorted(os.listdir(spec)), FILES)
        self.assertEqual({path: os.stat(path).st_mtime_ns for path in before}, before)

    def test_for_all_users_without_an_option(self):
        # Its folder is the system's, so this is tried by one who may not write there.
        program = shutil.copy(PROGRAM, self.folder)
        os.chmod(self.folder, 0o755)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        outcome = subprocess.run(
            [program, "install"], capture_output=True, text=True, timeout=TIMEOUT, check=False, cwd="/", **nobody
        )
        self.assert_refused(outcome, "/usr/local/share/jupyter")
        self.assertIn("Permission denied", outcome.stderr)

    def test_jupyter_lists_and_starts_it(self):
        self.install("--prefix", self.folder)
        data = self.folder + "/share/jupyter"
        listed = subprocess.run(
            [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"],
            env={**os.environ, "JUPYTER_PATH": data, "JUPYTER_DATA_DIR": self.folder + "/none"},
            capture_output=True, text=True, timeout=TIMEOUT, check=True
        )
        found = json.loads(listed.stdout)["kernelspecs"]["lua-5.4"]
        self.assertEqual(found["resource_dir"], os.path.join(data, KERNELS))
        manager = KernelManager(
            kernel_name="lua-5.4", kernel_spec_manager=KernelSpecManager(kernel_dirs=[data + "/kernels"])
        )
        manager.start_kernel()
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=TIMEOUT)
            self.assertEqual(client.execute_interactive("1 + 1", timeout=TIMEOUT)["content"]["status"], "ok")
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
