"""The keys that nodes add to the entries of a conditioning."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.values import Conditioning


def keyed(conditioning: Any, **keys: Any) -> Any:
    """A conditioning with more keys in every entry; an unknown one stays unknown.

    Raises `NodeFails` if there is none.
    """
    if conditioning is None:
        raise NodeFails("there is no conditioning")
    return conditioning.with_keys(**keys) if isinstance(conditioning, Conditioning) else conditioning


def both(positive: Any, negative: Any, **keys: Any) -> tuple[Any, Any]:
    """The same for both of a pair."""
    return keyed(positive, **keys), keyed(negative, **keys)


def key_of(conditioning: Any, name: str, default: Any = None) -> Any:
    """The value of a key in the first entry that has it."""
    if not isinstance(conditioning, Conditioning):
        return default
    return next((keys[name] for _, keys in conditioning.entries if name in keys), default)
