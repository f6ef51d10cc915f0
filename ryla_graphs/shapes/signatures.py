"""Signatures of nodes: which nodes do the same work on the same inputs, and which of them the server runs only once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ryla_graphs.prompt import ForeignNode, PromptNode

_JSON = json.JSONEncoder(sort_keys=True, default=repr)
"""One encoder for all values: `json.dumps` would make one for each."""


class Signature(NamedTuple):
    """Digests of a node's class, its values, and the signatures of the nodes that its links come from."""

    work: str
    """Shared by all nodes that do the same work on the same inputs, in any prompt."""
    run: str
    """Shared only by those that the server treats as equal, so that one of them runs."""


class Signatures:
    """The signatures of a prompt's nodes, each computed once. Nodes may be added to the prompt later."""

    def __init__(self, nodes: Mapping[str, PromptNode | ForeignNode], digests: Mapping[str, str]) -> None:
        """`digests` are those of files by name, which distinguish files with the same name."""
        self._nodes = nodes
        self._digests_of_files = digests
        self._known: dict[str, Signature] = {}

    def of(self, start: str) -> Signature:
        """The signature of a node."""
        if start in self._known:
            return self._known[start]
        path, on_path = [start], {start}
        while path:
            number = path[-1]
            sources = (link.node for link in self._nodes[number].wires.values())
            # A node that was not needed has no signature yet; on a cycle of links, one node does without its source's.
            missing = next((s for s in sources if s in self._nodes and s not in self._known and s not in on_path), None)
            if missing is not None:
                path.append(missing)
                on_path.add(missing)
                continue
            self._known[number] = self._signature(number)
            on_path.discard(path.pop())
        return self._known[start]

    def _signature(self, number: str) -> Signature:
        """The signature of a node whose sources have theirs."""
        node = self._nodes[number]
        work: list[Any] = [node.class_type]
        run: list[Any] = [node.class_type]
        if not isinstance(node, PromptNode) or not node.schema.is_pure:
            run.append(number)
        for name in sorted(node.inputs, key=str):
            link, value = node.wires.get(name), node.inputs[name]
            if link is None:
                named = self._digests_of_files.get(value, "") if isinstance(value, str) else ""
                part = (name, _JSON.encode(value), named)
                work.append(part)
                run.append(part)
            else:
                source = self._known.get(link.node, Signature(link.node, link.node))
                work.append((name, source.work, link.slot))
                run.append((name, source.run, link.slot))
        digest = _digest(work)
        return Signature(digest, digest if work == run else _digest(run))


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
