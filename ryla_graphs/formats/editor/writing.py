"""Writes the editor's workflow file: a prompt in the form that ComfyUI opens, laid out to be read by people.

    document = dump(Prompt(json.load(file), catalogs.bundled()))

docs/formats.md describes what the file holds.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ryla_graphs.formats.editor.arranging import Parts
from ryla_graphs.formats.editor.convert import LeftOut
from ryla_graphs.formats.editor.drawn import TITLE_HEIGHT
from ryla_graphs.formats.editor.grouping import enclosed, loaders, repeated
from ryla_graphs.formats.editor.notes import Note
from ryla_graphs.formats.editor.writing_definitions import Placed
from ryla_graphs.formats.editor.writing_nodes import drawn_nodes
from ryla_graphs.formats.editor.writing_sheets import definition, number_of, sheet
from ryla_graphs.formats.editor.writing_subgraphs import fold
from ryla_graphs.problems import AtNode, InvalidDocument, InvalidWorkflow, Problem, shorten
from ryla_graphs.prompt import Prompt, is_link, read_link

_NOTE_WIDTH = 420.0
_NOTE_GAP = 80.0
_DEEPEST = 6
"""Instances nested deeper than this are not made; the nodes in them keep their long ids."""


class Written(NamedTuple):
    """An editor's file, and the parts of the prompt that do not survive in it."""

    document: dict[str, Any]
    left_out: tuple[LeftOut, ...]


def dump(prompt: Prompt, **how: Any) -> dict[str, Any]:
    """The editor's file for a prompt; `how` and errors as in `write`."""
    return write(prompt, **how).document


def write(
    prompt: Prompt, *, parts: Mapping[str, Parts] | None = None, notes: Sequence[Note] = (), subgraphs: bool = True
) -> Written:
    """The editor's file for a prompt, and what does not survive in it.

    `parts` gives, by id, the parts of a larger graph that a node is in, outermost first: they get frames, and with
    `subgraphs`, parts of one shape become instances of a subgraph. By default, parts are read from ids such as
    ``day/vae``, and only get frames. Ids such as ``75:63`` are always nodes of subgraphs, as the editor writes them.

    Widgets that the prompt leaves out get the values of new nodes, which the editor then sends. A value for which the
    editor has a socket instead of a widget becomes a node.

    Raises `InvalidDocument` if a node has no class, `InvalidWorkflow` with every link that leads nowhere.
    """
    _check(prompt)
    left_out: list[LeftOut] = []
    nodes, definitions = fold(_placed(prompt, parts, subgraphs, left_out))
    graphs = (nodes, *(each.nodes for each in definitions))
    last = max((number_of(node.id) for graph in graphs for node in graph), default=0)
    root = sheet(nodes)
    root["nodes"] += _notes(notes, last + 1, root["nodes"], root["groups"])
    links = len(root["links"])
    written = []
    for each in definitions:
        written.append(definition(each, links))
        links += len(written[-1]["links"])
    content = {
        "last_node_id": last + len(notes),
        "last_link_id": links,
        **root,
        "links": [list(link.values()) for link in root["links"]],
        **({"definitions": {"subgraphs": written}} if written else {}),
        "config": {},
        "extra": {},
        "version": 0.4,
    }
    try:
        number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content))
    except ValueError:  # Python refuses to write a number of more than 4,300 digits
        raise InvalidDocument("a number in the graph has too many digits for a file") from None
    return Written({"id": str(number), "revision": 0, **content}, tuple(left_out))


def _check(prompt: Prompt) -> None:
    """Raise if a prompt says something that no editor's file can hold."""
    known = {node.id for node in prompt.every_node()}
    if not isinstance(prompt.document, dict):
        raise InvalidDocument(f"a prompt is an object of nodes, not {type(prompt.document).__name__}")
    if missing := next((number for number in prompt.bodies if number not in known), None):
        raise InvalidDocument(f"node '{missing}' has no class_type or no inputs, so there is nothing to draw")
    if problems := [*_dangling(prompt, known)]:
        raise InvalidWorkflow(problems)


