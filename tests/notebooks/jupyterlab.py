"""A JupyterLab server of our own, and a headless Chromium that visits it."""

import contextlib
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

from selenium import webdriver

SECONDS = 60

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,1000",
]

SETTINGS = {
    # Cells out of sight are to be in the page too.
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    # No news in front of it.
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    # A kernel's matches are not given up on a busy machine.
    "completer-extension/manager": '{"providerTimeout": 30000}',
}


def free_port():
    """Below those that the system gives to outgoing connections, so that none takes it meanwhile."""
    while True:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", random.randrange(10000, 32000)))
            return listener.getsockname()[1]


class Server:
    """Serves folder/work, where the notebooks are; its settings and what it keeps stand beside."""

    def __init__(self, folder, log):
        self.work = os.path.join(folder, "work")
        self.token, self.port = secrets.token_hex(16), free_port()
        settings = os.path.join(folder, "settings", "@jupyterlab")
        for plugin, text in SETTINGS.items():
            path = os.path.join(settings, plugin + ".jupyterlab-settings")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self.process = subprocess.Popen(
            [
                os.path.join(os.path.dirname(sys.executable), "jupyter"),
                "lab",
                "--no-browser",
                "--allow-root",
                f"--ServerApp.port={self.port}",
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={self.work}",
            ],
            env=dict(
                os.environ,
                JUPYTERLAB_SETTINGS_DIR=os.path.join(folder, "settings"),
                JUPYTERLAB_WORKSPACES_DIR=os.path.join(folder, "workspaces"),
                JUPYTER_CONFIG_DIR=os.path.join(folder, "config"),
                JUPYTER_RUNTIME_DIR=os.path.join(folder, "runtime"),
                XDG_DATA_HOME=os.path.join(folder, "data"),
            ),
            stdout=log,
            stderr=log,
        )

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}"

    def wait(self):
        end = time.monotonic() + SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url("api/status"), timeout=5):
                    return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start_browser(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


@contextlib.contextmanager
def visit(report, folder, prepare):
    """A browser and a server over a folder that prepare(folder) fills; what breaks off the visit is
    a failure to report too. Screenshots and the server's log go to `folder`."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, open(
        os.path.join(folder, "jupyterlab.log"), "w", encoding="utf-8"
    ) as log:
        work = os.path.join(scratch, "work")
        os.makedirs(work)
        prepare(work)
        server = Server(scratch, log)
        browser = None
        try:
            server.wait()
            browser = start_browser(os.path.join(scratch, "profile"))
            yield browser, server
        except Exception as error:
            if browser:
                browser.save_screenshot(os.path.join(folder, "broken-off.png"))
            where = " → ".join(f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[1:4])
            what = str(error).partition("Stacktrace:")[0].strip()
            report.check("the visit", False, f"{type(error).__name__} in {where}: {what}")
        finally:
            if browser:
                browser.quit()
            server.stop()
