"""Executes a notebook where it stands, without a screen, and writes the executed copy.

    execute.py NOTEBOOK COPY

Where a cell fails, the copy holds what ran until then, the error is told, and the exit code is 1.
"""

import os
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError


def cell_with_error(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return cell, output
    return None, None


def main(path, copy):
    notebook = nbformat.read(path, as_version=4)
    folder = os.path.dirname(os.path.abspath(path))
    client = NotebookClient(
        notebook, timeout=None, coalesce_streams=True, resources={"metadata": {"path": folder}}
    )
    failed = False
    try:
        client.execute()
    except CellExecutionError:
        failed = True
        cell, error = cell_with_error(notebook)
        print(f"In {path}, this cell failed:\n\n{cell.source}\n", file=sys.stderr)
        print("\n".join(error.traceback), file=sys.stderr)
    except DeadKernelError as death:
        failed = True
        print(f"In {path}: {death}", file=sys.stderr)
    nbformat.write(notebook, copy)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
