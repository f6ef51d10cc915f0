"""Loads a file as the editor does: first subgraph definitions, each after those it uses, then the root graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.formats.editor import findings, unknown, virtual
from ryla_graphs.formats.editor.document import MOST_NODES, EditorDocument, EditorLink, EditorNode, Port, Subgraph
from ryla_graphs.formats.editor.group_class import Group, name_of
from ryla_graphs.formats.editor.group_nodes import build
from ryla_graphs.formats.editor.loaded import LoadedGraph, LoadedNode, LoadedPort
from ryla_graphs.formats.editor.opening import open_node, open_plain, templates
from ryla_graphs.formats.editor.promotion import Room, open_instance
from ryla_graphs.formats.editor.proxies import adopt
from ryla_graphs.formats.editor.unpacking import unpack
from ryla_graphs.problems import InvalidDocument, Problem

_FORBIDDEN = str.maketrans("", "", "&<>\"'`=")


@dataclass(slots=True)
class Loaded:
    """A workflow, loaded."""

    root: LoadedGraph
    graphs: list[LoadedGraph]
    """The root graph and every definition that it uses."""
    problems: list[Problem] = field(default_factory=list)


def load(document: EditorDocument, catalog: Catalog, *, named: bool = True) -> Loaded:
    """Load a file against a catalog's definitions.

    Nodes of classes that the catalog lacks are described by the bundled catalogs, else by the file itself; without
    `named` they get the editor's placeholders.
    """
    return _Loader(document, catalog, named).load()


class _Loader:
    def __init__(self, document: EditorDocument, catalog: Catalog, named: bool) -> None:
        self.document = document
        self.named = named
        self.catalog = catalog
        self.templates = templates(catalog)
        self.problems: list[Problem] = []
        self.renumbered, self.last = _renumbered(document)
        used = {name_of(node.type) for node in document.nodes if document.group_nodes}
        self.groups = {name: build(name, data, catalog) for name, data in document.group_nodes.items() if name in used}
        self.group_nodes: dict[str, Group] = {}
        self.definitions: dict[str, LoadedGraph] = {}
        self.room = Room()

    def load(self) -> Loaded:
        for subgraph in self.document.subgraphs:
            self.definitions[subgraph.id] = _definition(subgraph, self.renumbered.get(subgraph.id, {}))
        for subgraph in _sources_first(self.document.subgraphs):
            self.fill(self.definitions[subgraph.id], subgraph.nodes, self.renumbered.get(subgraph.id, {}))
        root = LoadedGraph(None, "", "", links=_links(self.document.links, {}))
        self.fill(root, self.document.nodes, {})
        if _inside(root) > MOST_NODES:
            raise InvalidDocument(f"the subgraphs of this workflow multiply to over {MOST_NODES:,} nodes")
        graphs = _used(root)
        for graph in graphs:
            if graph.relays or self.group_nodes:
                for node in graph.nodes.values():
                    graph.aim_links(node)
            for node in graph.nodes.values():
                if node.extra:
                    _drop_stale_widget_slots(node, graph)
            virtual.drop_unfit(graph)
        if self.group_nodes:
            last = max([self.last, *(int(name) for name in root.nodes if _is_number(name))])
            for node in unpack(root, self.group_nodes, last, lambda file, name: self.open(file, name, root)):
                if node.extra:
                    _drop_stale_widget_slots(node, root)
        return Loaded(root, graphs, self.problems)

    def fill(self, graph: LoadedGraph, files: Sequence[EditorNode], renumbered: Mapping[str, str]) -> None:
        """Open a graph's nodes: all exist before the first is read, because instances look at others."""
        for file in files:
            number = renumbered.get(file.id, file.id)
            if number in graph.nodes:
                self.problems.append(findings.duplicate_id(findings.At(number, file.type, file.place)))
            else:
                graph.nodes[number] = self.open(file, number, graph)
        for node in graph.nodes.values():
            if node.subgraph is not None:
                open_instance(node, self.room)
        for node in graph.nodes.values():
            if node.subgraph is not None:
                adopt(node, self.renumbered.get(node.type, {}), self.room)
        graph.size = len(graph.nodes) + min(_inside(graph), 2 * MOST_NODES)

    def open(self, file: EditorNode, number: str, graph: LoadedGraph) -> LoadedNode:
        kind = file.type
        if (known := kind in self.catalog) or self.knows(kind):
            pass
        elif self.knows(bare := kind.translate(_FORBIDDEN)):
            file, kind = file._replace(type=bare), bare
            known = kind in self.catalog
        if (definition := self.definitions.get(kind)) is not None:
            node = open_plain(file, number)
            node.virtual, node.subgraph = True, definition
            definition.instances.append(node)
            return node
        if self.groups and (group := self.groups.get(name_of(kind) or "")) is not None:
            self.group_nodes[number] = group
            return open_node(file, number, group.template, graph)
        if known:
            node = open_node(file, number, self.templates[kind], graph)
            node.virtual = kind in virtual.NEVER_SENT
            return node
        return self.open_without_class(file, number, graph)

    def knows(self, kind: str) -> bool:
        return kind in self.definitions or kind in self.catalog or kind in virtual.OWN or kind in virtual.PACK_NODES

    def open_without_class(self, file: EditorNode, number: str, graph: LoadedGraph) -> LoadedNode:
        """A node whose class the catalog lacks: the editor's own, a pack's, or an unknown one."""
        pack = virtual.PACK_NODES.get(file.type)
        if file.type in virtual.OWN or (pack is not None and (self.named or pack in self.catalog)):
            inputs, outputs = virtual.slots_of(file.type)
            node = open_plain(file, number, inputs=inputs, outputs=outputs)
            node.virtual = True
            if file.type in virtual.RELAYS:
                graph.relays.append(node)
            return node
        if not self.named:
            node = open_plain(file, number)
            node.widgets = unknown.as_the_editor(file)
            return node
        at = findings.At(number, file.type, file.place)
        if file.type in (recorded := bundled()):
            self.problems.append(findings.recorded_class(at))
            return open_node(file, number, templates(recorded)[file.type], graph)
        node = open_plain(file, number)
        node.title = file.title or file.type
        node.widgets, unnamed = unknown.as_described(file)
        self.problems.append(findings.unknown_class(at, unnamed, file.properties.get("cnr_id")))
        return node


