"""Cells that run, show how far they are, ask, and are interrupted."""

from selenium.webdriver.common.keys import Keys

CELLS = {
    "value": 'print("printed")\n6 * 7',
    "error": "local function inner(t)\n  return t.x.y -- no such field\nend\ninner({})",
    "forever": "local passed = 0\nwhile true do passed = passed + 1 end",
    "after": "passed > 0",
    "read": 'io.write("Your name? ")\nlocal name = io.read()\nprint("Hello, " .. name)',
    "password": 'local word = jupyter.input("Password: ", {password = true})\n#word',
    "progress": """local ag = require "autograd"
for i, bar in ag.progress(60, {desc = "train"}) do
  bar:set_postfix{loss = 1 / i}
  if i % 20 == 0 then
    print("at step", i)
    if i < 60 then os.execute("until test -e step-" .. i .. "; do sleep 0.05; done") end
  end
  os.execute("sleep 0.02")
end""",
    "nested": """for epoch in ag.progress(4, {desc = "epoch"}) do
  for batch in ag.progress(10, {desc = "batch"}) do
    os.execute(epoch == 2 and batch == 5 and "until test -e half; do sleep 0.05; done" or "sleep 0.03")
  end
end""",
    "broken-off": """for i in ag.progress(60, {desc = "train"}) do
  if i == 40 then error("diverged") end
end""",
}


def look(page, report, cell):
    page.run(cell("value"))
    shown = page.text_once(cell("value"), "printed\n42".__eq__)
    report.compare("a cell's output", shown, "printed\n42", str.__eq__)
    page.screenshot("value", cell("value"))

    page.run(cell("error"))
    shown = page.text_once(cell("error"), lambda text: "no such field" in text)
    report.check("an error's traceback quotes the line", "no such field" in shown, shown)
    page.screenshot("error", cell("error"))

    interrupt(page, report, cell)
    answer(page, report, cell)
    progress(page, report, cell)


def interrupt(page, report, cell):
    page.start(cell("forever"))
    page.wait(lambda: page.prompt(cell("forever")) == "[*]:")
    page.wait(lambda: not page.is_idle())
    page.screenshot("running", cell("forever"))
    page.open_menu("Kernel", "kernelmenu:interrupt")
    page.wait(lambda: page.is_finished(cell("forever")))
    shown = page.text_once(cell("forever"), lambda text: "Interrupt" in text)
    report.check("an endless loop is interrupted", "Interrupt" in shown, shown)
    page.screenshot("interrupted", cell("forever"))
    page.run(cell("after"))
    shown = page.text_once(cell("after"), "true".__eq__)
    report.compare("the next cell runs", shown, "true", str.__eq__)


def answer(page, report, cell):
    for name, text in (("read", "Ada"), ("password", "secret")):
        page.start(cell(name))
        box = page.wait(lambda name=name: page.find("input.jp-Stdin-input", cell(name)))[0]
        page.screenshot(name + "-asked", cell(name))
        report.check(f"{name}: the box is what was asked for",
                     box.get_attribute("type") == ("password" if name == "password" else "text"))
        box.send_keys(text, Keys.ENTER)
        page.wait(lambda name=name: page.is_finished(cell(name)))
        page.screenshot(name + "-answered", cell(name))
    shown = page.text_once(cell("read"), lambda text: "Hello, Ada" in text)
    report.check("io.read gives what was typed", "Hello, Ada" in shown, shown)
    shown = page.text_once(cell("password"), lambda text: "6" in text.split("\n"))
    report.check("jupyter.input gives what was typed", "6" in shown.split("\n"), shown)
    report.check("a password is not shown", "secret" not in shown, shown)


def progress(page, report, cell):
    page.start(cell("progress"))

    def stands_between(low, high):
        """It is drawn ten times a second at most, so the last few steps may be missing."""
        bars = page.find("progress", cell("progress"))
        return len(bars) == 1 and low < float(bars[0].get_attribute("value")) <= high

    changes = page.holds(lambda: stands_between(10, 20))
    page.open_gate("step-20")
    changes = changes and page.holds(lambda: stands_between(30, 40))
    report.check("the bar changes while the cell runs", changes and page.prompt(cell("progress")) == "[*]:")
    page.screenshot("progress-running", cell("progress"))
    page.open_gate("step-40")
    page.wait(lambda: page.is_finished(cell("progress")))
    shown = page.text_once(cell("progress"), lambda text: "60/60" in text and "loss=0.01667" in text)
    report.check("the bar ends with all its steps", "60/60" in shown and "loss=0.01667" in shown, shown)
    report.check("there is one bar", len(page.find("progress", cell("progress"))) == 1)
    report.check("what is printed stands below it", "at step\t20\nat step\t40\nat step\t60" in shown, shown)
    page.screenshot("progress-finished", cell("progress"))
    nested(page, report, cell)
    page.run(cell("broken-off"))
    shown = page.text_once(cell("broken-off"), lambda text: "39/60" in text and "diverged" in text)
    report.check("an error leaves the bar where it was", "39/60" in shown and "diverged" in shown, shown)
    page.screenshot("progress-broken-off", cell("broken-off"))


def nested(page, report, cell):
    page.start(cell("nested"))
    page.wait(lambda: len(page.find("progress", cell("nested"))) == 2)
    page.screenshot("progress-nested", cell("nested"))
    page.open_gate("half")
    page.wait(lambda: page.is_finished(cell("nested")))
    shown = page.text_once(cell("nested"), lambda text: "4/4" in text and "batch" not in text)
    outputs = page.find(".jp-OutputArea-output", cell("nested"))
    report.check("inner bars share one display", len(outputs) == 2, len(outputs))
    report.check("and leave nothing", "4/4" in shown and "batch" not in shown, shown)
