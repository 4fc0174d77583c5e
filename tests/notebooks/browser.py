"""Opens the tutorial in a real JupyterLab in headless Chromium, runs all cells, and looks.

    browser.py NOTEBOOK FOLDER    (screenshots and the server's log go to FOLDER)
"""

import os
import sys

import nbformat
from selenium.common.exceptions import TimeoutException

from expected import CELLS, agrees
from jupyterlab import visit
from page import LONG, Page
from report import Report


def without_outputs(notebook, folder):
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(content, os.path.join(folder, os.path.basename(notebook)))


def all_ran(page):
    prompts = [page.prompt(cell) for cell in page.cells()]
    return prompts == [f"[{number}]:" for number in range(1, len(CELLS) + 1)]


def look(page, report):
    page.ready(len(CELLS))
    page.run_all()
    try:
        page.wait(lambda: all_ran(page), LONG)
        page.wait(page.is_idle)
    except TimeoutException:
        report.check("every cell ran", False, [page.prompt(cell) for cell in page.cells()])
    for name, cell in zip(CELLS, page.cells()):
        expected = "" if name == "regression-figure" else CELLS[name]
        text = page.text_once(cell, lambda text, expected=expected: agrees(text, expected))
        report.compare(f"the page's {name}", text, expected, agrees)
    pictures = page.wait(lambda: page.find(".jp-RenderedImage img", page.cells()[-1]))
    if report.check("the figure is on the page", len(pictures) == 1):
        size = page.browser.execute_script(
            "return [arguments[0].naturalWidth, arguments[0].naturalHeight]", pictures[0]
        )
        report.check("the figure is 13 by 6 inches", size == [1300, 600], size)
        shows = page.browser.execute_script(
            "return arguments[0].getBoundingClientRect().width", pictures[0]
        )
        report.check("the figure is to be seen", shows > 600, shows)
    errors = page.find("[data-mime-type='application/vnd.jupyter.error']")
    report.check("no cell shows an error", not errors)
    for position, number in (("first", 1), ("training", -2), ("figure", -1)):
        page.screenshot(position, page.cells()[number])


def main(notebook, folder):
    report = Report()
    with visit(report, folder, lambda work: without_outputs(notebook, work)) as (browser, server):
        look(Page(browser, server.url("lab/tree/" + os.path.basename(notebook)), folder), report)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
