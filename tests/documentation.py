"""The pages of the documentation, and the blocks of code in them."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.loading import ROOT

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCS]

_BLOCK = re.compile(r"(?:^<!-- (slow|not run: [^>]*) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code, and where it stands."""

    page: Path
    line: int
    mark: str
    """What a comment above it says: `slow`, `not run: ` and the reason, or nothing."""
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path, language: str) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1] or "", found[3])
        for found in _BLOCK.finditer(text)
        if found[2] == language
    ]
