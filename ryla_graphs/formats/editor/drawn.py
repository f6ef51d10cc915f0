"""A node as the editor draws it: slots, widgets, its size, and where on it the links end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.formats.editor.arranging import Parts
from ryla_graphs.formats.editor.boxes import Box
from ryla_graphs.formats.editor.widgets import Widget
from ryla_graphs.problems.text import shorten
from ryla_graphs.prompt import Link

TITLE_HEIGHT = 30.0
ROW = 20.0
WIDGET_ROW = 24.0


Held = tuple[Widget, Any]
"""A widget and its value."""


@dataclass(slots=True)
class Input:
    """An input slot that is drawn: a socket, or a widget with a link."""

    name: str
    type: str
    widget: bool = False
    source: Link | None = None
    label: str | None = None


class Output(NamedTuple):
    """An output slot."""

    name: str
    type: str


@dataclass(slots=True)
class Drawn:
    """A node in one graph of the file, before it has a position."""

    id: str
    type: str
    title: str | None
    inputs: list[Input]
    outputs: list[Output]
    values: list[Held]
    """The widgets that have a position."""
    properties: dict[str, Any]
    box: Box
    parts: Parts = ()
    by_name: bool = False
    """Whether its pack reads an object of values instead of a list."""
    ends: bool = False
    """Whether it is an output of the graph."""
    loads: bool = False
    """Whether it goes into the column of models."""

    def enters(self, place: int) -> float:
        """How far below the node's upper edge its input at this index is."""
        sockets_only = [slot for slot in self.inputs if not slot.widget]
        if not self.inputs[place].widget:
            return TITLE_HEIGHT + ROW * (place + 0.7)
        rows = max(len(sockets_only), len(self.outputs))
        names = [widget.name for widget, _ in self.values]
        below = names.index(self.inputs[place].name) if self.inputs[place].name in names else 0
        return TITLE_HEIGHT + ROW * rows + WIDGET_ROW * (below + 0.5)

    def output(self, slot: int) -> Output | None:
        """The output of a slot; None if it is not drawn, or if a link's slot is below 0."""
        return self.outputs[slot] if 0 <= slot < len(self.outputs) else None

    def leaves(self, slot: int) -> float:
        """How far below the node's upper edge an output is; one that is not drawn counts as the first or last."""
        return TITLE_HEIGHT + ROW * (min(max(slot, 0), len(self.outputs)) + 0.7)


_LETTER = 8.4
"""The highest average width of a letter in a slot or title."""
_SMALL_LETTER = 6.6
"""The same for a widget."""
_NARROWEST, _WITH_WIDGETS, _WIDEST = 210.0, 300.0, 420.0
_PICTURE = 280.0
"""Room for a picture below the widgets."""
_TEXT_WIDGETS = frozenset({"MARKDOWN", "TEXTAREA"})
_TALL_WIDGETS: Mapping[str, float] = {
    **dict.fromkeys(("LOAD_3D", "LOAD_3D_ADVANCED", "PREVIEW_3D", "IMAGECOMPARE", "WEBCAM", "PAINTER"), 400.0),
    **dict.fromkeys(("CURVE", "RANGE", "BOUNDING_BOXES", "COMPOSITOR", "GALLERIA", "CHART", "VIDEO_EDIT"), 250.0),
    **dict.fromkeys(("AUDIO_UI", "AUDIO_RECORD", "COLORS"), 60.0),
}


def size_of(
    title: str,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    values: Sequence[Held],
    *,
    shows: bool = False,
) -> Box:
    """The size of a node, its title included: at least what the editor needs for its slots, widgets and texts."""
    left = max((len(slot.name) for slot in inputs if not slot.widget), default=0)
    right = max((len(output.name) for output in outputs), default=0)
    width = max(_NARROWEST, _LETTER * (left + right) + 30, _LETTER * len(title) + 50)
    height = TITLE_HEIGHT + ROW * max(sum(not slot.widget for slot in inputs), len(outputs)) + 6
    if values:
        width = max(width, _WITH_WIDGETS, *(_widget_width(*held) for held in values))
        height += sum(_widget_height(*held) for held in values) + 8
    return Box(min(width, _WIDEST) if values else width, height + (_PICTURE if shows else 0.0))


def _is_text(widget: Widget) -> bool:
    return widget.type in _TEXT_WIDGETS or (
        widget.type == "STRING" and widget.spec is not None and widget.spec.multiline
    )


def _widget_width(widget: Widget, value: Any) -> float:
    if _is_text(widget):
        return _WIDEST - 20
    shown = value if isinstance(value, str) else shorten(value)
    return _SMALL_LETTER * (len(widget.name) + min(len(shown), 40)) + 80


def _widget_height(widget: Widget, value: Any) -> float:
    if not _is_text(widget):
        return _TALL_WIDGETS.get(widget.type, WIDGET_ROW)
    lines = sum(1 + len(line) // 60 for line in str(value).split("\n"))
    return min(max(60.0 + 14.0 * lines, 110.0), 340.0)


def shows_pictures(schema: NodeSchema) -> bool:
    """Whether the editor shows a picture or a video in the node."""
    if any(spec.upload in ("image", "video") for spec in schema.inputs):
        return True
    return schema.output_node and any(spec.type in ("IMAGE", "VIDEO") for spec in schema.inputs)
