"""Group nodes, which older editors had instead of subgraphs (``extra.groupNodes``).

The editor builds a class from the nodes inside, opens the group node as an instance of it, and then unpacks it: the
nodes inside get new ids, the group node's values, and its links. Values and links follow that class's order and names,
which today's definitions can shift; what the editor loses on the way is lost here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema, OutputSpec
from ryla_graphs.formats.editor.group_class import PREFIXES, Group, InnerLink, inner_links
from ryla_graphs.formats.editor.opening import Template
from ryla_graphs.formats.editor.proxies import PRIMITIVE
from ryla_graphs.formats.editor.reading import few
from ryla_graphs.formats.editor.widgets import added_inputs, has_widget
from ryla_graphs.problems import shorten

_REROUTE = "Reroute"
_OWN = frozenset({PRIMITIVE, _REROUTE, "Note", "MarkdownNote"})


def build(name: str, data: Json, catalog: Catalog) -> Group | None:
    """The class of a group; None if it is malformed or has nodes of unknown classes.

    Raises `InvalidDocument` if it has more than `MOST` nodes.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("nodes"), list):
        return None
    nodes = few(data["nodes"], f"extra.groupNodes[{shorten(name)}].nodes")
    kinds = [node.get("type") if isinstance(node, Mapping) else None for node in nodes]
    if not all(isinstance(kind, str) and (kind in _OWN or kind in catalog) for kind in kinds):
        return None
    return _Builder(name, data, catalog).build()


