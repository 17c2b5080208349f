"""What MkDocs does beyond Markdown: files of the repository beside the pages, formulas as MathML, and the notebook.

The pages of docs/ are written to be read on a code host, too: their links lead to files of the repository, such as
`../media/regret.png`. Here those files are published beside the pages, and the links made to fit. The site loads
nothing from elsewhere.
"""

import re
import sys
from html import unescape
from pathlib import Path
from typing import Any, Final

import nbformat
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parent.parent
PAGES_OF_THE_ROOT: Final = ("CHANGELOG.md", "CONTRIBUTING.md")
NOTEBOOK: Final = "tour.ipynb"

_ABOVE: Final = re.compile(r"(\]\(|src=\")\.\./([^)#\"]+)")
_FORMULA: Final = re.compile(r"<(span|div) class=\"arithmatex\">\\[(\[](.*?)\\[)\]]</\1>", re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let mkdocstrings find `griffe_markdown`, which lies beside this file."""
    if (scripts := str(ROOT / "scripts")) not in sys.path:
        sys.path.append(scripts)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Publish what the pages link to outside docs/, the pages of the repository's root, and the notebook's page."""
    docs = Path(config.docs_dir)
    linked = {link for page in docs.glob("*.md") for _, link in _ABOVE.findall(page.read_text(encoding="utf-8"))}
    for path in sorted({*linked, *PAGES_OF_THE_ROOT}):
        if (ROOT / path).is_file():
            files.append(File(path, str(ROOT), config.site_dir, use_directory_urls=False))
    notebook = nbformat.read(docs / NOTEBOOK, as_version=4)
    page = NOTEBOOK.replace(".ipynb", ".md")
    files.append(File.generated(config, page, content=notebook_page(notebook)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links to files of the repository lead to where they are published."""
    if page.file.src_uri in PAGES_OF_THE_ROOT:
        return markdown.replace("](docs/", "](")
    return _ABOVE.sub(r"\1\2", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Formulas as MathML, which browsers draw by themselves."""

    def formula(found: re.Match[str]) -> str:
        return str(convert(unescape(found[2]).strip(), display="block" if found[1] == "div" else "inline"))

    return _FORMULA.sub(formula, html)


def notebook_page(notebook: Any) -> str:
    """A notebook with its results, as Markdown; pictures inside the text."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                picture = data["image/png"].replace("\n", "")
                parts.append(f'<img src="data:image/png;base64,{picture}" alt="What the cell above draws">')
            else:
                text = output.get("text", data.get("text/plain", ""))
                parts.append(f"```text\n{text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"
