"""Values as they are shown: tables, records, text with markup, pictures, JSON."""

CELLS = {
    "table": """local deep = {name = "tree", list = {1, 2, 3}, inner = {a = {b = {c = {d = {1}}}}}}
deep.self = deep
deep""",
    "long": "local squares = {} for i = 1, 100000 do squares[i] = i * i end\nsquares",
    "metatables": """{setmetatable({x = 1, y = 2}, {__name = "Point"}),
 setmetatable({}, {__tostring = function() return "<told by __tostring>" end}), print, io.stdout}""",
    "records": """{{name = "Ada", born = 1815, note = "<first>"}, {name = "Grace", born = 1906},
 {name = "Barbara", born = 1939, note = {"Liskov", 1988}}}""",
    "markup": r"""jupyter.display(jupyter.markdown([[**Markdown** with $e^{i\pi}$ and `code`

- one
- two]]))
jupyter.display(jupyter.latex([[$$\int_0^1 x^2\,dx = \frac{1}{3}$$]]))
jupyter.display(jupyter.html("<b style='color:teal'>HTML</b>"))""",
    "svg": """jupyter.svg([[<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60">
<circle cx="30" cy="30" r="25" fill="steelblue"/></svg>]])""",
    "png": r"""local function chunk(kind, data)
  local crc = 0xFFFFFFFF
  for byte in (kind .. data):gmatch(".") do
    crc = crc ~ byte:byte()
    for _ = 1, 8 do crc = crc & 1 == 1 and crc >> 1 ~ 0xEDB88320 or crc >> 1 end
  end
  return string.pack(">I4", #data) .. kind .. data .. string.pack(">I4", crc ~ 0xFFFFFFFF)
end
local rows = ("\0" .. ("\200\80\40"):rep(32)):rep(32)
local a, b = 1, 0
for byte in rows:gmatch(".") do a = (a + byte:byte()) % 65521 b = (b + a) % 65521 end
jupyter.png("\137PNG\r\n\26\n" .. chunk("IHDR", string.pack(">I4I4BBBBB", 32, 32, 8, 2, 0, 0, 0))
  .. chunk("IDAT", "\120\1\1" .. string.pack("<I2I2", #rows, ~#rows & 0xFFFF) .. rows .. string.pack(">I4", b << 16 | a))
  .. chunk("IEND", ""))""",
    "json": "jupyter.json({list = {1, 2.5, false}, text = 'x', inner = {deep = {1}}})",
    "tensor": 'local ag = require "autograd"\nag.eye(3)',
    "update": """local shown = jupyter.html("<i>before</i>")
jupyter.display(shown, {display_id = "changing"})
jupyter.update_display(jupyter.html("<b>afterwards</b>"), {display_id = "changing"})""",
    "carriage": "for i = 1, 5 do io.write('\\rstep ', i) io.flush() os.execute('sleep 0.03') end",
    "clear": "print('gone') jupyter.clear_output(true) print('stays')",
}

EXPECTED = {
    "table": ["self = <cycle>", 'name = "tree"', "{…}"],
    "long": ["… 99900 more"],
    "metatables": ["Point {x = 1, y = 2}", "<told by __tostring>", "function: 0x", "file (0x"],
    "markup": ["Markdown", "HTML"],
    "tensor": ["tensor([[1., 0., 0.],"],
    "update": ["afterwards"],
    "carriage": ["step 5"],
    "clear": ["stays"],
}
ABSENT = {"update": "before", "carriage": "step 4", "clear": "gone"}


def look(page, report, cell):
    page.run_all()
    page.wait(lambda: page.is_finished(cell("clear")))
    page.wait(page.is_idle)
    for name in CELLS:
        parts = EXPECTED.get(name, [])
        shown = page.text_once(cell(name), lambda text, parts=parts: all(part in text for part in parts))
        for part in parts:
            report.check(f"{name} shows {part}", part in shown, shown)
        report.check(f"{name}: what is gone is gone", ABSENT.get(name, "\0") not in shown, shown)
    heads = [head.text for head in page.find("thead th", cell("records"))]
    report.check("records have their fields as a head", heads == ["", "born", "name", "note"], heads)
    rows = [row.text for row in page.find("tbody tr", cell("records"))]
    expected = ["1 1815 Ada <first>", "2 1906 Grace", '3 1939 Barbara {"Liskov", 1988}']
    report.check("records are rows", rows == expected, rows)
    report.check("formulas are set", page.holds(lambda: len(page.find("mjx-container", cell("markup"))) == 2))
    report.check("Markdown's list is one", page.holds(lambda: len(page.find("li", cell("markup"))) == 2))
    for name in ("svg", "png"):
        def is_drawn(name=name):
            picture = page.find(".jp-OutputArea-output img, .jp-OutputArea-output svg", cell(name))
            return len(picture) == 1 and picture[0].size["width"] > 10

        report.check(f"a picture of {name}", page.holds(is_drawn))
    report.check("JSON is a tree", page.holds(lambda: page.find(".jp-RenderedJSON", cell("json"))))
    for name in CELLS:
        page.screenshot("values-" + name, cell(name))
