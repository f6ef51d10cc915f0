"""Fences the examples of docstrings, so that the site shows them as code (a griffe extension)."""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^ *>>> .*\n?(?:^ *\S.*\n?)*)+", re.MULTILINE)


class FencedExamples(griffe.Extension):
    """Puts each block that begins with ``>>>`` into a fence of its own."""

    def on_object(self, *, obj: griffe.Object, **_given: Any) -> None:
        """Change the docstring of whatever is documented."""
        if obj.docstring is not None:
            obj.docstring.value = _EXAMPLE.sub(
                lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", obj.docstring.value
            )
