"""A graph in another form, without touching a disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from ryla_graphs.workflow import Workflow

Form = Literal["api", "editor", "python", "mermaid"]


def converted(graph: Mapping[str, Any], to: Form) -> str:
    """The text of a graph in a form. Raises `InvalidDocument` or `InvalidWorkflow` if it cannot be read."""
    workflow = Workflow.open(dict(graph))
    if to == "python":
        return workflow.to_python()
    if to == "mermaid":
        return workflow.to_mermaid()
    if to == "editor":
        return json.dumps(workflow.to_ui(), ensure_ascii=False)
    return json.dumps(workflow.compile(check=False).document, ensure_ascii=False)