def _inside(graph: LoadedGraph) -> int:
    """How many nodes the instances in a graph expand to; those that do not run expand only in definitions."""
    nodes = graph.nodes.values()
    return sum(n.subgraph.size for n in nodes if n.subgraph is not None and (n.runs or graph.id is not None))


def _definition(subgraph: Subgraph, renumbered: Mapping[str, str]) -> LoadedGraph:
    links = _links(subgraph.links, renumbered)
    return LoadedGraph(
        id=subgraph.id,
        name=subgraph.name,
        place=subgraph.place,
        links=links,
        inputs=list(_ports(subgraph.inputs, links)),
        outputs=list(_ports(subgraph.outputs, links)),
    )


def _ports(ports: Sequence[Port], links: Mapping[str, EditorLink]) -> Iterator[LoadedPort]:
    for port in ports:
        yield LoadedPort(port.name, port.type, [name for name in port.links if name in links], port.label)


def _links(links: Mapping[str, EditorLink], renumbered: Mapping[str, str]) -> dict[str, EditorLink]:
    if not renumbered:
        return dict(links)
    return {
        name: link._replace(
            origin=renumbered.get(link.origin, link.origin), target=renumbered.get(link.target, link.target)
        )
        for name, link in links.items()
    }


def _renumbered(document: EditorDocument) -> tuple[dict[str, dict[str, str]], int]:
    """New ids, by definition, for nodes whose id the root graph or an earlier definition has; and the last id given."""
    last = document.last_node_id
    renumbered: dict[str, dict[str, str]] = {}
    if not document.subgraphs:
        return renumbered, last
    used = {node.id for node in document.nodes if _is_number(node.id)}
    for subgraph in document.subgraphs:
        changed: dict[str, str] = {}
        for node in subgraph.nodes:
            if node.id not in used:
                used.add(node.id)
                last = max(last, int(node.id)) if _is_number(node.id) else last
                continue
            last += 1
            while str(last) in used:
                last += 1
            changed[node.id] = str(last)
            used.add(str(last))
        if changed:
            renumbered[subgraph.id] = changed
    return renumbered, last


def _is_number(name: str) -> bool:
    return name.removeprefix("-").isdecimal() and len(name) < 20


def _sources_first(subgraphs: Sequence[Subgraph]) -> Sequence[Subgraph]:
    """Definitions, each after those that it uses; in the file's order if they use one another in a cycle."""
    if len(subgraphs) < 2:
        return subgraphs
    by_id = {subgraph.id: subgraph for subgraph in subgraphs}
    users: dict[str, dict[str, None]] = {name: {} for name in by_id}
    waits = dict.fromkeys(by_id, 0)
    for subgraph in subgraphs:
        for used in dict.fromkeys(node.type for node in subgraph.nodes if node.type in by_id):
            users[used][subgraph.id] = None
            waits[subgraph.id] += 1
    ready = deque(name for name, count in waits.items() if not count)
    ordered: list[Subgraph] = []
    while ready:
        name = ready.popleft()
        ordered.append(by_id[name])
        for user in users[name]:
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    return ordered if len(ordered) == len(subgraphs) else subgraphs


def _used(root: LoadedGraph) -> list[LoadedGraph]:
    """The root graph and every definition that can be reached from it."""
    found: dict[int, LoadedGraph] = {id(root): root}
    waiting = [root]
    while waiting:
        for node in waiting.pop().nodes.values():
            if node.subgraph is not None and id(node.subgraph) not in found:
                found[id(node.subgraph)] = node.subgraph
                waiting.append(node.subgraph)
    return list(found.values())


def _drop_stale_widget_slots(node: LoadedNode, graph: LoadedGraph) -> None:
    """Remove the slots of widgets that the class no longer has, and their links.

    The editor skips the slot after a removed one, so of two such slots in a row the second stays.
    """
    names = {held.widget.name for held in node.widgets}
    number = 0
    while number < len(node.inputs):
        slot = node.inputs[number]
        if slot.widget is not None and slot.widget not in names:
            del node.inputs[number]
            graph.lose(node, slot, f"{node.type} has no such widget")
        number += 1
