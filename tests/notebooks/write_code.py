"""Completion by Tab, and what is known of a function by Shift-Tab."""

from selenium.webdriver.common.keys import Keys

CELLS = {
    "define": """local ag = require "autograd"
-- The area of a circle.
local function area(radius)
  return math.pi * radius ^ 2
end
local circle = {radius = 2, describe = function(self) end}
local x = ag.ones(2, 3)""",
    "code": "",
    "question": "?area",
}


def menu(page):
    """The completer's entries: their texts, and the kinds beside them."""
    items = page.wait(lambda: page.find(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item"))
    return [
        (
            page.find(".jp-Completer-match", item)[0].get_attribute("textContent"),
            "".join(kind.get_attribute("data-type") or kind.get_attribute("textContent")
                    for kind in page.find(".jp-Completer-icon, .jp-Completer-type", item)),
        )
        for item in items
    ]


def complete(page, report, cell, name, code, expected, whole):
    """Our matches stand first; what JupyterLab finds in the notebook's own text may follow."""
    page.edit(cell("code"), code)
    page.press(Keys.TAB)
    shown = menu(page)
    report.check(f"Tab shows {name}", [text for text, _ in shown[: len(expected)]] == expected, shown)
    page.screenshot("completion-" + name)
    page.press(Keys.ENTER)
    page.wait(lambda: source(page, cell("code")).startswith(whole))
    report.check(f"Enter takes the first of {name}", True)


def explain(page, report, cell, name, code, parts):
    page.edit(cell("code"), code)
    page.press(Keys.TAB, modifier=Keys.SHIFT)
    tooltip = page.wait(lambda: page.find(".jp-Tooltip"))[0]
    text = tooltip.get_attribute("textContent")
    report.check(f"Shift-Tab explains {name}", all(part in text for part in parts), text)
    page.screenshot("inspection-" + name)
    page.press(Keys.ESCAPE)
    page.wait(lambda: not page.find(".jp-Tooltip"))


def look(page, report, cell):
    page.run(cell("define"))
    complete(page, report, cell, "functions", "string.re", ["rep", "reverse"], "string.rep")
    complete(page, report, cell, "methods", "circle:", ["describe"], "circle:describe")
    complete(page, report, cell, "keywords", "x:sum{k", ["keepdim="], "x:sum{keepdim=")
    complete(page, report, cell, "modules", "require 'autograd.pl", ["autograd.plot"], "require 'autograd.plot")
    explain(page, report, cell, "own", "area(", ["area(radius)", "The area of a circle."])
    explain(page, report, cell, "operation", "x:sum(1, {", ["sum(Tensor self", "The sum over the given dims"])
    explain(page, report, cell, "library", "string.rep(", ["string.rep(s, n [, sep])", "Doc:"])
    page.run(cell("question"))
    known = "The area of a circle."
    shown = page.text_once(cell("question"), lambda text: known in text)
    report.check("?name shows what is known", known in shown, shown)
    page.screenshot("question", cell("question"))


def source(page, cell):
    return "\n".join(line.get_attribute("textContent") for line in page.find(".cm-line", cell))
