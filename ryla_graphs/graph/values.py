"""Turning a pydantic model into a plain value: nothing can be assigned, and pydantic's own methods are not public.

Those methods collide with the names of inputs, and mislead: `node.dict()` is not ComfyUI's JSON, and
`node.model_copy(...)` would check nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any, NoReturn

from pydantic import BaseModel

from ryla_graphs.problems import did_you_mean

_KEPT = frozenset({"model_config", "model_fields", "model_post_init", "model_rebuild"})
"""The names that pydantic itself, our code generator and people inspecting classes need."""
_PYDANTIC = frozenset(name for name in dir(BaseModel) if not name.startswith("_"))
_HIDDEN = _PYDANTIC - _KEPT
_ADVICE = (
    ("copy", "`node.replace(...)` gives a changed node, checked; copies are not needed, since nodes never change"),
    ("schema", "`node.schema_` is what the catalog says of the class"),
    ("dict", _JSON := "`Workflow(...).compile().prompt` is the JSON of a graph"),
    ("json", _JSON),
    ("dump", _JSON),
)
_READING = "write the node as a call, or read a graph with `Workflow.load`"


class _Hidden:
    """A method of pydantic's that is not public here."""

    def __get__(self, _instance: object, _owner: type[Any]) -> NoReturn:
        raise AttributeError  # `no_attribute` says more


def hide_pydantic(cls: type[BaseModel]) -> None:
    """Hide pydantic's public methods in a class and its subclasses."""
    for name in _HIDDEN:
        setattr(cls, name, _Hidden())
    # `__init__` takes positional arguments only to refuse them, so its signature shows none.
    init: Any = cls.__init__
    init.__signature__ = signature(BaseModel.__init__)


def no_attribute(label: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that a value does not have, with what to do about it."""
    if name in _HIDDEN:
        return f"{label} has no `{name}`; {next((text for part, text in _ADVICE if part in name), _READING)}"
    hint = did_you_mean(name, known)
    return f"{label} has no `{name}`{f'; {hint}' if hint else ''}"


def public_names(cls: type[BaseModel]) -> set[str]:
    """The inputs of a class and our own names: `dir` without pydantic's."""
    own = {name for base in cls.__mro__ if not issubclass(BaseModel, base) for name in vars(base)}
    return {name for name in own if not name.startswith("_") and name not in _PYDANTIC} | cls.model_fields.keys()


def refuse_assignment(what: str, instead: str) -> Callable[..., NoReturn]:
    """A `__setattr__` that refuses; ``NAME`` and ``VALUE`` in `instead` stand for the attempted assignment."""

    def refuse(_self: Any, name: str, value: Any = None) -> NoReturn:
        shown = repr(value) if type(value) in (int, float, str, bool) else "..."
        raise AttributeError(f"{what} cannot change; {instead.replace('NAME', name).replace('VALUE', shown)}")

    return refuse
