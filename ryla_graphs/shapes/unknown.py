"""`Unknown`: a value that only the run can tell, with its known bounds.

Rules are written as plain arithmetic. Given an `Unknown` they return an `Unknown` with its own bounds, so the rule that
tells the simulator how large a picture becomes also tells a limit its largest possible size. If a rule has to decide on
an unknown value, `Undecided` is raised, and the outputs of that node are unknown.

>>> side = Unknown("the size of 'a.png' is unknown without the file", 1, 4096)
>>> side // 8 * 8 + 16
<Unknown 16..4112: the size of 'a.png' is unknown without the file>
>>> side < 5000
True
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NoReturn

Bound = int | float
_HUGE = 10**300
"""No bound is a larger number, which no float could hold: the upper one is infinite instead. A chain of a few hundred
nodes that each enlarge a picture gets there."""


class Undecided(Exception):
    """A rule needs a value that is unknown; the argument is the reason why."""


class Unknown:
    """A value that cannot be known before the run: the reason and, for a number, its bounds."""

    __slots__ = ("high", "low", "reason")

    def __init__(self, reason: str, low: Bound = -math.inf, high: Bound = math.inf) -> None:
        self.reason = reason
        self.low = low if -_HUGE <= low <= _HUGE else _HUGE if low > _HUGE else -math.inf
        self.high = high if -_HUGE <= high <= _HUGE else -_HUGE if high < -_HUGE else math.inf

    def __repr__(self) -> str:
        bounds = "" if (self.low, self.high) == (-math.inf, math.inf) else f" {self.low:g}..{self.high:g}"
        return f"<Unknown{bounds}: {self.reason}>"

    def _undecided(self, *_: Any, **__: Any) -> NoReturn:
        raise Undecided(self.reason)

    # Operations that only a known value supports: its text, its items, its exact number.
    __str__ = __int__ = __float__ = __index__ = __iter__ = __len__ = __getitem__ = __contains__ = __call__ = _undecided
    __format__ = __fspath__ = __pow__ = __rpow__ = __lshift__ = __rshift__ = __and__ = __or__ = __xor__ = _undecided

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Undecided(self.reason)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self != 0

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        low, high = bounds(other)
        if self.high < low or self.low > high:
            return False
        raise Undecided(self.reason)

    def __lt__(self, other: Any) -> bool:
        low, high = bounds(other)
        return self._decided(self.high < low, self.low >= high)

    def __le__(self, other: Any) -> bool:
        low, high = bounds(other)
        return self._decided(self.high <= low, self.low > high)

    def __gt__(self, other: Any) -> bool:
        return not self <= other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def _decided(self, surely: bool, surely_not: bool) -> bool:
        if surely == surely_not:
            raise Undecided(self.reason)
        return surely

    def __add__(self, other: Any) -> Unknown:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Unknown:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Unknown:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Unknown:
        return self._with(other, lambda a, b: a * b if a and b else 0)

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Unknown:
        return self._divided(other, operator.floordiv)

    def __truediv__(self, other: Any) -> Unknown:
        return self._divided(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Unknown:
        if self.low <= 0 <= self.high:
            return Unknown(self.reason)
        return self._with(other, lambda a, b: b / a)

    def __rfloordiv__(self, other: Any) -> Unknown:
        return self.__rtruediv__(other).__floor__()

    def __mod__(self, other: Any) -> Unknown:
        return self._remainder(*bounds(other))

    def __rmod__(self, other: Any) -> Unknown:
        return self._remainder(self.low, self.high)

    def _remainder(self, low: Bound, high: Bound) -> Unknown:
        """The remainder of dividing by a value between two bounds: at most as large as the divisor, and of its sign."""
        return Unknown(self.reason, min(low, 0), max(high, 0))

    def __neg__(self) -> Unknown:
        return Unknown(self.reason, -self.high, -self.low)

    def __abs__(self) -> Unknown:
        ends = sorted((abs(self.low), abs(self.high)))
        return Unknown(self.reason, 0 if self.low <= 0 <= self.high else ends[0], ends[1])

    def __round__(self, digits: int | None = None) -> Unknown:
        return self._each(lambda bound: round(bound, digits) if digits else round(bound))

    def __ceil__(self) -> Unknown:
        return self._each(math.ceil)

    def __floor__(self) -> Unknown:
        return self._each(math.floor)

    __trunc__ = __floor__

    def _each(self, change: Callable[[Bound], Bound]) -> Unknown:
        low, high = (bound if math.isinf(bound) else change(bound) for bound in (self.low, self.high))
        return Unknown(self.reason, low, high)

    def _with(self, other: Any, work: Callable[[Bound, Bound], Bound]) -> Unknown:
        ends = bounds(other)
        corners = [work(mine, theirs) for mine in (self.low, self.high) for theirs in ends]
        if any(corner != corner for corner in corners):  # infinity minus infinity
            return Unknown(self.reason)
        return Unknown(self.reason, min(corners), max(corners))

    def _divided(self, other: Any, work: Callable[[Bound, Bound], Bound]) -> Unknown:
        low, high = bounds(other)
        if low <= 0 <= high:
            if (low, high) == (0, 0):
                raise ZeroDivisionError("division by zero")
            return Unknown(self.reason)
        return self._with(other, lambda a, b: work(a, b) if not math.isinf(a) else 0 if math.isinf(b) else a / b)


Whole = int | Unknown
"""A whole number that may be unknown: a side, a batch, a number of frames."""
Number = int | float | Unknown
"""A number that may be unknown."""


def bounds(value: Any) -> tuple[Bound, Bound]:
    """The least and the largest possible value of a number. Raises `Undecided` if it is unknown and no number."""
    if isinstance(value, Unknown):
        return value.low, value.high
    if isinstance(value, float):
        return value, value
    if isinstance(value, int):
        held = Unknown("", value, value)
        return held.low, held.high
    if isinstance(value, Fraction):
        return float(value), float(value)
    return -math.inf, math.inf


def whole(value: Number) -> Any:
    """`int(value)`, also for an unknown number that is not negative."""
    return math.floor(value) if isinstance(value, Unknown) else int(value)


def rounded(value: Number) -> Any:
    """`round(value)`, also for an unknown number."""
    return round(value)


def least(*values: Number) -> Any:
    """`min`, also for unknown numbers."""
    return _extreme(min, values)


def most(*values: Number) -> Any:
    """`max`, also for unknown numbers."""
    return _extreme(max, values)


def _extreme(pick: Callable[[Iterable[Bound]], Bound], values: tuple[Number, ...]) -> Any:
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    if unknown is None:
        return pick(values)  # type: ignore[arg-type]
    ends = [bounds(value) for value in values]
    low, high = pick(low for low, _ in ends), pick(high for _, high in ends)
    return low if low == high else Unknown(unknown.reason, low, high)


def product(values: Iterable[Number]) -> Any:
    """`math.prod`, also for unknown numbers."""
    result: Number = 1
    for value in values:
        result = result * value
    return result
