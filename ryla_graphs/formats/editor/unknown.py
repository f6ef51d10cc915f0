"""Nodes of classes that the catalog lacks: what the file itself says about their values.

The editor cannot make a prompt from such a node: it omits the class and calls the values ``UNKNOWN``, ``UNKNOWN_1``.
But newer files name each widget, so the node can be written the way a server with the class wants it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats.editor.document import EditorInput, EditorNode
from ryla_graphs.formats.editor.loaded import Held
from ryla_graphs.formats.editor.parts import Sends, Widget
from ryla_graphs.formats.editor.reading import few

_CONTROLS = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
_NOT_SENT = frozenset({"control_after_generate", "control_filter_list", "upload", "audioUI", "videopreview"})
_BUTTONS = frozenset({"IMAGEUPLOAD", "AUDIOUPLOAD", "AUDIO_UI"})
_SEEDS = ("seed", "noise_seed")


class Described(NamedTuple):
    """The widgets that a file describes, and how many of its values it does not name."""

    widgets: list[Held]
    unnamed: int = 0


def as_described(file: EditorNode) -> Described:
    """The widgets of a node as its file names them."""
    if file.named_values is not None:
        return Described([_held(name, value) for name, value in file.named_values.items() if name not in _NOT_SENT])
    if isinstance(file.values, Mapping):
        named = few(file.values, f"{file.place}.widgets_values")
        return Described([_held(name, value) for name, value in named.items() if name not in _NOT_SENT])
    if not file.values:
        return Described([])
    found = list(_by_slots(file.inputs or (), file.values))
    return Described(found) if found else Described([], len(file.values))


def _by_slots(inputs: tuple[EditorInput, ...], values: list[Json]) -> Iterator[Held]:
    """Values matched to the widgets' slots; none if the counts differ, because the match is then unknown."""
    slots = [slot for slot in inputs if slot.widget is not None]
    found: list[Held] = []
    place = 0
    for slot in slots:
        if place >= len(values):
            return
        if slot.type not in _BUTTONS:
            found.append(_held(slot.widget or "", values[place]))
        place += 1
        if _is_seed(slot) and place < len(values) and _is_control(values[place]):
            place += 1
    rest = values[place:]
    if all(value in (None, "", "image") for value in rest):
        yield from found


def _is_control(value: Json) -> bool:
    return isinstance(value, str) and value in _CONTROLS


def _is_seed(slot: EditorInput) -> bool:
    return slot.type == "INT" and (slot.widget or "").rpartition(".")[2] in _SEEDS


def _held(name: str, value: Json) -> Held:
    return Held(Widget(name, "UNKNOWN", sends=Sends.VALUE), value)


def as_the_editor(file: EditorNode) -> list[Held]:
    """The widgets that the editor makes from the values of a node of unknown class."""
    values = file.values if isinstance(file.values, list) else []
    names = ["UNKNOWN", *(f"UNKNOWN_{number}" for number in range(1, len(values)))]
    return [_held(name, _shown(value)) for name, value in zip(names, values, strict=False)]


def _shown(value: Json) -> Json:
    if isinstance(value, (str, int, float)):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
