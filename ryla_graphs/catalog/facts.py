"""The base of everything in a catalog: frozen values that are cheap to define and to create."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self, dataclass_transform

Json = Any
"""A value as `json.loads` gives it."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Facts:
    """A frozen dataclass whose fields are keyword arguments.

    The standard dataclass generates an `__init__` for each class on import, which costs this package 5 ms. It also
    takes three times as long to create an `InputSpec`, and a catalog has tens of thousands of them.
    """

    _DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    _REQUIRED: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        names = [name for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar")]
        cls._DEFAULTS = {name: vars(cls)[name] for name in names if name in vars(cls)}
        cls._REQUIRED = frozenset(names) - cls._DEFAULTS.keys()

    def __init__(self, **given: Any) -> None:
        if len(given) > len(self._REQUIRED) + len(self._DEFAULTS) or not given.keys() >= self._REQUIRED:
            raise TypeError(f"{type(self).__name__} takes {[*self._REQUIRED, *self._DEFAULTS]}, not {[*given]}")
        self.__dict__.update(self._DEFAULTS, **given)

    def replace(self, **changes: Any) -> Self:
        """The same value with these changes."""
        return type(self)(**{**self._fields(), **changes})

    def _fields(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in (*self._REQUIRED, *self._DEFAULTS)}

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot change; `replace({name}=...)` gives another one")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Facts) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(tuple(value for value in self._fields().values() if isinstance(value, (str, int))))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._fields().items())
        return f"{type(self).__name__}({shown})"

    # Pickles leave out cached properties.
    def __getstate__(self) -> dict[str, Any]:
        return self._fields()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def hashable(value: Json) -> Json:
    """A JSON value in hashable form: lists and objects become their text."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else json.dumps(value)
