"""How a class's outputs get their families: the small vocabulary of `transfer_rows`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ryla_graphs.families.carried import Carried, Origin, as_latents, as_text, either, meet
from ryla_graphs.families.encoders import text_families
from ryla_graphs.families.evidence import Evidence
from ryla_graphs.families.family import with_latents
from ryla_graphs.prompt import PromptNode


class Wires(Protocol):
    """What a transfer may ask for."""

    def into(self, node: PromptNode, name: str) -> Carried | None:
        """What the link into an input carries."""
        ...

    def literal(self, node: PromptNode, name: str) -> Any:
        """The value of an input, also if a primitive node gives it; None if only a run can tell."""
        ...

    def evidence(self, folder: str, name: str) -> Evidence | None:
        """What is known about a file."""
        ...


class Transfer(Protocol):
    """Says what an output carries."""

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """What the output of a node carries; None if it is unknown."""
        ...


def _names(pattern: str, node: PromptNode) -> Iterable[str]:
    """The given inputs that a name, or a prefix with ``*`` after it, stands for."""
    if pattern[-1] != "*":
        return (pattern,)
    return [name for name in node.inputs if name.startswith(pattern[:-1])]


@dataclass(frozen=True, slots=True)
class From:
    """The families that serve all of these inputs. ``latents.*`` stands for all inputs with that prefix."""

    inputs: tuple[str, ...]
    latents: bool = False
    """Whether the output has the latents of the input."""
    strength: str | None = None
    """An input that switches off all inputs but the first when it is zero."""

    @property
    def passes(self) -> str | None:
        """The input whose families the output has unchanged; None if it is not that simple."""
        return self.inputs[0] if len(self.inputs) == 1 and self.inputs[0][-1] != "*" and not self.latents else None

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        found: Carried | None = None
        inputs = self.inputs
        if (passed := self.passes) is not None:
            return wires.into(node, passed)
        if self.strength is not None and wires.literal(node, self.strength) == 0:
            inputs = inputs[:1]
        for pattern in inputs:
            for name in _names(pattern, node):
                found = meet(found, wires.into(node, name))
        return as_latents(found) if self.latents else found


@dataclass(frozen=True, slots=True)
class Either:
    """One of several inputs, or of all with a prefix. If known, the value of `switch` decides which."""

    inputs: tuple[str, ...]
    switch: str | None = None
    """An input that selects the first if false, the second if true."""

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        chosen = wires.literal(node, self.switch) if self.switch is not None else None
        if isinstance(chosen, bool):
            return wires.into(node, self.inputs[chosen])
        names = [name for pattern in self.inputs for name in _names(pattern, node) if name in node.inputs]
        if not names:
            return None
        found = wires.into(node, names[0])
        for name in names[1:]:
            found = either(found, wires.into(node, name))
        return found


@dataclass(frozen=True, slots=True)
class Always:
    """These families, whatever comes in; without any, the output is unknown."""

    families: frozenset[str] = frozenset()

    def carry(self, node: PromptNode, _wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        return Carried(self.families, Origin(node.id, node.schema.class_type, (), "class")) if self.families else None


@dataclass(frozen=True, slots=True)
class Empty:
    """A latent of zeros in these formats."""

    formats: tuple[str, ...]

    def carry(self, node: PromptNode, _wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        origin = Origin(node.id, node.schema.class_type, (), "class")
        return Carried(with_latents(*self.formats), origin, empty=True)


Part = Literal["MODEL", "CLIP", "VAE"]
"""A part of a checkpoint."""


@dataclass(frozen=True, slots=True)
class OfFile:
    """The families of the file that an input names."""

    input: str
    folder: str
    part: Part = "MODEL"
    """Which part of a checkpoint the output is."""

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        name = wires.literal(node, self.input)
        found = wires.evidence(self.folder, name) if isinstance(name, str) else None
        if found is None or not found.families:
            return None
        origin = Origin(node.id, node.schema.class_type, ((self.input, name),), found.basis)
        carried = Carried(found.families, origin, found.variant)
        if self.part == "VAE":
            return as_latents(carried)
        return as_text(carried) if self.part == "CLIP" else carried


@dataclass(frozen=True, slots=True)
class Within:
    """These families, narrowed to those of an input or a file if they have any in common."""

    families: frozenset[str]
    source: Transfer | None = None

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        found = self.source.carry(node, wires) if self.source is not None else None
        if found is not None and not found.families.isdisjoint(self.families):
            return found._replace(families=found.families & self.families)
        return Carried(self.families, Origin(node.id, node.schema.class_type, (), "class"))


@dataclass(frozen=True, slots=True)
class ImageEncoder:
    """The image encoder that a file holds."""

    input: str
    folder: str = "clip_vision"

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        name = wires.literal(node, self.input)
        found = wires.evidence(self.folder, name) if isinstance(name, str) else None
        if found is None or not found.encoder:
            return None
        origin = Origin(node.id, node.schema.class_type, ((self.input, name),), found.basis)
        return Carried(frozenset({found.encoder}), origin)


_TEXT_VARIANTS = {"mistral-3-24b": "dev", "qwen-3-4b": "klein-4b", "qwen-3-8b": "klein-9b"}
"""The variant of Flux.2 that each text encoder belongs to."""


@dataclass(frozen=True, slots=True)
class TextEncoders:
    """The families whose text these files give together, loaded as a `type`."""

    inputs: tuple[str, ...]
    type: str | None = "type"
    folder: str = "text_encoders"

    def carry(self, node: PromptNode, wires: Wires, /) -> Carried | None:
        """See `Transfer`."""
        names = [wires.literal(node, name) for name in self.inputs]
        files = [wires.evidence(self.folder, name) if isinstance(name, str) else None for name in names]
        encoders = tuple(file.encoder if file is not None else None for file in files)
        kind = wires.literal(node, self.type) if self.type is not None else None
        families = text_families(encoders, kind if isinstance(kind, str) else None)
        if families is None:
            return None
        facts = (*zip(self.inputs, names, strict=True), *(((self.type, kind),) if self.type is not None else ()))
        alone = len(files) == 1 and encoders[0] is not None and files[0] is not None
        basis = files[0].basis if alone and files[0] is not None else "type"
        variant = _TEXT_VARIANTS.get(encoders[0] or "") if "flux2" in families else None
        return Carried(families, Origin(node.id, node.schema.class_type, facts, basis), variant)
