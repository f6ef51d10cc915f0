"""What an editor's file says to people: its notes, its dates, and the names of its subgraphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ryla_graphs.formats.editor.document import EditorDocument, EditorNode
from ryla_graphs.formats.editor.texts import DATE

_NOTES = ("Note", "MarkdownNote")
_MOST_INSTANCES = 10_000


def notes_in(document: EditorDocument) -> Iterator[str]:
    """The texts of all notes, those inside subgraphs last."""
    for nodes in (document.nodes, *(subgraph.nodes for subgraph in document.subgraphs)):
        for node in nodes:
            text = node.values[0] if isinstance(node.values, list) and node.values else None
            if node.type in _NOTES and isinstance(text, str) and text.strip():
                yield text


def dated_names_in(document: EditorDocument) -> Iterator[tuple[str, str]]:
    """The texts of nodes that hold a date which the editor fills in at each run, with the ids of the nodes."""
    for nodes in (document.nodes, *(subgraph.nodes for subgraph in document.subgraphs)):
        for node in nodes:
            values = node.values.values() if isinstance(node.values, Mapping) else node.values or ()
            yield from ((str(node.id), each) for each in values if isinstance(each, str) and DATE.search(each))


def subgraph_titles(document: EditorDocument) -> dict[str, str]:
    """The title of each instance of a subgraph, by its id in a prompt: ``57``, or ``57:3`` for one inside it."""
    definitions = {subgraph.id: subgraph for subgraph in document.subgraphs}
    titles: dict[str, str] = {}
    waiting: list[tuple[str, tuple[EditorNode, ...], frozenset[str]]] = [("", document.nodes, frozenset())]
    while waiting and len(titles) < _MOST_INSTANCES:
        prefix, nodes, around = waiting.pop()
        for node in nodes:
            definition = definitions.get(node.type)
            if definition is not None and definition.id not in around:
                number = f"{prefix}{node.id}"
                titles[number] = node.title or definition.name
                waiting.append((f"{number}:", definition.nodes, around | {definition.id}))
    return titles
