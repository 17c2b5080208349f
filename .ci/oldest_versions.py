"""Print the lower bounds of the project's dependencies, and of the extras named, as exact versions for pip's `-c`.

Torch is left out: its oldest build comes with gigabytes of GPU libraries.
"""

import re
import sys
import tomllib
from pathlib import Path


def main(pyproject: str, *extras: str) -> None:
    """Read the dependencies in `pyproject` and print `name==lowest version` for each, once."""
    project = tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"]]
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    lowest = {}
    for requirement in requirements:
        found = re.match(r"([A-Za-z0-9_-]+)(?:\[\w+\])?>=([0-9.]+)", requirement)
        if found is None:
            sys.exit(f"{requirement!r} states no lower bound")
        lowest[found[1]] = found[2]
    lowest.pop("torch", None)
    for name, version in lowest.items():
        print(f"{name}=={version}")


if __name__ == "__main__":
    main(*sys.argv[1:])
