"""An extension of griffe, which reads the code for mkdocstrings: every docstring as Markdown."""

from typing import Any

from docstrings import to_markdown
from griffe import Extension, Object


class MarkdownDocstrings(Extension):
    """Rewrites docstrings as they are read."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)
