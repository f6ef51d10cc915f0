"""The weight files that an editor's file lists: ``properties.models`` of its nodes, as in the official templates.

{"name": "ae.safetensors", "directory": "vae", "url": "https://…", "hash": "…", "hash_type": "SHA256"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ryla_graphs.formats.editor.document import EditorDocument, EditorNode


class NamedModel(NamedTuple):
    """A weight file that a node says it needs. All fields are as the file has them, unchecked."""

    node: str
    """The node's id in its graph; in a subgraph, that of the inner node."""
    class_type: str
    name: str
    folder: str
    """Below ``models``."""
    url: str | None
    sha256: str | None


def models_in(document: EditorDocument) -> Iterator[NamedModel]:
    """The weight files that the nodes of a workflow name, including those in its subgraphs."""
    for nodes in (document.nodes, *(subgraph.nodes for subgraph in document.subgraphs)):
        for node in nodes:
            yield from _of_node(node)


def _of_node(node: EditorNode) -> Iterator[NamedModel]:
    rows = node.properties.get("models")
    for row in rows if isinstance(rows, list) else ():
        name, folder = (row.get("name"), row.get("directory")) if isinstance(row, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(folder, str):
            url, digest = row.get("url"), row.get("hash")
            is_sha256 = str(row.get("hash_type", "")).lower() in ("sha256", "sha-256")
            yield NamedModel(
                node=node.id,
                class_type=node.type,
                name=name,
                folder=folder,
                url=url if isinstance(url, str) else None,
                sha256=digest.lower() if isinstance(digest, str) and is_sha256 else None,
            )
