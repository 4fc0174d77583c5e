"""Compares executed notebooks with what PyTorch answers, cell by cell.

    executed.py NOTEBOOK…
"""

import base64
import struct
import sys

import nbformat

from expected import CELLS, agrees
from report import Report


def text_of(cell):
    """What a cell shows as text: its streams, results and displays in their order."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}\n")
        else:
            parts.append(output.data.get("text/plain", "") + "\n")
    return "".join(parts).rstrip("\n")


def png_size(cell):
    """Width and height of a cell's picture."""
    for output in cell.outputs:
        data = output.get("data", {}).get("image/png")
        if data:
            picture = base64.b64decode(data)
            if picture.startswith(b"\x89PNG\r\n\x1a\n"):
                return struct.unpack(">II", picture[16:24])
    return None


def main(paths):
    report = Report()
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        report.check(f"{path} is valid", not nbformat.validate(notebook))
        cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
        report.compare(f"{path}: its cells", list(cells), list(CELLS), list.__eq__)
        counts = [cell.execution_count for cell in cells.values()]
        report.check(f"{path}: all ran in order", counts == list(range(1, len(CELLS) + 1)), counts)
        for cell in CELLS.keys() & cells.keys():
            report.compare(f"{path}: {cell}", text_of(cells[cell]), CELLS[cell], agrees)
        figure = cells.get("regression-figure")
        size = figure and png_size(figure)
        report.check(f"{path}: the figure is 13 by 6 inches", size == (1300, 600), f"  got {size}")
    report.end()


if __name__ == "__main__":
    main(sys.argv[1:])
