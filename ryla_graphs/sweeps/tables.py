"""Tables with one row per run: CSV as spreadsheets write it, and JSON Lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NoReturn

from ryla_graphs.problems import InvalidDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 before UTF-16, because its mark begins with that of UTF-16."""
_DELIMITERS = (",", ";", "\t")
_JSON = (".jsonl", ".ndjson", ".json")
_LONGEST_CELL = 10_000_000
_MOST_COLUMNS = 1_000
"""No pipeline has as many parameters, and each column may be one."""
_UNCLOSED = "unexpected end of data"
"""The message of Python's reader at the end of the file."""
_UTF_16 = "--encoding utf-16-le, or utf-16-be"


@dataclass(frozen=True)
class Row:
    """A row of a table."""

    number: int
    """Counted from 1, without the header and empty lines."""
    line: int
    """Where it begins in the file."""
    cells: Mapping[str, Any]
    """By column; an empty cell of a CSV is left out."""


def read_rows(content: bytes, source: str, *, encoding: str | None = None) -> tuple[Row, ...]:
    """The rows of a CSV file (commas, semicolons or tabs, by its header) or of JSON Lines, by the name of the source.

    UTF-8 and anything with a byte order mark is recognised; otherwise pass `encoding`, since Latin-1 cannot be
    distinguished from similar encodings. Raises `InvalidDocument`, with the line.

    >>> [dict(row.cells) for row in read_rows(b"prompt;seed\\na cat;7\\n", "rows.csv")]
    [{'prompt': 'a cat', 'seed': '7'}]
    """
    if content.startswith(b"PK\x03\x04"):
        raise InvalidDocument(f"'{source}' is a spreadsheet or an archive; save the sheet as CSV (UTF-8)")
    text = _decoded(content, source, encoding)
    suffix = PurePath(source).suffix.lower()
    is_json = suffix in _JSON or (suffix not in (".csv", ".tsv") and text.lstrip().startswith(("{", "[")))
    rows = tuple(_json_rows(text, source) if is_json else _csv_rows(text, source))
    if not rows:
        raise InvalidDocument(f"'{source}' has no rows")
    return rows


def _decoded(content: bytes, source: str, encoding: str | None) -> str:
    marked = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or marked or "utf-8")
    except LookupError:
        raise InvalidDocument(f"there is no encoding '{encoding}'; such as utf-8, utf-16, cp1252, latin-1") from None
    except UnicodeError as error:
        raise InvalidDocument(_undecodable(content, source, error, encoding, marked)) from None
    if "\0" in text:
        raise InvalidDocument(f"'{source}' has NUL characters, as UTF-16 without its mark has: {_UTF_16}")
    return text.removeprefix("\ufeff")


def _undecodable(content: bytes, source: str, error: UnicodeError, named: str | None, marked: str | None) -> str:
    """Why bytes cannot be decoded as text, and what to do."""
    if not isinstance(error, UnicodeDecodeError):
        return f"'{source}' is not {named}: {error}"
    line = content[: error.start].count(b"\n") + 1
    said = f"'{source}' is not {error.encoding}: line {line}, byte 0x{content[error.start]:02x}"
    if named is None and marked is not None:
        return f"{said}; it begins as {marked}, so it is damaged or was cut off: save it again"
    if named is None and b"\0" in content:
        return f"{said}; it has NUL characters, as UTF-16 without its mark has: {_UTF_16}"
    return f"{said}; save it as UTF-8, or name its encoding: --encoding cp1252"


def _json_rows(text: str, source: str) -> Iterator[Row]:
    if text.lstrip().startswith("["):
        found = [(1, each) for each in _parsed(text, source, 1)]
    else:
        lines = enumerate(text.split("\n"), start=1)
        found = [(line, _parsed(each, source, line)) for line, each in lines if each.strip()]
    for number, (line, cells) in enumerate(found, start=1):
        if not isinstance(cells, dict):
            _wrong(source, line, f"row {number} is {type(cells).__name__}, expected an object of parameters")
        _bounded(cells, source, line)
        yield Row(number, line, cells)


def _parsed(text: str, source: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        place = line + getattr(error, "lineno", 1) - 1
        _wrong(source, place, f"no JSON: {getattr(error, 'msg', error)}")


def _csv_rows(text: str, source: str) -> Iterator[Row]:
    first, _, rest = text.partition("\n")
    named = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
    lines_before = 1 if named else 0
    text = rest if named else text
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=named or _delimiter(text), strict=True)
    header: list[str] | None = None
    number, line = 0, lines_before + 1
    try:
        for cells in reader:
            begins, line = line, lines_before + reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, source, begins)
                continue
            number += 1
            yield Row(number, begins, _cells(header, cells, source, begins))
    except csv.Error as error:
        if str(error) == _UNCLOSED:
            _wrong(source, line, "a quote is opened in this row and never closed; a quote within a text is doubled")
        _wrong(source, lines_before + reader.line_num, f"no CSV: {error}")


def _delimiter(text: str) -> str:
    """The delimiter that is most frequent in the header, outside quotes; a single column has none, so any will do."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _header(cells: list[str], source: str, line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:  # spreadsheets write columns that were once used
        names.pop()
    _bounded(names, source, line)
    if not all(names):
        _wrong(source, line, f"column {names.index('') + 1} has no name")
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        _wrong(source, line, f"column '{twice[0]}' is there twice")
    return names


def _cells(header: list[str], cells: list[str], source: str, line: int) -> dict[str, str]:
    if not any(cell.strip() for cell in cells[len(header) :]):
        cells = cells[: len(header)]
    if len(cells) != len(header):
        hint = "a text with the delimiter in it needs quotes around it"
        _wrong(source, line, f"{len(cells)} cells, and the header has {len(header)}; {hint}")
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}


def _bounded(columns: Collection[str], source: str, line: int) -> None:
    if len(columns) > _MOST_COLUMNS:
        _wrong(source, line, f"{len(columns):,} columns, and a row may have {_MOST_COLUMNS:,}: each sets one parameter")


def _wrong(source: str, line: int, message: str) -> NoReturn:
    raise InvalidDocument(f"'{source}', line {line}: {message}")
