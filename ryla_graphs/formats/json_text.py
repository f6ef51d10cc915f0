"""JSON from outside, checked for size, number of parts and depth before it is parsed.

Python's parser recurses, and so does much of the code that works on its result: a text of a hundred thousand opening
brackets must be refused before either sees it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from ryla_graphs.problems import InvalidDocument

MOST_BYTES = 256 * 2**20
"""Longer texts are refused: a graph of 100,000 nodes has about 50 MB."""
DEEPEST = 100
"""Deeper texts are refused: a graph has about ten levels."""

MOST_PARTS = 5_000_000
"""Texts with more brackets, quotes, commas and backslashes are refused, since each of them costs time and memory. A
graph of 100,000 nodes has about three million."""

_PARTS = (b"[", b"{", b'"', b",", b"\\")
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\x00\x00")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(content: bytes | str, source: str = "the text") -> Any:
    """The value of a JSON text. Raises `InvalidDocument` with the place if it is not JSON, too large or too deep.

    NaN and infinities pass, because ComfyUI writes them into pictures; `unfit` finds them.
    """
    encoded = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(encoded) > MOST_BYTES:
        raise InvalidDocument(f"{source} has {len(encoded):,} bytes of JSON; at most {MOST_BYTES:,} are read")
    if (parts := sum(map(encoded.count, _PARTS))) > MOST_PARTS:
        raise InvalidDocument(
            f"{source} has {parts:,} brackets, quotes, commas and backslashes; at most {MOST_PARTS:,} are read"
        )
    opened = encoded.count(b"[") + encoded.count(b"{")
    if opened > DEEPEST and (levels := depth(encoded)) > DEEPEST:  # which takes a third of the time of parsing
        raise InvalidDocument(
            f"{source} is not JSON that can be read: it is nested {levels:,} levels deep, at most {DEEPEST} are taken"
        )
    try:
        return json.loads(encoded)
    except json.JSONDecodeError as error:
        place = f"at line {error.lineno}, column {error.colno}"
        raise InvalidDocument(f"{source} is not JSON: {error.msg} {place}{_advice(error)}") from None
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{source} is not JSON: byte {error.start} is not {error.encoding}") from None
    except (ValueError, RecursionError) as error:  # a number with more digits than Python reads
        raise InvalidDocument(f"{source} is not JSON that can be read: {error}") from None


_ADVICE = (
    (r",\s*[}\]]", "leave out the comma before the bracket"),
    (r"'|True\b|False\b|None\b", "this looks like Python: write it with `json.dumps`"),
    (r"(?<=\{)[{%]|\$\{|<\w+>|%\w+%", "fill in the placeholders of the template first"),
    (r"//|/\*|#", "JSON has no comments"),
    (r"undefined\b", "this looks like JavaScript: write it with `JSON.stringify`"),
    (r"\s*\Z", "it ends too early: was it cut off?"),
)
"""What stands where the parser stops, and what to do about it."""


def _advice(error: json.JSONDecodeError) -> str:
    """What to do about broken JSON, as the rest of a sentence; empty if that is not clear."""
    if error.msg == "Extra data" and error.doc.startswith(("{", "["), error.pos):
        return "; a second value begins there: open them one by one, or with `ryla-graphs validate --jsonl`"
    before = error.doc[: error.pos].rstrip()
    place = error.pos
    if before.endswith(",") and error.doc.startswith(("}", "]"), place):
        place = len(before) - 1  # up to Python 3.12, it stops behind the comma
    if error.msg.startswith("Unterminated string"):
        place = len(error.doc)
    return next((f"; {what}" for found, what in _ADVICE if re.compile(found).match(error.doc, place)), "")


def depth(content: bytes) -> int:
    """How deep the brackets of a JSON text nest, ignoring those in strings."""
    steps = _STRINGS.sub(b"", content).translate(_STEPS, delete=_NO_BRACKETS)
    return max(accumulate(1 if step else -1 for step in steps), default=0)


def plain(value: Any, source: str = "the value") -> Any:
    """A Python value as it would come back from JSON. Raises `InvalidDocument` if JSON cannot hold it."""
    try:
        return parse(json.dumps(value), source)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidDocument):
            raise
        raise InvalidDocument(f"{source} cannot be written as JSON: {error}") from None
    except RecursionError:
        raise InvalidDocument(f"{source} is nested too deeply; at most {DEEPEST} levels are read") from None


def is_fit(value: Any) -> bool:
    """Whether a parsed value can be written as JSON that every parser reads: no NaN, infinity or lone surrogate."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def unfit(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The places in a parsed value that keep it from being JSON that every parser reads, each with its value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not is_fit(key):
                yield place, key
            yield from unfit(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unfit(item, f"{place}[{index}]")
    elif isinstance(value, (float, str)) and not is_fit(value):
        yield place, value


def mended(value: Any) -> Any:
    """A parsed value as browsers read it: NaN and infinities become null, a lone surrogate a question mark."""
    if isinstance(value, Mapping):
        return {mended(key): mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value if is_fit(value) else None
