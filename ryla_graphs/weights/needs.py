"""Which weight files a prompt loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.weights.loaders import IMPLIED, LOADERS, NOT_FILES
from ryla_graphs.weights.manifest import known
from ryla_graphs.weights.weight import Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A file that one node loads."""

    node: str
    """The node's id in the prompt."""
    class_type: str
    input: str | None
    """The input that names the file; None where the class loads it unasked."""
    folder: str
    name: str
    weight: Weight | None
    """What is known of the file; None where nothing is."""

    @property
    def key(self) -> tuple[str, str]:
        """Folder and name: two nodes that load one file have needs of one key."""
        return self.folder, self.name


def needed(prompt: Mapping[str, Any]) -> tuple[Need, ...]:
    """The files that the loaders of an API prompt name, and those that classes load unasked, in the prompt's order.

    A file that several nodes load comes once for each. Names that come over a wire are not known before the run and
    are left out, and so is what is no node at all: telling that is validation's part.
    """
    return tuple(need for number, body in prompt.items() if isinstance(body, Mapping) for need in _needs(number, body))


def _needs(number: str, body: Mapping[str, Any]) -> Iterator[Need]:
    class_type, inputs = body.get("class_type"), body.get("inputs")
    if not isinstance(class_type, str) or not isinstance(inputs, Mapping):
        return
    named = (
        (name, folder, inputs[name])
        for name, folder in LOADERS.get(class_type, {}).items()
        if isinstance(inputs.get(name), str) and inputs[name] not in NOT_FILES
    )
    implied = ((None, folder, name) for folder, name in IMPLIED.get(class_type, ()))
    for input_name, folder, name in (*named, *implied):
        yield Need(
            node=number,
            class_type=class_type,
            input=input_name,
            folder=folder,
            name=name,
            weight=known(name, folder),
        )
