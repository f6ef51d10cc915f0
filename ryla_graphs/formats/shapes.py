"""What a piece of JSON is, by its shape: a prompt, a workflow of the editor, or neither."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_prompt(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether this is API JSON: nodes by id, at least one of them with a class."""
    return (
        isinstance(value, dict)
        and not isinstance(value.get("nodes"), list)
        and any(isinstance(node, dict) and "class_type" in node for node in value.values())
    )


def is_editor(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether this is a workflow as the editor saves it: a list of nodes."""
    return isinstance(value, dict) and isinstance(value.get("nodes"), list)


def is_node(value: Any) -> bool:
    """Whether this is one node of a prompt; its id may be any text, even a wrapper's key."""
    return isinstance(value, dict) and isinstance(value.get("class_type"), str)
