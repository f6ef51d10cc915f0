"""Values written into a text, by Python's rules for `str.format`."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.text.strings import affordable
from ryla_graphs.shapes.unknown import Undecided

_PLAIN = (str, int, float, bool, list, tuple, dict, type(None))
_MAX_WIDTH = 1_000_000


class _Formatter(string.Formatter):
    """Formats plain values. A format that looks inside a value, or asks for endless padding, is refused: it comes
    from the sender of the graph, and could expose our own objects or fill the memory."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if "._" in field_name:
            raise NodeFails(f"its text looks inside a value, at '{field_name}', which the simulator does not show")
        found, key = super().get_field(field_name, args, kwargs)
        if not isinstance(found, _PLAIN):
            raise Undecided(f"only the server knows how it writes a {type(found).__name__}")
        return found, key

    def format_field(self, value: Any, format_spec: str) -> Any:
        widths = "".join(letter if letter.isdigit() else " " for letter in format_spec).split()
        if any(len(width) > 7 or int(width) > _MAX_WIDTH for width in widths):
            raise NodeFails(f"its text pads a value to more than {_MAX_WIDTH:,} characters")
        return super().format_field(value, format_spec)


_FORMATTER = _Formatter()


@rule("StringFormat")
def string_format(f_string: str, values: Mapping[str, Any] | None = None) -> str:
    affordable(f_string.count("{") * max((len(v) for v in (values or {}).values() if isinstance(v, str)), default=0))
    text = _FORMATTER.vformat(f_string, (), values or {})
    affordable(len(text))
    return text
