"""Writing the editor's workflow file: a prompt as ComfyUI opens it, laid out as a person likes to look at it.

    document = dump(Prompt(json.load(file), catalogs.bundled()))

What the file holds is on docs/formats.md.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ryla_graphs.formats.editor.arranging import Frame, Parts, arrange
from ryla_graphs.formats.editor.grouping import enclosed, loaders, repeated
from ryla_graphs.formats.editor.layout import Link as Line
from ryla_graphs.formats.editor.writing_nodes import TITLE_HEIGHT, Drawn, Input, drawn_nodes
from ryla_graphs.formats.editor.writing_subgraphs import INPUTS, OUTPUTS, Definition, Placed, Port, fold
from ryla_graphs.problems import InvalidWorkflow, Problem, shorten
from ryla_graphs.prompt import Prompt, is_link, read_link

_LARGEST = 2**53
"""Numbers from here on are not exact in a browser."""
_GROUP = "#3f789e"
"""The colour that the editor gives a new group; the title of one without a colour can hardly be read."""
_NOTE_WIDTH = 420.0
_NOTE_GAP = 80.0
_PORT_WIDTH, _PORT_ROW = 120.0, 20.0
_DEEPEST = 6
"""Instances within instances beyond this are not made; the nodes in them keep their long ids."""


class Note(NamedTuple):
    """What a person should read beside the graph, in Markdown."""

    title: str
    text: str


def dump(
    prompt: Prompt,
    *,
    name: str | None = None,
    parts: Mapping[str, Parts] | None = None,
    notes: Sequence[Note] = (),
    subgraphs: bool = True,
) -> dict[str, Any]:
    """The editor's file for a prompt.

    `parts` says in which parts of a larger graph nodes stand, outermost first, by id: they get frames, and with
    `subgraphs` parts of one shape become instances of a subgraph. By default parts are read from ids such as
    ``day/vae`` and only get frames. Ids such as ``75:63`` are always nodes of subgraphs, as the editor writes them.

    Raises `InvalidWorkflow` with every link that leads nowhere.
    """
    if problems := list(_dangling(prompt)):
        raise InvalidWorkflow(problems)
    placed = _placed(prompt, parts, subgraphs)
    nodes, definitions = fold(placed)
    spare = 1 + max((_number(n.id) for sheet in (nodes, *(d.nodes for d in definitions)) for n in sheet), default=0)
    root = sheet(nodes)
    root["nodes"] += _notes(notes, spare, root["nodes"], root["groups"])
    written = [_definition(each) for each in definitions]
    content = {
        "last_node_id": spare + len(notes) - 1,
        "last_link_id": len(root["links"]),
        **root,
        "links": [list(link.values()) for link in root["links"]],
        **({"definitions": {"subgraphs": written}} if written else {}),
        "config": {},
        "extra": {},
        "version": 0.4,
    }
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content, sort_keys=True))
    return {"id": str(number), "revision": 0, **content}


def _dangling(prompt: Prompt) -> Iterator[Problem]:
    """The links that lead nowhere, which no file of the editor can hold."""
    for node in prompt.every_node():
        for name, value in node.inputs.items():
            if is_link(value) and ((link := read_link(value)) is None or link.node not in prompt.bodies):
                code = "bad_linked_input" if link is None else "link_to_missing_node"
                what = "a list is a link and must be [node id, output slot]" if link is None else "the link leads nowhere"
                yield Problem(
                    code=code,
                    message=f"{what}: {shorten(value)}",
                    tier=1,
                    node=node.id,
                    class_type=node.class_type,
                    input=name,
                    given=value,
                )


# --- names and parts ---------------------------------------------------------------------------------------------


def _placed(prompt: Prompt, parts: Mapping[str, Parts] | None, subgraphs: bool) -> list[Placed]:
    """The nodes with their titles, and where each stands."""
    inside = _parts(prompt, parts)
    loading = loaders(prompt, inside)
    unnamed: Counter[Parts] = Counter()
    placed: list[Placed] = []
    for order, node in enumerate(drawn_nodes(prompt)):
        around = inside.get(node.id, ())
        named = _own_name(node.id, around)
        path = _instances(node.id)
        node.title = _title(prompt, node.id) or _name(path[-1] if len(path) > 1 else named or node.id)
        node.loads = node.id in loading
        optional = bool(parts and subgraphs and node.id in parts and around and len(path) == 1)
        if optional:
            unnamed[around] += named is None
            path = (*around, named or f"n{unnamed[around]}")
        elif len(path) == 1:
            node.parts = around
        placed.append(Placed(path, node, node.id, optional, order))
    return placed


def _own_name(node: str, around: Parts) -> str | None:
    """What a node is called in its part: `vae` for ``day/vae``, or ``day-vae``; None where it has no name there."""
    for prefix in ("".join(f"{part}/" for part in around), "".join(f"{part}-" for part in around)):
        if node.startswith(prefix):
            return node.removeprefix(prefix)
    return None


def _parts(prompt: Prompt, given: Mapping[str, Parts] | None) -> dict[str, Parts]:
    """The parts that nodes stand in, as given or as the ids tell."""
    told = {node: tuple(node.split("/")[:-1]) for node in prompt.bodies} if given is None else dict(given)
    alone = {node.id: node.class_type for node in prompt.every_node() if not told.get(node.id)}
    told |= {node: (part,) for node, part in repeated(alone).items()}
    return told | enclosed(prompt, told)


def _instances(node: str) -> tuple[str, ...]:
    """The instances in an id such as ``75:63``, and the id of the node in them."""
    path = tuple(node.split(":", _DEEPEST))
    return path if all(path) else (node,)


def _title(prompt: Prompt, node: str) -> str | None:
    meta = prompt.bodies[node].get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title if isinstance(title, str) and title else None


def _name(name: str | None) -> str | None:
    """A name that says something; the numbers that the editor gives do not."""
    return None if name is None or all(part.isdecimal() for part in name.split(":")) else name


# --- sheets ------------------------------------------------------------------------------------------------------


def sheet(nodes: Sequence[Drawn]) -> dict[str, Any]:
    """The nodes, links and groups of one graph, laid out."""
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
            links.append(
                {
                    "id": len(links) + 1,
                    "origin_id": _id(source),
                    "origin_slot": output,
                    "target_id": _id(node.id),
                    "target_slot": slot,
                    "type": _carried(nodes, place, source, output) or given.type,
                }
            )
            taken.setdefault((source, output), []).append(len(links))
            entered[number][slot] = len(links)
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


def _carried(nodes: Sequence[Drawn], place: Mapping[str, int], source: str, output: int) -> str | None:
    """The type of an output; None for what comes from outside a definition."""
    outputs = nodes[place[source]].outputs if source in place else []
    return outputs[output].type if output < len(outputs) else None


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
        body["widgets_values"] = [value for _, value in node.values]
        body["widgets_values_named"] = {widget.name: value for widget, value in node.values}
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
    """An id as the editor has it: a number where it is one."""
    number = _number(name)
    return number if number or name in ("0", INPUTS, OUTPUTS) else name


def _number(name: str) -> int:
    """The number that an id is; 0 where it is none."""
    if name in (INPUTS, OUTPUTS):
        return int(name)
    return int(name) if name.isdecimal() and name.isascii() and name[0] != "0" and int(name) < _LARGEST else 0


# --- definitions and notes ---------------------------------------------------------------------------------------


def _definition(each: Definition) -> dict[str, Any]:
    """A subgraph: its own sheet between its inputs on the left and its outputs on the right."""
    inside = sheet(each.nodes)
    right = max(node["pos"][0] + node["size"][0] for node in inside["nodes"])
    links: list[dict[str, Any]] = inside["links"]
    outputs: list[list[int]] = []
    for number, port in enumerate(each.outputs):
        assert port.link is not None
        source, slot = port.link
        links.append(
            {
                "id": len(links) + 1,
                "origin_id": _id(source),
                "origin_slot": slot,
                "target_id": int(OUTPUTS),
                "target_slot": number,
                "type": port.type,
            }
        )
        outputs.append([len(links)])
        node = next(node for node in inside["nodes"] if node["id"] == _id(source))
        node["outputs"][slot]["links"] = [*(node["outputs"][slot]["links"] or ()), len(links)]
    inputs = [
        [link["id"] for link in links if link["origin_id"] == int(INPUTS) and link["origin_slot"] == number]
        for number in range(len(each.inputs))
    ]
    left_edge = -_PORT_WIDTH - _NOTE_GAP
    return {
        "id": each.id,
        "version": 1,
        "state": {
            "lastGroupId": len(inside["groups"]),
            "lastNodeId": max((_number(node.id) for node in each.nodes), default=0),
            "lastLinkId": len(links),
            "lastRerouteId": 0,
        },
        "revision": 0,
        "config": {},
        "name": each.name,
        "inputNode": {"id": int(INPUTS), "bounding": _ports_box(left_edge, len(inputs))},
        "outputNode": {"id": int(OUTPUTS), "bounding": _ports_box(right + _NOTE_GAP, len(outputs))},
        "inputs": [*_ports(each, each.inputs, inputs, left_edge + _PORT_WIDTH - 20)],
        "outputs": [*_ports(each, each.outputs, outputs, right + _NOTE_GAP + 20)],
        "widgets": [],
        **inside,
        "extra": {},
    }


def _ports_box(left: float, count: int) -> list[float]:
    return [left, 0.0, _PORT_WIDTH, _PORT_ROW * (count + 2)]


def _ports(each: Definition, ports: Sequence[Port], links: Sequence[list[int]], left: float) -> Iterator[dict[str, Any]]:
    for number, (port, ids) in enumerate(zip(ports, links, strict=True)):
        own = uuid.uuid5(uuid.UUID(each.id), f"{number} {port.name} {port.link}")
        body = {"id": str(own), "name": port.name, "type": port.type, "linkIds": ids}
        label = {"label": port.label} if port.label else {}
        yield body | label | {"pos": [left, _PORT_ROW * (number + 1)]}


def _notes(
    notes: Sequence[Note], spare: int, nodes: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Notes in a column left of everything."""
    tops = [node["pos"][1] - TITLE_HEIGHT for node in nodes] + [group["bounding"][1] for group in groups]
    lefts = [node["pos"][0] for node in nodes] + [group["bounding"][0] for group in groups]
    top = min(tops, default=0.0)
    left = min(lefts, default=0.0) - _NOTE_WIDTH - _NOTE_GAP
    written = []
    for number, note in enumerate(notes, start=spare):
        lines = sum(1 + len(line) // 55 for line in note.text.split("\n"))
        height = max(100.0, 50.0 + 19.0 * lines)
        written.append(
            {
                "id": number,
                "type": "MarkdownNote",
                "pos": [left, top + TITLE_HEIGHT],
                "size": [_NOTE_WIDTH, height],
                "flags": {},
                "order": len(nodes) + number - spare,
                "mode": 0,
                "inputs": [],
                "outputs": [],
                "title": note.title,
                "properties": {},
                "widgets_values": [note.text],
            }
        )
        top += TITLE_HEIGHT + height + 40.0
    return written
