"""`portrait.toml` beside `portrait.json`: which inputs of a saved graph are parameters, and what they take."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ryla_graphs.problems import InvalidDocument, SourceUnreachable

Type = Literal["text", "integer", "number", "boolean", "choice", "picture", "mask", "weights", "seed"]
"""The type of a parameter; by default, that of its input."""


class Row(BaseModel):
    """One parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: tuple[str, ...] = Field(min_length=1)
    """``node.input``, or several that get the same value."""
    type: Type | None = None
    min: int | float | None = None
    max: int | float | None = None
    step: int | float | None = None
    choices: tuple[str | int | float, ...] = ()
    default: Any = None
    required: bool = False
    description: str | None = None

    @field_validator("input", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class Sheet(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    description: str | None = None
    parameters: Mapping[str, Row] = {}

    @field_validator("parameters", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """``steps = "3.steps"`` is a whole row."""
        if not isinstance(value, dict):
            return value
        return {name: {"input": row} if isinstance(row, (str, list)) else row for name, row in value.items()}


def read_sheet(path: Path) -> Sheet:
    """Read the file; raises `SourceUnreachable`, and `InvalidDocument` with the wrong line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreachable(f"cannot read '{path}': {error}") from error
    try:
        return Sheet.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDocument(f"{path}: {error}") from None
    except ValidationError as error:
        row = error.errors(include_url=False)[0]
        place = [str(part) for part in row["loc"]]
        raise InvalidDocument(f"{path}:{_line_of(text, place)}: {'.'.join(place)}: {row['msg']}") from None


def _line_of(text: str, place: list[str]) -> int:
    """The line that most likely holds a key: the first with its name after that of its table."""
    lines = text.splitlines()
    at = 0
    for part in place:
        found = next((number for number in range(at, len(lines)) if part in lines[number]), None)
        at = at if found is None else found
    return at + 1
