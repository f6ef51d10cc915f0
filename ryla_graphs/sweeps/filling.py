"""How a row fills parameters: its cells, `{column}` in texts, and the names of its files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{([^{}]+)\}")
_LONGEST = 80
"""The most bytes of a value in a file name."""


def filled(value: Any, cells: Mapping[str, Any]) -> Any:
    """A value with `{column}` replaced in its texts; braces around anything else stay, as ComfyUI has its own.

    >>> filled("a {colour} {cat|dog}", {"colour": "red"})
    'a red {cat|dog}'
    """
    if isinstance(value, str):
        return _PLACE.sub(lambda found: str(cells.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: filled(each, cells) for key, each in value.items()}
    return [filled(each, cells) for each in value] if isinstance(value, list) else value


def columns_in(value: Any) -> frozenset[str]:
    """The names in braces in the texts of a value."""
    if isinstance(value, str):
        return frozenset(_PLACE.findall(value))
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return frozenset().union(*map(columns_in, parts))


def file_name(template: str, cells: Mapping[str, Any]) -> str:
    """A name with `{column}` replaced; values lose what file names forbid, and a `/` in the template makes folders.

    >>> file_name("{style}/{row}", {"style": "oil: thick/wet", "row": "007"})
    'oil_thick_wet/007'
    """
    parts = (filled(part, {name: _plain(value) for name, value in cells.items()}) for part in template.split("/"))
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _plain(value: Any) -> str:
    plain = re.sub(r"[^\w.+-]+", "_", str(value)).strip("_.")
    return plain.encode()[:_LONGEST].decode(errors="ignore") or "_"
