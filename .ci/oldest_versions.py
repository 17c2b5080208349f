"""Print the lower bounds of the project's dependencies as exact versions, one a line, for pip's `--constraint`."""

import re
import sys
import tomllib
from pathlib import Path


def main(pyproject: str) -> None:
    """Read the dependencies of `pyproject` and print `name==lowest version` for each."""
    for requirement in tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))["project"]["dependencies"]:
        found = re.match(r"([A-Za-z0-9_-]+)>=([0-9.]+)", requirement)
        if found is None:
            sys.exit(f"{requirement!r} states no lower bound")
        print(f"{found[1]}=={found[2]}")


if __name__ == "__main__":
    main(sys.argv[1])
