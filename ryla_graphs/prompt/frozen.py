"""Immutable JSON: the form in which callers get a compiled prompt."""

from __future__ import annotations

from typing import Any, NoReturn

_WHY = "a compiled prompt does not change; edit the workflow and compile it, or change json.loads(compiled.json())"


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError(_WHY)


class FrozenDict(dict[str, Any]):
    """A JSON object that refuses changes. It equals a `dict` with the same content, and serialises like one."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)

    def __copy__(self) -> FrozenDict:
        return self

    def __deepcopy__(self, memo: Any) -> dict[str, Any]:
        return {key: thawed(value) for key, value in self.items()}


class FrozenList(list[Any]):
    """A JSON list that refuses changes."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = clear = extend = insert = pop = _refuse
    remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)

    def __copy__(self) -> FrozenList:
        return self

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return [thawed(value) for value in self]


def frozen(value: Any) -> Any:
    """The same JSON, refusing changes at every level.

    >>> frozen({"1": {"inputs": {"model": ["2", 0]}}}) == {"1": {"inputs": {"model": ["2", 0]}}}
    True
    """
    if isinstance(value, dict):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    return FrozenList([frozen(item) for item in value]) if isinstance(value, list) else value


def thawed(value: Any) -> Any:
    """A mutable copy; `copy.deepcopy` of frozen JSON returns it too."""
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, list) else value
