"""A graph read from any source, and those of its inputs that can be set."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs import catalogs
from ryla_graphs.catalog.schema import Kind
from ryla_graphs.formats.read import Document
from ryla_graphs.problems import AtField, InvalidInputs, NotFound, Problem, shorten
from ryla_graphs.problems.wording import expected
from ryla_graphs.prompt import Prompt, PromptNode, is_link
from ryla_graphs.sources import open_document
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.catalog.schema import InputSpec
    from ryla_graphs.formats.read import Preference

_TEXTS = (Kind.STRING, Kind.COMBO)


class SettableInput(NamedTuple):
    """An input of a graph that holds a value."""

    node: str
    input: str
    class_type: str
    title: str | None
    value: Any
    """None if it is missing."""
    spec: InputSpec | None
    """None if the class is unknown."""
    in_app: bool
    """Whether the editor's app mode shows it."""

    @property
    def key(self) -> str:
        """Its name for `-p`: ``6.text``."""
        return f"{self.node}.{self.input}"

    @property
    def takes(self) -> str | None:
        """What the input takes, in words; None if the class is unknown."""
        return None if self.spec is None else expected(self.spec)

    def to_dict(self) -> dict[str, Any]:
        """The input as JSON-ready data."""
        facts = {name: getattr(self, name) for name in ("key", "class_type", "title", "value", "takes", "in_app")}
        return {name: value for name, value in facts.items() if value is not None}


class GraphInputs:
    """A graph that was read, and those of its inputs that hold values."""

    def __init__(self, document: Document, catalog: Catalog | None) -> None:
        self.document = document
        self._catalog = catalog

    def changed(self, given: Mapping[str, Any]) -> Document:
        """The document with some inputs set, by ``node.input``; raises `NotFound` for an input it does not have."""
        nodes: dict[str, Any] = dict(self.document.prompt)
        for key, value in given.items():
            number, name = self._place(key)
            inputs = {**nodes[number]["inputs"], name: self._value(number, name, value)}
            nodes[number] = {**nodes[number], "inputs": inputs}
        return replace(self.document, prompt=nodes)

    def settable(self, *, missing: bool = False) -> list[SettableInput]:
        """The inputs that hold values, those of app mode first, in its order; optionally also the `missing` ones."""
        order = self._in_app
        rows = self._settable(missing)
        return sorted(rows, key=lambda row: order.get(_in_its_graph(row.key), len(order)))

    @cached_property
    def prompt(self) -> Prompt:
        """The graph, read with the catalog."""
        return Prompt(self.document.prompt, catalogs.bundled() if self._catalog is None else self._catalog)

    @cached_property
    def _in_app(self) -> dict[str, int]:
        """What the editor's app mode shows, in its order, by input keys within their own graphs."""
        from ryla_graphs.formats.editor.reading import parse  # noqa: PLC0415 - most graphs have no app mode

        shown = parse(self.document.ui).app_inputs if self.document.ui is not None else ()
        return {f"{node}.{widget}": place for place, (node, widget) in enumerate(shown)}

    def _settable(self, missing: bool = False) -> Iterator[SettableInput]:
        for node in self.prompt.every_node():
            body = self.document.prompt.get(node.id, {})
            meta = body.get("_meta")
            title = meta.get("title") if isinstance(meta, dict) else None
            known: Mapping[str, InputSpec] = node.known if isinstance(node, PromptNode) else {}
            absent = [name for name, spec in known.items() if missing and spec.required and name not in node.inputs]
            for name in (*node.inputs, *absent):
                value, spec = node.inputs.get(name), known.get(name)
                if not is_link(value) and not (spec is not None and spec.is_wire_only):
                    shown = _in_its_graph(f"{node.id}.{name}") in self._in_app
                    yield SettableInput(node.id, name, node.class_type, title, value, spec, shown)

    def spec(self, key: str) -> InputSpec | None:
        """What is known about the input that a key names; raises `NotFound` if there is none."""
        return self._spec(*self._place(key))

    def value(self, key: str) -> Any:
        """What an input holds, its link if it has one; None if it is not given. Raises `NotFound`."""
        number, name = self._place(key)
        return self.document.prompt[number]["inputs"].get(name)

    def class_of(self, key: str) -> str:
        """The class of the node whose input a key names; raises `NotFound`."""
        return str(self.document.prompt[self._place(key)[0]]["class_type"])

    def _spec(self, number: str, name: str) -> InputSpec | None:
        node = self.prompt.nodes.get(number)
        return None if node is None else node.known.get(name)

    def _place(self, key: str) -> tuple[str, str]:
        """Node and input that a key names; the id of a node may hold a dot, and so may the name of an input."""
        nodes = {node.id: node for node in self.prompt.every_node()}
        parts = key.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            if (node := nodes.get(".".join(parts[:cut]))) is not None:
                name = ".".join(parts[cut:])
                known = {**node.inputs, **getattr(node, "known", {})}
                if name not in known:
                    raise NotFound.among(f"input of {node.class_type} '{node.id}' with the name", name, known)
                return node.id, name
        if key in nodes or len(parts) == 1:
            keys = [row.key for row in self._settable()]
            example = next((each for each in keys if each.endswith(f".{key}")), keys[0] if keys else "NODE.INPUT")
            raise NotFound(f"'{key}' names no input of the graph; write NODE.INPUT=VALUE, such as {example}=…")
        raise NotFound.among("node", parts[0], nodes)

    def _value(self, number: str, name: str, given: Any) -> Any:
        """A value as the input takes it: text stays text, anything else is parsed as JSON if possible."""
        spec = self._spec(number, name)
        before = self.document.prompt[number]["inputs"].get(name)
        if not isinstance(given, str) or (isinstance(before, str) if spec is None else spec.kind in _TEXTS):
            return given
        try:
            value = json.loads(given)
        except ValueError:
            return given
        return given if isinstance(value, float) and not math.isfinite(value) else value


class GraphTarget(GraphInputs):
    """A graph read from any source. Called with inputs, it makes the workflow with these changed."""

    def __init__(self, source: str, catalog: Catalog | None, prefer: Preference | None) -> None:
        super().__init__(open_document(source, catalog=catalog, prefer=prefer), catalog)
        self.source = source

    def __call__(self, **given: Any) -> Workflow:
        """The workflow with some inputs set; raises as `changed` does."""
        document = self.changed(given)
        # The editor's file still has the old inputs.
        return Workflow.of_document(replace(document, ui=None) if given else document, catalog=self._catalog)

    @property
    def files(self) -> dict[str, bytes]:
        """The files that came with the graph; raises `InvalidInputs` if one is only an address or an id."""
        files: dict[str, bytes] = {}
        for name, content in self.document.inputs.items():
            if isinstance(content, str):
                raise InvalidInputs([_not_here(name, content)])
            files[name] = content
        return files


def _in_its_graph(key: str) -> str:
    """The key of an input without the subgraphs around its node: ``84.text`` for ``88:84.text``."""
    number, dot, name = key.partition(".")
    return f"{number.rpartition(':')[2]}{dot}{name}"


def _not_here(name: str, source: str) -> Problem:
    return Problem(
        code="input_elsewhere",
        message=f"'{name}' is at {shorten(source)}, where only a server looks",
        subject=AtField("request", name),
        hint="download it, and give it as the input that names it: -p NODE.INPUT=@FILE",
    )
