"""Small files of the editor, made node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor.convert import Choices, Converted, convert
from ryla_graphs.formats.editor.reading import parse

Json = Any
PART = "5e0d2a8c-0000-4000-8000-000000000001"
INNER = "5e0d2a8c-0000-4000-8000-000000000002"
MUTED, BYPASSED = 2, 4


class Sheet:
    """A root graph or a definition in the making; links are written as lists in a root graph, else as objects."""

    def __init__(self, identity: str | None = None, name: str = "part") -> None:
        self.identity, self.name = identity, name
        self.nodes: list[dict[str, Json]] = []
        self.links: list[Json] = []
        self.inputs: list[dict[str, Json]] = []
        self.outputs: list[dict[str, Json]] = []

    def add(
        self,
        kind: str,
        values: Json = None,
        links: Mapping[str, tuple[int, int]] = {},
        *,
        widgets: Sequence[str] = (),
        number: int | None = None,
        **rest: Json,
    ) -> int:
        """Add a node with links to its inputs, of which `widgets` names those beside a widget; its id."""
        number = len(self.nodes) + 1 if number is None else number
        slots: list[dict[str, Json]] = []
        for name, (origin, slot) in links.items():
            link = self.link(origin, slot, number, len(slots))
            slots.append({"name": name, "type": "*", "link": link, **_widget(name in widgets, name)})
        slots += [
            {"name": name, "type": "*", "link": None, **_widget(True, name)} for name in widgets if name not in links
        ]
        node = {"id": number, "type": kind, "mode": 0, "inputs": slots, "widgets_values": values, **rest}
        self.nodes.append(node)
        return number

    def link(self, origin: int, slot: int, target: int, target_slot: int, kind: str = "*") -> int:
        number = len(self.links) + 1
        ends = {"origin_id": origin, "origin_slot": slot, "target_id": target, "target_slot": target_slot}
        entry = {"id": number, **ends, "type": kind}
        self.links.append(list(entry.values()) if self.identity is None else entry)
        node = next((node for node in self.nodes if node["id"] == origin), None)
        if node is not None:
            outputs = node.setdefault("outputs", [])
            outputs += [{"name": "*", "type": "*", "links": []} for _ in range(slot + 1 - len(outputs))]
            outputs[slot]["links"].append(number)
        if origin == -10:
            self.inputs[slot]["linkIds"].append(number)
        if target == -20:
            self.outputs[target_slot]["linkIds"].append(number)
        return number

    def input(self, name: str, kind: str = "*") -> tuple[int, int]:
        """A new input of the definition, as the origin of links inside."""
        self.inputs.append({"name": name, "type": kind, "linkIds": []})
        return -10, len(self.inputs) - 1

    def output(self, name: str, kind: str, origin: int, slot: int) -> None:
        self.outputs.append({"name": name, "type": kind, "linkIds": []})
        self.link(origin, slot, -20, len(self.outputs) - 1, kind)

    def document(self, *definitions: Sheet, **rest: Json) -> dict[str, Json]:
        """The file, with this as its root graph."""
        subgraphs = [
            {
                "id": part.identity,
                "name": part.name,
                **{key: getattr(part, key) for key in ("nodes", "links", "inputs", "outputs")},
            }
            for part in definitions
        ]
        last = max((node["id"] for node in self.nodes if isinstance(node["id"], int)), default=0)
        return {
            "version": 0.4,
            "last_node_id": last,
            "nodes": self.nodes,
            "links": self.links,
            "definitions": {"subgraphs": subgraphs},
            **rest,
        }

    def convert(self, *definitions: Sheet, choices: Choices | None = None, **rest: Json) -> Converted:
        return convert(parse(self.document(*definitions, **rest)), bundled(), choices or Choices())

    def inputs_of(self, number: int | str, *definitions: Sheet, **rest: Json) -> dict[str, Json]:
        """What one node of the prompt is given."""
        inputs: dict[str, Json] = self.convert(*definitions, **rest).prompt[str(number)]["inputs"]
        return inputs


def _widget(beside: bool, name: str) -> dict[str, Json]:
    return {"widget": {"name": name}} if beside else {}


def reported(converted: Converted) -> list[tuple[str, str, str]]:
    """What was left out, as triples."""
    return [(left.node, left.what, left.reason) for left in converted.left_out]


def codes(converted: Converted) -> list[str]:
    return [problem.code for problem in converted.problems]
