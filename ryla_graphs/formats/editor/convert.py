"""From the editor's file to the prompt that the editor itself would send.

    converted = convert(parse(json.loads(text)), bundled())
    converted.prompt, converted.left_out, converted.problems

All of it is pure: unless the caller gives a choice and a date, dynamic prompts pick the first option and dates stay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.facts import Json
from ryla_graphs.formats import json_text
from ryla_graphs.formats.editor import findings, primitives, texts, views, virtual
from ryla_graphs.formats.editor.document import MOST_NODES, MUTED, EditorDocument
from ryla_graphs.formats.editor.findings import At
from ryla_graphs.formats.editor.loaded import Held, LoadedGraph, LoadedNode
from ryla_graphs.formats.editor.loading import Loaded, load
from ryla_graphs.formats.editor.parts import UNDEFINED, Sends
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.formats.editor.routes import UNLINKED, Nothing, Origin, Router, Scope, Value
from ryla_graphs.problems import InvalidDocument, Problem, RylaError

Prompt = dict[str, dict[str, Any]]

_PLAIN = frozenset({str, int, bool, type(None)})
_NOTHING, _VALUE = Sends.NOTHING, Sends.VALUE
_SAMPLERS = frozenset({"KSampler", "KSamplerAdvanced"})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in the file that is not in the prompt."""

    node: str
    what: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        return {"node": self.node, "what": self.what, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Converted:
    """A prompt made from an editor's file."""

    prompt: Prompt
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What a conversion cannot know: which options are picked, and what day it is."""

    choose: texts.Choose = texts.first
    now: datetime | None = None
    named: bool = True
    """Whether nodes of unknown classes go out as the file describes them, not as the editor's placeholders."""


def convert(document: EditorDocument, catalog: Catalog, choices: Choices = Choices()) -> Converted:
    """The prompt that the editor would send for this file on a server with these classes.

    Raises `InvalidDocument` if the file is far beyond what an editor makes: for example, if its subgraphs expand to
    more than `MOST_NODES` nodes.
    """
    try:
        return _Conversion(document, load(document, catalog, named=choices.named), choices).run()
    except RecursionError:
        raise InvalidDocument("the values in this workflow are nested too deeply") from None


def convert_line(record: Json, catalog: Catalog, choices: Choices = Choices()) -> dict[str, Json]:
    """One ``{"id", "ui"}`` as ``{"id", "api", "problems", "left_out"}``, or as ``{"id", "error"}``."""
    name = record.get("id") if isinstance(record, Mapping) else None
    if not isinstance(record, Mapping) or "ui" not in record:
        return {"id": name, "error": 'expected an object with "id" and "ui"'}
    try:
        converted = convert(parse(record["ui"]), catalog, choices)
    except RylaError as error:
        return {"id": name, "error": str(error)}
    return {
        "id": name,
        "api": converted.prompt,
        "problems": [problem.to_dict() for problem in converted.problems],
        "left_out": [left.to_dict() for left in converted.left_out],
    }


@dataclass(slots=True)
class _Conversion:
    document: EditorDocument
    loaded: Loaded
    choices: Choices
    router: Router = field(default_factory=lambda: Router(virtual.source))
    left: list[LeftOut] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    called: dict[str, LoadedNode] | None = None
    """The first node of each name, once a token asks for one."""

    def run(self) -> Converted:
        self.problems += (*self.document.problems, *self.loaded.problems)
        for graph in self.loaded.graphs:
            _mend(graph)
        for graph in self.loaded.graphs:
            primitives.apply(graph, self.replaced)
            self.left += [LeftOut(*lost) for lost in graph.lost]
        prompt = {f"{scope.prefix}{node.id}": self.entry(scope, node) for scope, node in self.running()}
        return Converted(prompt, tuple(self.left), tuple(self.problems))

    def running(self) -> Iterator[tuple[Scope, LoadedNode]]:
        """The nodes that go into the prompt, with their places."""
        waiting = [(Scope(self.loaded.root), iter(self.loaded.root.nodes.values()))]
        left = MOST_NODES
        while waiting:
            scope, nodes = waiting[-1]
            for node in nodes:
                if not node.runs:
                    self.skipped(scope, node)
                if node.subgraph is not None and (node.runs or scope.parent is not None):
                    if scope.contains(node.subgraph):
                        self.problems.append(findings.contains_itself(_at(scope, node), node.subgraph.name))
                        continue
                    inner = scope.of(node)
                    left -= len(inner.graph.nodes)
                    if left < 0:
                        raise InvalidDocument(f"the subgraphs of this workflow multiply to over {MOST_NODES:,} nodes")
                    waiting.append((inner, iter(inner.graph.nodes.values())))
                    break
                if node.runs and not node.virtual:
                    yield scope, node
            else:
                waiting.pop()

    def skipped(self, scope: Scope, node: LoadedNode) -> None:
        mode = "muted" if node.file.mode == MUTED else "bypassed"
        if node.subgraph is not None and scope.parent is not None:
            # Inside subgraphs, the editor expands instances whatever their mode.
            self.problems.append(findings.runs_all_the_same(_at(scope, node), mode))
        elif not node.virtual or node.subgraph is not None:
            what = node.type if node.subgraph is None else f"subgraph '{node.subgraph.name}'"
            self.left.append(LeftOut(f"{scope.prefix}{node.id}", what, f"the node is {mode}"))

    def entry(self, scope: Scope, node: LoadedNode) -> dict[str, Any]:
        """One node of the prompt: its widgets' values, overridden by its links."""
        inputs: dict[str, Any] = {}
        for held in node.widgets:
            widget = held.widget
            if widget.sends is not _NOTHING and widget.name:
                value = held.value if widget.sends is _VALUE else self.sent(held, scope, node)
                if type(value) in _PLAIN or (type(value) is float and math.isfinite(value)):
                    inputs[widget.name] = value
                elif value is not UNDEFINED:
                    inputs[widget.name] = self.written(value, widget.type, _at(scope, node, widget.name))
        for place, slot in enumerate(node.inputs):
            if slot.link is None:
                continue
            found = self.router.origin(scope, node, place)
            if isinstance(found, Origin):
                inputs[slot.name] = [found.node, found.slot]
            elif isinstance(found, Value):
                if found.value is UNDEFINED:
                    inputs.pop(slot.name, None)
                else:
                    inputs[slot.name] = self.written(found.value, None, _at(scope, node, slot.name))
            elif found is not UNLINKED and not slot.written:
                self.unlinked(_at(scope, node, slot.name), found, slot.name in inputs)
        meta = {} if node.title is None else {"title": node.title}
        if node.schema is None and not self.choices.named:
            return {"inputs": inputs, "_meta": meta}
        class_type = node.type if node.schema is None else node.schema.class_type
        return {"inputs": inputs, "class_type": class_type, "_meta": meta}

    def unlinked(self, at: At, found: Nothing, has_value: bool) -> None:
        instead = "; the widget's own value goes out instead" if has_value else ""
        self.left.append(LeftOut(at.node, f"the link into {at.input}", f"{found.why}{instead}"))
        if found.broken:
            self.problems.append(findings.broken_link(at, found.why, has_value))

    def sent(self, held: Held, scope: Scope, node: LoadedNode) -> Any:
        """What a widget sends."""
        value, sends = held.value, held.widget.sends
        if sends is Sends.DYNAMIC_PROMPT and isinstance(value, str):
            text = texts.dynamic_prompt(value, self.choices.choose)
            if text != value:
                self.problems.append(findings.dynamic_prompt(_at(scope, node, held.name), value, text))
            return text
        if sends is Sends.FILE_NAME:
            if isinstance(value, str):
                return self.replaced(value)
            if value is not UNDEFINED:
                self.problems.append(findings.not_text(_at(scope, node, held.name), value))
            return value
        if sends is Sends.CAPTURE:
            return self.captured(held, _at(scope, node, held.name))
        if sends is Sends.VIEW:
            return views.view(node.type, node.file.properties)
        if sends is Sends.FIXED:
            return held.widget.default
        if sends is Sends.OWN_ID:
            return f"${node.id}-0"
        if sends is Sends.IF_SAVED:
            saved = node.held("save_to_workflow")
            return value if saved is not None and saved.value and value != "[IMAGE DATA]" else ""
        if sends is Sends.COMPARED:
            return value if isinstance(value, dict) else {"images": value if isinstance(value, list) else []}
        if sends is Sends.INDEX:
            chosen = node.widgets[0].value
            options = [other.value for other in node.widgets if other.widget.sends is Sends.OPTION]
            return options.index(chosen) if chosen in options else -1
        return value

    def captured(self, held: Held, at: At) -> Any:
        """Leave out what only a browser can make; viewers that only show something send nothing in its place anyway."""
        if held.widget.type == "BUTTON":
            return UNDEFINED
        if held.widget.type != "PREVIEW_3D":
            self.problems.append(findings.needs_browser(at))
        return ""

    def written(self, value: Any, widget: str | None, at: At) -> Any:
        """A value as JSON holds it: a list is wrapped, because a bare one is a link."""
        if not isinstance(value, str) and not json_text.is_fit(value):
            self.problems.append(findings.not_json(at, value))
            value = json_text.mended(value)
        if isinstance(value, list):
            return {"__type__": "CURVE", "__value__": value} if widget == "CURVE" else {"__value__": value}
        return value

    def replaced(self, text: str) -> str:
        """A text with its tokens for dates and other nodes' widgets filled in."""
        if "%" not in text:
            return text
        filled, unknown = texts.file_name(text, self.value_of, self.choices.now)
        for token in unknown:
            self.problems.append(findings.unknown_token(text, token))
        return filled

    def value_of(self, name: str, widget: str) -> Any:
        """The value of this widget on the first node of this name; raises `KeyError` if there is none."""
        if self.called is None:
            nodes = [node for graph in self.loaded.graphs for node in graph.nodes.values()]
            self.called = {node.title or "": node for node in reversed(nodes)}
            self.called |= {_search_name(node): node for node in reversed(nodes)}
        node = self.called[name]
        held = node.promoted.get(widget) or node.held(widget)
        if held is None:
            raise KeyError(widget)
        return held.value


def _at(scope: Scope, node: LoadedNode, name: str | None = None) -> At:
    return At(f"{scope.prefix}{node.id}", node.type, node.file.place, name)


def _search_name(node: LoadedNode) -> str:
    """The name by which tokens find a node: the file's, else its class, except for nodes that save."""
    said = node.file.properties.get("Node name for S&R")
    saves = any(held.widget.sends is Sends.FILE_NAME for held in node.widgets)
    name = node.type if said is None and node.schema is not None and not saves else said
    return name if isinstance(name, str) else ""


def _mend(graph: LoadedGraph) -> None:
    """Repair what the editor repairs in every file: an empty choice becomes the first, an old prefix is removed."""
    for node in graph.nodes.values():
        for held in node.promoted.values():
            if held.value is None or held.value is UNDEFINED:
                held.value = _first(held, held.value)
        for held in node.widgets:
            value = held.value
            if value is None or value is UNDEFINED:
                if (first := _first(held, value)) is not value:
                    node.set_value(held, first, graph)
            elif held.widget.name == "sampler_name" and node.type in _SAMPLERS and isinstance(value, str):
                held.value = value.removeprefix("sample_")


def _first(held: Held, value: Any) -> Any:
    """The first choice of a list, if it has one."""
    spec = held.widget.spec
    if spec is None or held.widget.type not in (sockets.COMBO, sockets.DYNAMIC_COMBO):
        return value
    options = tuple(option.key for option in spec.options) or spec.choices
    return options[0] if options else value