@dataclass(slots=True)
class _Builder:
    name: str
    data: Mapping[str, Json]
    catalog: Catalog
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    widgets: list[dict[str, str]] = field(default_factory=list)
    slots: list[dict[str, int]] = field(default_factory=list)
    primitives: dict[int, str] = field(default_factory=dict)
    """The name that the group gives a primitive's widget, by the primitive's index."""
    count: int = 0

    def build(self) -> Group:
        nodes: list[Mapping[str, Json]] = self.data["nodes"]
        links = list(inner_links(self.data.get("links"), len(nodes)))
        into: list[dict[int, InnerLink]] = [{} for _ in nodes]
        out_of: list[dict[int, list[InnerLink]]] = [{} for _ in nodes]
        for link in links:
            into[link.target][link.target_slot] = link
            out_of[link.origin].setdefault(link.origin_slot, []).append(link)
        outside = self.outside()
        later: list[tuple[int, dict[int, str], dict[str, InputSpec], int]] = []
        outputs: list[tuple[int, int]] = []
        types: list[OutputSpec] = []
        for place, node in enumerate(nodes):
            self.widgets.append({})
            self.slots.append({})
            described = self.described(place, node, into[place], out_of[place], outside)
            if described is None:
                continue
            specs, own_outputs = described
            converted, free = self.add_widgets(place, node, specs)
            self.add_slots(place, node, specs, free, into[place])
            later.append((place, converted, specs, len(free)))
            for slot, output in enumerate(own_outputs):
                custom = _entry(self.config(place), "output", str(slot))
                if custom.get("visible", slot not in out_of[place] or (place, slot) in outside):
                    outputs.append((place, slot))
                    types.append(output)
        for place, late, specs, before in later:
            self.add_converted(place, nodes[place], late, specs, before, into[place])
        schema = NodeSchema(
            class_type=f"{PREFIXES[0]}{self.name}",
            display_name=self.name,
            category="",
            module="",
            inputs=tuple(self.inputs.values()),
            outputs=tuple(types),
            output_node=False,
        )
        return Group(self.name, nodes, links, Template(schema), self.widgets, self.slots, outputs)

    def outside(self) -> dict[tuple[int, int], str]:
        """The inner outputs that are also linked to something outside, with their types."""
        entries = self.data.get("external")
        return {
            (entry[0], entry[1]): str(entry[2])
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, list) and len(entry) > 2 and type(entry[0]) is int and type(entry[1]) is int
        }

    def config(self, place: int) -> Mapping[str, Json]:
        return _entry(self.data, "config", str(place))

    def described(
        self,
        place: int,
        node: Mapping[str, Json],
        into: Mapping[int, InnerLink],
        out_of: Mapping[int, Sequence[InnerLink]],
        outside: Mapping[tuple[int, int], str],
    ) -> tuple[dict[str, InputSpec], Sequence[OutputSpec]] | None:
        """The inputs and outputs of a node inside; None for one that only passes something on within the group."""
        kind = node["type"]
        if kind in self.catalog:
            schema = self.catalog[kind]
            required = [spec for spec in schema.inputs if spec.required]
            optional = [spec for spec in schema.inputs if not spec.required]
            return {spec.name: spec for spec in chain(required, added_inputs(schema), optional)}, schema.outputs
        if kind == PRIMITIVE:
            return self.primitive(node, out_of)
        if kind != _REROUTE or (into and out_of and (place, 0) not in outside):
            return None
        passed = self.passed(place, into, out_of, outside)
        return {passed: _socket(passed, passed)}, (OutputSpec(name=passed, type=passed),)

    def primitive(
        self, node: Mapping[str, Json], out_of: Mapping[int, Sequence[InnerLink]]
    ) -> tuple[dict[str, InputSpec], Sequence[OutputSpec]] | None:
        link = next(iter(out_of.get(0, ())), None)
        if link is None:
            return None
        kind, outputs = link.type, node.get("outputs")
        if kind == sockets.COMBO and isinstance(outputs, list) and outputs and isinstance(outputs[0], Mapping):
            target = self.data["nodes"][link.target]["type"]
            named = _entry(outputs[0], "widget").get("name")
            spec = (
                next((s for s in self.catalog[target].inputs if s.name == named), None)
                if target in self.catalog
                else None
            )
            kind = spec.type if spec is not None and not spec.listed else None
        kind = kind if isinstance(kind, str) else ""
        return {"value": _socket("value", kind)}, (OutputSpec(name=kind, type=kind),)

    def passed(
        self,
        place: int,
        into: Mapping[int, InnerLink],
        out_of: Mapping[int, Sequence[InnerLink]],
        outside: Mapping[tuple[int, int], str],
    ) -> str:
        """The type that a reroute at the border of the group passes on."""
        nodes = self.data["nodes"]
        for link in out_of.get(0, ()):
            inputs = nodes[link.target].get("inputs")
            if isinstance(inputs, list) and 0 <= link.target_slot < len(inputs):
                kind = _entry(inputs[link.target_slot]).get("type")
                if isinstance(kind, str) and kind != "*":
                    return kind
        if out_of:
            return "*"
        if 0 in into:
            outputs = nodes[into[0].origin].get("outputs")
            if isinstance(outputs, list) and 0 <= into[0].origin_slot < len(outputs):
                return str(_entry(outputs[into[0].origin_slot]).get("type") or "*")
            return "*"
        entries = self.data.get("links")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, list) and len(entry) > 5 and entry[2] == place and isinstance(entry[5], str):
                return entry[5]
        return outside.get((place, 0), "*")

    def add_widgets(
        self, place: int, node: Mapping[str, Json], specs: Mapping[str, InputSpec]
    ) -> tuple[dict[int, str], list[str]]:
        """Add a node's widgets; return the rest: those that the file has as inputs, by index, and other inputs."""
        given = node.get("inputs")
        slots = given if isinstance(given, list) else []
        converted: dict[int, str] = {}
        free: list[str] = []
        for name, spec in specs.items():
            if not has_widget(spec):
                free.append(name)
                continue
            at = next((n for n, slot in enumerate(slots) if _is_converted(slot, name)), None)
            if at is not None:
                converted[at] = name
                continue
            outer = self.called(place, node, name)
            self.add(outer, spec)
            self.widgets[place][name] = outer
            if node["type"] == PRIMITIVE:
                self.primitives[place] = outer
        return converted, free

    def add_slots(
        self,
        place: int,
        node: Mapping[str, Json],
        specs: Mapping[str, InputSpec],
        free: Sequence[str],
        into: Mapping[int, InnerLink],
    ) -> None:
        for number, name in enumerate(free):
            if number in into:
                self.controlled(into[number])
                continue
            outer = self.called(place, node, name)
            if _entry(self.config(place), "input", name).get("visible") is False:
                continue
            self.add(outer, specs[name])
            self.slots[place][name] = self.count
            self.count += 1

    def add_converted(
        self,
        place: int,
        node: Mapping[str, Json],
        converted: Mapping[int, str],
        specs: Mapping[str, InputSpec],
        before: int,
        into: Mapping[int, InnerLink],
    ) -> None:
        # The editor sorts these indices as texts: 10 before 9.
        for number, at in enumerate(sorted(converted, key=str)):
            name = converted[at]
            if before + number in into:
                self.controlled(into[before + number])
                continue
            outer = self.called(place, node, name)
            self.add(outer, specs[name])
            self.widgets[place][name] = outer
            self.slots[place][name] = self.count
            self.count += 1

    def called(self, place: int, node: Mapping[str, Json], name: str) -> str:
        """What the group calls an input of a node inside."""
        given = node.get("inputs")
        labels = (s.get("label") for s in (given if isinstance(given, list) else ()) if _slot_name(s) == name)
        custom = _entry(self.config(place), "input", name).get("name")
        outer = custom if isinstance(custom, str) else next((label for label in labels if label), None) or name
        key, title = outer, node.get("title")
        if (node["type"] == PRIMITIVE and title) or outer in self.taken:
            prefix = f"{title or node['type']} "
            key = outer = f"{prefix}{name}"
            if outer in self.taken:
                outer = f"{prefix}{self.taken[outer]} {name}"
        self.taken[key] = self.taken.get(key, 1) + 1
        return outer

    def add(self, outer: str, spec: InputSpec) -> None:
        controlled = spec.control_after_generate or spec.name in ("seed", "noise_seed")
        self.inputs[outer] = spec.replace(name=outer, key=outer, control_after_generate=controlled, required=True)

    def controlled(self, link: InnerLink) -> None:
        """Give a primitive that feeds a widget a control of its own."""
        name = self.primitives.get(link.origin)
        if name is not None:
            self.inputs[name] = self.inputs[name].replace(control_after_generate=True)


def _socket(name: str, kind: str) -> InputSpec:
    return InputSpec(name=name, key=name, type=kind, kind=Kind.SOCKET, required=True)


def _entry(data: Json, *path: str) -> Mapping[str, Json]:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _slot_name(slot: Json) -> Json:
    return slot.get("name") if isinstance(slot, Mapping) else None


def _is_converted(slot: Json, name: str) -> bool:
    return _slot_name(slot) == name and _entry(slot, "widget").get("name") == name
