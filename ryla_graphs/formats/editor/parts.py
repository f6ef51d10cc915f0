"""The parts of a node in the editor: widgets, what each sends, and input slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ryla_graphs.catalog.schema import InputSpec


class _Undefined:
    """JavaScript's `undefined`: a key with this value is not written."""

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined()


class Sends(StrEnum):
    """What a widget puts into the prompt under its name."""

    VALUE = "value"
    NOTHING = "nothing"
    DYNAMIC_PROMPT = "dynamic prompt"
    """The text without comments, with one option of each ``{a|b}`` picked."""
    FILE_NAME = "file name"
    """The text with ``%date%`` and ``%Node.widget%`` replaced."""
    CAPTURE = "capture"
    """What only a browser can make, a rendered view or a recording: an empty text if there is no browser."""
    VIEW = "view"
    """The camera position of a 3D view."""
    OPTION = "option"
    """Its value; the editor shows one more widget of this kind than have a value."""
    INDEX = "index"
    """The index of the chosen option among the options of a `CustomCombo`."""
    FIXED = "fixed"
    """Its default, whatever it holds: the editor shows something there that the server does not get."""
    OWN_ID = "own id"
    """``$7-0`` for node 7: a key under which the pack's server keeps a picture."""
    IF_SAVED = "if saved"
    """Its value if the node's `save_to_workflow` is on, else an empty text."""
    COMPARED = "compared"
    """The pictures that a comparing view showed last."""


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget of a node in the editor."""

    name: str
    type: str
    """The type that makes the widget: INT, COMBO, IMAGEUPLOAD, …"""
    default: Any = ""
    """The value in a new node; `UNDEFINED` if there is none."""
    spec: InputSpec | None = None
    """The input that it fills; None if only the editor has it, as with ``control_after_generate``."""
    saved: bool = True
    """Whether it takes a position in ``widgets_values``."""
    sends: Sends = Sends.VALUE


class Slot(NamedTuple):
    """One input slot of a node in the editor."""

    name: str
    type: str
    widget: str | None = None
    """The name of the widget that it belongs to."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What the chosen option of a dynamic combo brings."""

    slots: tuple[Slot, ...]
    widgets: tuple[Widget, ...]
    autogrow: Mapping[str, InputSpec]
