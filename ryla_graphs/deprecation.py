"""How a public name goes: it warns first, and says until when it stays and what to use in its place.

A function, a method, a property or a class is marked with `deprecated`, which type checkers and editors know (PEP
702); a parameter with `renamed_parameter`; a name of a module with `moved_names`. Each takes one sentence. All have the
same form, so that a test can compare it with the releases (`Notice`):

>>> @deprecated("`area` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: use `size`")
... def area() -> int:
...     return 64
>>> Notice.parse(area.__deprecated__).use
'`size`'
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ParamSpec, Self, TypeVar

from typing_extensions import deprecated

__all__ = ["Notice", "deprecated", "moved_names", "renamed_parameter"]

P = ParamSpec("P")
T = TypeVar("T")

FORM = "`NAME` is deprecated since VERSION and goes in VERSION, not before YYYY-MM-DD: use `OTHER`"
_FORM = re.compile(
    r"`(?P<name>[^`]+)` is deprecated since (?P<since>\d+\.\d+\.\d+) and goes in (?P<goes_in>\d+\.\d+\.\d+), "
    r"not before (?P<not_before>\d{4}-\d\d-\d\d): use (?P<use>.+)"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a sentence of a deprecation says."""

    name: str
    since: str
    goes_in: str
    not_before: date
    use: str

    @classmethod
    def parse(cls, sentence: str) -> Self:
        """Raises `ValueError` if the sentence has another form."""
        found = _FORM.fullmatch(sentence)
        if found is None:
            raise ValueError(f"a deprecation reads: {FORM}; not: {sentence}")
        name, since, goes_in, day, use = found.groups()
        return cls(name, since, goes_in, date.fromisoformat(day), use)

    def is_due(self, version: str, on: date) -> bool:
        """Whether a release of this version on this day must no longer have the name."""
        return _numbers(version) >= _numbers(self.goes_in) and on >= self.not_before


def renamed_parameter(old: str, new: str, sentence: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function that takes a parameter by its old keyword too, and warns.

    Raises `TypeError` at a call that gives both.

    >>> sentence = "`w` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: use `width`"
    >>> @renamed_parameter("w", "width", sentence)
    ... def picture(*, width: int) -> int:
    ...     return width
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     picture(w=64)
    64
    """
    Notice.parse(sentence)

    def mark(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def taking_both(*args: P.args, **kwargs: P.kwargs) -> T:
            if old in kwargs:
                if new in kwargs:
                    raise TypeError(f"{function.__qualname__}: `{old}` is the old name of `{new}`; give one of them")
                warnings.warn(sentence, DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return taking_both

    return mark


def moved_names(module: str, moved: Mapping[str, tuple[Callable[[], Any], str]]) -> Callable[[str], Any]:
    """A `__getattr__` for a module whose names moved: each with what gives its value, and the sentence.

    >>> sentence = "`sizes.AREA` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: use `sizes.SIZE`"
    >>> old = moved_names("sizes", {"AREA": (lambda: 64, sentence)})
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     old("AREA")
    64
    """
    for _, sentence in moved.values():
        Notice.parse(sentence)

    def found(name: str) -> Any:
        if name not in moved:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value, sentence = moved[name]
        warnings.warn(sentence, DeprecationWarning, stacklevel=2)
        return value()

    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
