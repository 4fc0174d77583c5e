"""A notebook's page in JupyterLab: its cells, what they show, and what a reader does to them."""

import os
import time

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

SHORT, LONG = 60, 180

# Notebooks that were open before stand behind the one that is seen.
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden) "


class Page:
    def __init__(self, browser, url, folder, work=None):
        """Screenshots go to `folder`; `work` is the kernels' folder."""
        self.browser = browser
        self.folder = folder
        self.work = work
        browser.get(url)

    def wait(self, condition, seconds=SHORT):
        """What condition() gives, once it is true. What it looks at may vanish meanwhile."""
        waiting = WebDriverWait(self.browser, seconds, 0.05, [StaleElementReferenceException])
        return waiting.until(lambda _: condition())

    def holds(self, condition, seconds=SHORT):
        """Whether condition() becomes true."""
        try:
            return bool(self.wait(condition, seconds))
        except TimeoutException:
            return False

    def find(self, selector, within=None):
        return (within or self.browser).find_elements(By.CSS_SELECTOR, selector)

    def screenshot(self, name, cell=None):
        if cell is not None:
            self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
            time.sleep(0.3)
        self.browser.save_screenshot(os.path.join(self.folder, name + ".png"))

    # The kernel.

    def is_idle(self):
        status = self.find(NOTEBOOK + ".jp-Notebook-ExecutionIndicator")
        return bool(status) and status[0].get_attribute("data-status") == "idle"

    def open_menu(self, name, command):
        """As a reader does: the menu, then the entry."""
        self.wait(lambda: self.browser.find_elements(
            By.XPATH, f"//li[.//*[normalize-space()='{name}']][contains(@class, 'lm-MenuBar-item')]"
        ))[0].click()
        self.wait(lambda: self.find(f".lm-Menu-item[data-command='{command}']"))[0].click()

    def run_all(self):
        """On a busy machine JupyterLab shows an idle kernel before it is ready to use it, and a
        Run All that comes then runs nothing: as a reader would, ask again.
        """
        for _ in range(3):
            self.open_menu("Run", "runmenu:run-all")
            try:
                self.wait(lambda: any(self.prompt(cell) != "[ ]:" for cell in self.cells()), 20)
                return
            except TimeoutException:
                continue

    # Cells.

    def cells(self):
        return self.find(NOTEBOOK + ".jp-CodeCell")

    def prompt(self, cell):
        return self.find(".jp-InputPrompt", cell)[0].get_attribute("textContent")

    def ready(self, count):
        """Waits for so many cells and an idle kernel. The notebook shows one before it has any; the
        status bar does not."""
        self.wait(lambda: len(self.cells()) == count)
        self.wait(self.is_idle)
        self.wait(lambda: any("| Idle" in item.text for item in self.find(".jp-StatusBar-Item, #jp-main-statusbar")))

    def text_of(self, cell):
        """A cell's outputs as the page shows them; a picture's text is not in it."""
        parts = self.browser.execute_script(
            "return [...arguments[0].querySelectorAll("
            "'.jp-OutputArea-output pre, .jp-RenderedHTMLCommon')].map(part => part.textContent)",
            cell,
        )
        return "\n".join(part.rstrip("\n") for part in parts)

    def text_once(self, cell, agrees):
        """The cell's text once it agrees, or what it is after a while: a cell that has finished may
        not be drawn yet."""
        self.holds(lambda: agrees(self.text_of(cell)))
        return self.text_of(cell)

    def open_gate(self, name):
        """Lets the cell go on that waits for a file of this name."""
        with open(os.path.join(self.work, name), "x", encoding="ascii"):
            pass

    def edit(self, cell, text=None):
        """Puts the cursor behind the cell's text, or behind the text that takes its place."""
        self.find(".cm-content", cell)[0].click()
        keys = ActionChains(self.browser).key_down(Keys.CONTROL)
        if text is None:
            keys.send_keys(Keys.END).key_up(Keys.CONTROL).perform()
        else:
            keys.send_keys("a").key_up(Keys.CONTROL).send_keys(Keys.DELETE, text).perform()

    def press(self, *keys, modifier=None):
        chain = ActionChains(self.browser)
        if modifier:
            chain.key_down(modifier)
        chain.send_keys(*keys)
        if modifier:
            chain.key_up(modifier)
        chain.perform()

    def start(self, cell):
        """Runs a cell and does not wait for it."""
        self.edit(cell)
        self.press(Keys.ENTER, modifier=Keys.CONTROL)

    def is_finished(self, cell):
        return self.prompt(cell) not in ("[ ]:", "[*]:")

    def run(self, cell):
        self.start(cell)
        self.wait(lambda: self.is_finished(cell))
