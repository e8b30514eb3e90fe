"""An extension of griffe, which reads our docstrings for the site: what our style has of its own."""

import re

import griffe


class Docstrings(griffe.Extension):
    """ "Example:" is a section of code, and pages that a docstring names are links."""

    def on_object(self, *, obj: griffe.Object, loader: griffe.GriffeLoader, **_: object) -> None:
        """Change the text of one docstring before its sections are parsed."""
        if obj.docstring:
            text = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = re.sub(r"\bdocs/([\w-]+)\.md\b", r"[\1](../\1.md)", text)