def _dangling(prompt: Prompt, known: Collection[str]) -> Iterator[Problem]:
    for node in prompt.every_node():
        for name, value in node.inputs.items():
            if not is_link(value):
                continue
            link = read_link(value)
            if link is None:
                code, message = "bad_linked_input", "a list is a link and must be [node id, output slot]"
            elif link.node not in known:
                code, message = "link_to_missing_node", "the link leads to a node that is not there"
            else:
                continue
            at = AtNode(node.id, node.class_type, name)
            yield Problem(code=code, message=f"{message}: {shorten(value)}", subject=at, given=value)


# --- names and parts ---------------------------------------------------------------------------------------------


def _placed(
    prompt: Prompt, parts: Mapping[str, Parts] | None, subgraphs: bool, left_out: list[LeftOut]
) -> list[Placed]:
    """The nodes with their titles, and where each one is."""
    inside = _parts(prompt, parts)
    loading = loaders(prompt, inside)
    unnamed: Counter[Parts] = Counter()
    placed: list[Placed] = []
    for order, node in enumerate(drawn_nodes(prompt, left_out)):
        around = inside.get(node.id, ())
        named = _own_name(node.id, around)
        path = _instances(node.id)
        node.title = _title(prompt, node.id) or node.title or _name(path[-1] if len(path) > 1 else named or node.id)
        node.loads = node.id in loading
        # Nodes that save or show something stay in sight, outside the instances that produce it.
        optional = bool(parts and subgraphs and node.id in parts and around and len(path) == 1 and not node.ends)
        if optional:
            unnamed[around] += named is None
            path = (*around, named or f"n{unnamed[around]}")
        elif len(path) == 1:
            node.parts = around
        placed.append(Placed(path, node, node.id, optional, order))
    return placed


def _own_name(node: str, around: Parts) -> str | None:
    """The name of a node in its part: `vae` for ``day/vae`` or ``day-vae``; None if it has no name there."""
    for prefix in ("".join(f"{part}/" for part in around), "".join(f"{part}-" for part in around)):
        if node.startswith(prefix):
            return node.removeprefix(prefix)
    return None


def _parts(prompt: Prompt, given: Mapping[str, Parts] | None) -> dict[str, Parts]:
    """The parts that nodes belong to, as given or according to their ids."""
    parts = {node: tuple(node.split("/")[:-1]) for node in prompt.bodies} if given is None else dict(given)
    alone = {node.id: node.class_type for node in prompt.every_node() if not parts.get(node.id)}
    parts |= {node: (part,) for node, part in repeated(alone).items()}
    return parts | enclosed(prompt, parts)


def _instances(node: str) -> tuple[str, ...]:
    """The instances in an id such as ``75:63``, and the id of the node in them."""
    path = tuple(node.split(":", _DEEPEST))
    return path if all(path) else (node,)


def _title(prompt: Prompt, node: str) -> str | None:
    meta = prompt.bodies.get(node, {}).get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title if isinstance(title, str) and title else None


def _name(name: str | None) -> str | None:
    """A name if it says something; the numbers that the editor gives do not."""
    return None if name is None or all(part.isdecimal() for part in name.split(":")) else name


# --- notes -------------------------------------------------------------------------------------------------------


def _notes(
    notes: Sequence[Note], spare: int, nodes: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Notes in a column to the left of everything, the first level with the top."""
    corners = [(node["pos"][0], node["pos"][1] - TITLE_HEIGHT) for node in nodes]
    corners += [(group["bounding"][0], group["bounding"][1]) for group in groups]
    left, top = min(corners, default=(0.0, 0.0))
    left -= _NOTE_WIDTH + _NOTE_GAP
    written = []
    for number, note in enumerate(notes, start=spare):
        lines = sum(1 + len(line) // 75 for line in note.text.split("\n"))
        height = max(120.0, 60.0 + 14.0 * lines)
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
