"""What a person does in JupyterLab, done in headless Chromium: cells are run, interrupted and asked
for, code is completed and explained, values are shown.

    front_end.py FOLDER    (screenshots and the server's log go to FOLDER)
"""

import os
import sys

import nbformat

import rerun
import run_cells
import see_values
import write_code
from jupyterlab import visit
from page import Page
from report import Report

# Each a notebook of its own: CELLS holds the sources by name, look(page, report, cell) is the visit.
NOTEBOOKS = {"write": write_code, "run": run_cells, "values": see_values, "rerun": rerun}


def prepare(folder):
    for name, part in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": "lua-5.4", "display_name": "Lua 5.4", "language": "lua"}},
            cells=[nbformat.v4.new_code_cell(source) for source in part.CELLS.values()],
        )
        nbformat.write(notebook, os.path.join(folder, name + ".ipynb"))


def main(folder):
    report = Report()
    with visit(report, folder, prepare) as (browser, server):
        for name, part in NOTEBOOKS.items():
            page = Page(browser, server.url(f"lab/tree/{name}.ipynb"), folder, server.work)
            page.ready(len(part.CELLS))
            names = list(part.CELLS)
            part.look(page, report, lambda cell, page=page, names=names: page.cells()[names.index(cell)])
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
