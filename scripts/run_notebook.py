"""Run the notebook of the documentation from the beginning, and keep what its cells show; `--check` keeps nothing.

Needs the extra docs, and takes less than a minute.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "docs" / "tour.ipynb"
_LIMIT_S = 600


def main(arguments: Sequence[str] | None = None, path: Path = NOTEBOOK) -> None:
    """Run it; an error in a cell ends the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="run it, and write nothing")
    check = parser.parse_args(arguments).check
    notebook = nbformat.read(path, as_version=4)
    begin = time.perf_counter()
    NotebookClient(notebook, timeout=_LIMIT_S, resources={"metadata": {"path": str(path.parent)}}).execute()
    print(f"{path.name}: ran in {time.perf_counter() - begin:.0f} s")
    if not check:
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times, which differ from run to run
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
