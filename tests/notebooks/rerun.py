"""Restart the kernel and run all cells."""

CELLS = {
    "count": "runs = (runs or 0) + 1\nruns",
    "local": "local kept = 'by a local of cell ' .. runs\nkept",
    "last": "kept",
}

KEPT = ["1", "by a local of cell 1", "by a local of cell 1"]


def shown(page):
    return [page.text_of(cell) for cell in page.cells()]


def look(page, report, cell):
    page.run_all()
    page.wait(lambda: shown(page) == KEPT)
    page.run(cell("count"))
    shown_again = page.text_once(cell("count"), "2".__eq__)
    report.compare("a cell that runs again counts on", shown_again, "2", str.__eq__)
    page.open_menu("Run", "runmenu:restart-and-run-all")
    page.wait(lambda: page.find(".jp-Dialog .jp-mod-accept"))[0].click()
    page.wait(lambda: page.prompt(cell("count")) == "[1]:" and page.prompt(cell("last")) == "[3]:")
    report.check("a new kernel has run all cells", page.holds(lambda: shown(page) == KEPT), shown(page))
    page.screenshot("restarted")
