"""Rule: classes that the server no longer has and replaces."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.view import View


def replaced_classes(view: View) -> Iterator[Problem]:
    """The server substitutes another class, and drops the inputs that it does not know."""
    for number, (old, new) in view.admission.replaced.items():
        kept = ", ".join(f"`{name}`" for name in new.renamed.values()) or "none"
        yield Problem(
            code="replaced_class",
            message=f"the server runs {new.by} instead, and keeps these inputs: {kept}",
            subject=AtNode(node=number, class_type=old),
            hint=f"use {new.by}",
        )
