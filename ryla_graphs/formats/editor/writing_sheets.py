"""The JSON of one graph of an editor's file, and of a subgraph's definition: nodes, links and groups, laid out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ryla_graphs.formats.editor.arranging import Frame, arrange
from ryla_graphs.formats.editor.boxes import Link as Line
from ryla_graphs.formats.editor.drawn import TITLE_HEIGHT, Drawn, Input
from ryla_graphs.formats.editor.writing_definitions import INPUTS, OUTPUTS, Definition, Port
from ryla_graphs.prompt import Link

_LARGEST = 2**53
"""Numbers from here on are not exact in a browser."""
_GROUP = "#3f789e"
"""The colour that the editor gives a new group; without a colour, its title is hard to read."""
_PORTS_WIDTH, _PORTS_GAP, _PORT_ROW = 120.0, 80.0, 20.0


def sheet(nodes: Sequence[Drawn], used: int = 0) -> dict[str, Any]:
    """The nodes, links and groups of one graph, laid out; link ids continue after the `used` ones of other graphs."""
    place = {node.id: number for number, node in enumerate(nodes)}
    links: list[dict[str, Any]] = []
    lines: list[Line] = []
    taken: dict[tuple[str, int], list[int]] = {}
    entered: list[dict[int, int]] = [{} for _ in nodes]
    for number, node in enumerate(nodes):
        for slot, given in enumerate(node.inputs):
            if given.source is None:
                continue
            source, output = given.source
            carried = _carried(nodes, place, source, output) or given.type
            links.append(_link(used + len(links) + 1, (source, output), (node.id, slot), carried))
            taken.setdefault((source, output), []).append(used + len(links))
            entered[number][slot] = used + len(links)
            if source in place:
                origin = place[source]
                lines.append(Line(origin, nodes[origin].leaves(output), number, node.enters(slot)))
    first = [number for number, node in enumerate(nodes) if node.loads]
    arranged = arrange([node.box for node in nodes], lines, [node.parts for node in nodes], first)
    return {
        "nodes": [
            _node(node, arranged.corners[number], number, entered[number], taken) for number, node in enumerate(nodes)
        ],
        "links": links,
        "groups": [_group(number, frame) for number, frame in enumerate(arranged.frames, start=1)],
    }


def _link(number: int, origin: tuple[str, int], target: tuple[str, int], carried: str) -> dict[str, Any]:
    return {
        "id": number,
        "origin_id": _id(origin[0]),
        "origin_slot": origin[1],
        "target_id": _id(target[0]),
        "target_slot": target[1],
        "type": carried,
    }


def _carried(nodes: Sequence[Drawn], place: Mapping[str, int], source: str, output: int) -> str | None:
    """The type of an output; None if it comes from outside a definition."""
    drawn = nodes[place[source]].output(output) if source in place else None
    return drawn.type if drawn is not None else None


def _node(
    node: Drawn,
    corner: tuple[float, float],
    order: int,
    entered: Mapping[int, int],
    taken: Mapping[tuple[str, int], list[int]],
) -> dict[str, Any]:
    left, top = corner
    body: dict[str, Any] = {
        "id": _id(node.id),
        "type": node.type,
        "pos": [left, top + TITLE_HEIGHT],
        "size": [node.box.width, node.box.height - TITLE_HEIGHT],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": [_input(slot, entered.get(number)) for number, slot in enumerate(node.inputs)],
        "outputs": [
            {"name": output.name, "type": output.type, "links": taken.get((node.id, slot))}
            for slot, output in enumerate(node.outputs)
        ],
        "properties": node.properties,
    }
    if node.title:
        body["title"] = node.title
    if node.values:
        named = {widget.name: value for widget, value in node.values if widget.name}
        body["widgets_values"] = named if node.by_name else [value for _, value in node.values]
        body["widgets_values_named"] = named
    return body


def _input(slot: Input, link: int | None) -> dict[str, Any]:
    label = slot.label or (slot.name.rpartition(".")[2] if "." in slot.name else None)
    body: dict[str, Any] = {"label": label} if label else {}
    body |= {"name": slot.name, "type": slot.type}
    if slot.widget:
        body["widget"] = {"name": slot.name}
    return body | {"link": link}


def _group(number: int, frame: Frame) -> dict[str, Any]:
    bounding = [*frame.corner, *frame.size]
    return {"id": number, "title": frame.title, "bounding": bounding, "color": _GROUP, "font_size": 34, "flags": {}}


def _id(name: str) -> int | str:
    """An id as the editor writes it: a number if it is one."""
    number = number_of(name)
    return number if number or name in ("0", INPUTS, OUTPUTS) else name


def number_of(name: str) -> int:
    """An id as a number; 0 if it is not a number."""
    if name in (INPUTS, OUTPUTS):
        return int(name)
    return int(name) if name.isdecimal() and name.isascii() and name[0] != "0" and int(name) < _LARGEST else 0


def definition(each: Definition, used: int) -> dict[str, Any]:
    """A subgraph: its own sheet between its inputs on the left and its outputs on the right."""
    inside = sheet(each.nodes, used)
    right = max(node["pos"][0] + node["size"][0] for node in inside["nodes"])
    links: list[dict[str, Any]] = inside["links"]
    by_id = {node["id"]: node for node in inside["nodes"]}
    inputs: list[list[int]] = [[] for _ in each.inputs]
    for link in links:
        if link["origin_id"] == int(INPUTS):
            inputs[link["origin_slot"]].append(link["id"])
    outputs: list[list[int]] = []
    for number, port in enumerate(each.outputs):
        source, slot = port.link or Link(OUTPUTS, 0)
        links.append(_link(used + len(links) + 1, (source, slot), (OUTPUTS, number), port.type))
        outputs.append([used + len(links)])
        if 0 <= slot < len(by_id[_id(source)]["outputs"]):
            output = by_id[_id(source)]["outputs"][slot]
            output["links"] = [*(output["links"] or ()), used + len(links)]
    left_edge = -_PORTS_WIDTH - _PORTS_GAP
    return {
        "id": each.id,
        "version": 1,
        "state": {
            "lastGroupId": len(inside["groups"]),
            "lastNodeId": max((number_of(node.id) for node in each.nodes), default=0),
            "lastLinkId": used + len(links),
            "lastRerouteId": 0,
        },
        "revision": 0,
        "config": {},
        "name": each.name,
        "inputNode": {"id": int(INPUTS), "bounding": _ports_box(left_edge, len(inputs))},
        "outputNode": {"id": int(OUTPUTS), "bounding": _ports_box(right + _PORTS_GAP, len(outputs))},
        "inputs": [*_ports(each, each.inputs, inputs, left_edge + _PORTS_WIDTH - 20)],
        "outputs": [*_ports(each, each.outputs, outputs, right + _PORTS_GAP + 20)],
        "widgets": [],
        **inside,
        "extra": {},
    }


def _ports_box(left: float, count: int) -> list[float]:
    return [left, 0.0, _PORTS_WIDTH, _PORT_ROW * (count + 2)]


def _ports(
    each: Definition, ports: Sequence[Port], links: Sequence[list[int]], left: float
) -> Iterator[dict[str, Any]]:
    for number, (port, ids) in enumerate(zip(ports, links, strict=True)):
        own = uuid.uuid5(uuid.UUID(each.id), f"{number} {port.name} {port.link}")
        body = {"id": str(own), "name": port.name, "type": port.type, "linkIds": ids}
        label = {"label": port.label} if port.label else {}
        yield body | label | {"pos": [left, _PORT_ROW * (number + 1)]}
