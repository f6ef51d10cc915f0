"""Which weight files a prompt loads."""

from __future__ import annotations

from dataclasses import dataclass

from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import NamedFile, weights_named
from ryla_graphs.weights.loaders import IMPLIED
from ryla_graphs.weights.manifest import known
from ryla_graphs.weights.weight import Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A file that one node loads."""

    node: str
    """The node's id in the prompt."""
    class_type: str
    input: str | None
    """The input that names the file; None if the class always loads it."""
    folder: str
    name: str
    weight: Weight | None
    """What is known about the file; None if it is unknown."""

    @property
    def key(self) -> tuple[str, str]:
        """Folder and name, which are the same for nodes that load the same file."""
        return self.folder, self.name


def needed(prompt: Prompt) -> tuple[Need, ...]:
    """The files that a graph loads, in the order of its nodes: those in its inputs, and those that classes always load.

    A file that several nodes load appears once for each. Names that only a run can tell are left out.
    """
    named: dict[str, list[NamedFile]] = {}
    for file in weights_named(prompt):
        named.setdefault(file.node, []).append(file)
    found: list[Need] = []
    for node in prompt.every_node():
        files: list[tuple[str | None, str, str]] = [(f.input, f.folder, f.name) for f in named.get(node.id, ())]
        files += [(None, folder, name) for folder, name in IMPLIED.get(node.class_type, ())]
        found += (
            Need(
                node=node.id,
                class_type=node.class_type,
                input=input_name,
                folder=folder,
                name=name,
                weight=known(name, folder),
            )
            for input_name, folder, name in files
        )
    return tuple(found)
