"""Opens a notebook in a real JupyterLab in headless Chromium, runs all cells, and looks.

    browser.py NOTEBOOK FOLDER    (screenshots and the server's log go to FOLDER)
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import nbformat
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from expected import CELLS, agrees
from report import Report

SHORT, LONG = 60, 180

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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A JupyterLab of our own, over a folder that holds the notebook without outputs."""

    def __init__(self, notebook, folder, log):
        self.name = os.path.basename(notebook)
        self.work = os.path.join(folder, "work")
        os.makedirs(self.work)
        content = nbformat.read(notebook, as_version=4)
        for cell in content.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(content, os.path.join(self.work, self.name))
        self.token, self.port = secrets.token_hex(16), free_port()
        settings = os.path.join(folder, "settings", "@jupyterlab")
        # Cells out of sight are to be in the page too, and no news in front of it.
        for plugin, text in {
            "notebook-extension/tracker": '{"windowingMode": "none"}',
            "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
        }.items():
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
            ),
            stdout=log,
            stderr=log,
        )

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}"

    def wait(self):
        end = time.monotonic() + SHORT
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


def kernel_is_idle(browser):
    status = browser.find_elements(By.CSS_SELECTOR, ".jp-Notebook-ExecutionIndicator")
    return bool(status) and status[0].get_attribute("data-status") == "idle"


def click_run_all(browser):
    """As a reader does: the menu Run, then Run All Cells."""
    menu = WebDriverWait(browser, SHORT).until(
        lambda page: page.find_elements(By.XPATH, "//li[.//*[normalize-space()='Run']]"
                                        "[contains(@class, 'lm-MenuBar-item')]")
    )
    menu[0].click()
    entry = WebDriverWait(browser, SHORT).until(
        lambda page: page.find_elements(
            By.CSS_SELECTOR, ".lm-Menu-item[data-command='runmenu:run-all']"
        )
    )
    entry[0].click()


def code_cells(browser):
    return browser.find_elements(By.CSS_SELECTOR, ".jp-Notebook .jp-CodeCell")


def prompt_of(cell):
    return cell.find_element(By.CSS_SELECTOR, ".jp-InputPrompt").get_attribute("textContent")


def all_ran(browser):
    prompts = [prompt_of(cell) for cell in code_cells(browser)]
    return prompts == [f"[{number}]:" for number in range(1, len(CELLS) + 1)]


def run_all(browser):
    """On a busy machine JupyterLab shows an idle kernel before it is ready to use it, and a
    Run All that comes then runs nothing: as a reader would, ask again.
    """
    for _ in range(3):
        click_run_all(browser)
        try:
            WebDriverWait(browser, 20).until(
                lambda page: any(prompt_of(cell) != "[ ]:" for cell in code_cells(page))
            )
            return
        except TimeoutException:
            continue


def text_of(browser, cell):
    """A cell's outputs as the page shows them; a picture's text is not in it."""
    parts = browser.execute_script(
        "return [...arguments[0].querySelectorAll("
        "'.jp-OutputArea-output pre, .jp-RenderedHTMLCommon')].map(part => part.textContent)",
        cell,
    )
    return "\n".join(part.rstrip("\n") for part in parts)


def look(browser, report, folder):
    WebDriverWait(browser, SHORT).until(lambda page: len(code_cells(page)) == len(CELLS))
    WebDriverWait(browser, SHORT).until(kernel_is_idle)
    run_all(browser)
    try:
        WebDriverWait(browser, LONG).until(all_ran)
        WebDriverWait(browser, SHORT).until(kernel_is_idle)
    except TimeoutException:
        report.check("every cell ran", False, [prompt_of(cell) for cell in code_cells(browser)])
    for name, cell in zip(CELLS, code_cells(browser)):
        expected = "" if name == "regression-figure" else CELLS[name]
        report.compare(f"the page's {name}", text_of(browser, cell), expected, agrees)
    pictures = code_cells(browser)[-1].find_elements(By.CSS_SELECTOR, ".jp-RenderedImage img")
    if report.check("the figure is on the page", len(pictures) == 1):
        size = browser.execute_script(
            "return [arguments[0].naturalWidth, arguments[0].naturalHeight]", pictures[0]
        )
        report.check("the figure is 13 by 6 inches", size == [1300, 600], size)
        shows = browser.execute_script("return arguments[0].getBoundingClientRect().width",
                                       pictures[0])
        report.check("the figure is to be seen", shows > 600, shows)
    errors = browser.find_elements(
        By.CSS_SELECTOR, "[data-mime-type='application/vnd.jupyter.error']"
    )
    report.check("no cell shows an error", not errors)
    for position, cell in (("first", code_cells(browser)[1]), ("training", code_cells(browser)[-2]),
                           ("figure", code_cells(browser)[-1])):
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
        time.sleep(0.5)
        browser.save_screenshot(os.path.join(folder, f"{position}.png"))


def main(notebook, folder):
    report = Report()
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, open(
        os.path.join(folder, "jupyterlab.log"), "w", encoding="utf-8"
    ) as log:
        server = Server(notebook, scratch, log)
        browser = None
        try:
            server.wait()
            browser = start_browser(os.path.join(scratch, "profile"))
            browser.get(server.url("lab/tree/" + server.name))
            look(browser, report, folder)
        except Exception as error:  # What breaks off the visit is a failure to report too.
            if browser:
                browser.save_screenshot(os.path.join(folder, "broken-off.png"))
            report.check("the visit", False, f"{type(error).__name__}: {error}")
        finally:
            if browser:
                browser.quit()
            server.stop()
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
