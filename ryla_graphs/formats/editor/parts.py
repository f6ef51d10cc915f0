"""The parts of a node in the editor: widgets, what each sends, and input slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ryla_graphs.catalog.schema import InputSpec


class _Undefined:
    """A value that JavaScript calls undefined: a key that holds it is not written."""

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
    """The text without comments, one of each ``{a|b}`` picked."""
    FILE_NAME = "file name"
    """The text with ``%date%`` and ``%Node.widget%`` replaced."""
    CAPTURE = "capture"
    """What only a browser can make, a rendered view or a recording: an empty text without one."""
    VIEW = "view"
    """Where the camera of a 3D view stands."""
    OPTION = "option"
    """Its value, and the editor shows one more widget of this kind than have one."""
    INDEX = "index"
    """The place of the chosen option among the options of a `CustomCombo`."""
    FIXED = "fixed"
    """Its default, whatever it holds: the editor's window shows something there that the server does not get."""
    OWN_ID = "own id"
    """``$7-0`` for node 7: a key under which the pack's server keeps a picture."""
    IF_SAVED = "if saved"
    """Its value where the node's `save_to_workflow` is on, else an empty text."""
    COMPARED = "compared"
    """The pictures that a comparing view showed last."""


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget of a node in the editor."""

    name: str
    type: str
    """The type that makes the widget: INT, COMBO, IMAGEUPLOAD, …"""
    default: Any = ""
    """The value of a new node; `UNDEFINED` where it has none."""
    spec: InputSpec | None = None
    """The input that it fills; None for what only the editor knows, such as ``control_after_generate``."""
    saved: bool = True
    """Whether it takes a position in ``widgets_values``."""
    sends: Sends = Sends.VALUE


@dataclass(frozen=True, slots=True)
class Slot:
    """One input slot of a node in the editor."""

    name: str
    type: str
    widget: str | None = None
    """The name of the widget that it stands beside."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What the chosen option of a dynamic combo brings."""

    slots: tuple[Slot, ...]
    widgets: tuple[Widget, ...]
    autogrow: Mapping[str, InputSpec]
