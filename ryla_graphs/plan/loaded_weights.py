"""Which weights reach a node through its links: what ComfyUI has in the GPU's memory when it runs the node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs.families import latents_of
from ryla_graphs.plan.architectures import Architecture, architecture
from ryla_graphs.plan.canvas import wired
from ryla_graphs.plan.carrying import MOST, carried, together
from ryla_graphs.plan.sizing import CONTENTS, PARTS, Held, guessed, like, packed
from ryla_graphs.prompt import PromptNode
from ryla_graphs.prompt.files import NOT_FILES
from ryla_graphs.validation.view import View
from ryla_graphs.weights import Content, Need, Precision, manifest, needed
from ryla_graphs.weights.precision import quantisation
from ryla_graphs.weights.sizes import Size

_BESIDE_SAMPLING = (
    "MODEL",
    "CONDITIONING",
    "GUIDER",
    "CONTROL_NET",
    "INSTANTID",
    "PULIDFLUX",
    "EVA_CLIP",
    "FACEANALYSIS",
    "IPADAPTER",
    "MODEL_PATCH",
    "GLIGEN",
)
"""The sockets through which a sampler's inputs bring weights. Text encoders and VAEs are excluded: their work is done
when sampling begins."""
_MADE_ON_THE_WAY = ("CONDITIONING", "GUIDER")
_PASSES = ("*", "COMFY_MATCHTYPE_V3")

_ON_CPU: Mapping[str, tuple[str, str]] = {
    "InstantIDFaceAnalysis": ("provider", "CPU"),
    "PulidFluxInsightFaceLoader": ("provider", "CPU"),
    "CLIPLoader": ("device", "cpu"),
    "DualCLIPLoader": ("device", "cpu"),
}
"""Loaders that an input keeps out of the GPU's memory."""

_PART_OF: Mapping[str, Content] = {"MODEL": "diffusion model", "CLIP": "text encoder", "VAE": "vae"}
_FP8 = ("fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2")
_NO_MEMORY = ("loras", "configs")
"""Folders of files that take no memory of their own."""
_OVERHEAD = 1.02
"""The factor by which a file may exceed the size of its tensors that the manifest records."""
_Found = tuple[Size, Precision | None, str | None]
"""Bytes as loaded, how they are stored, and how the size was guessed, if it was."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one loader puts into memory: a file, or the used part of a checkpoint."""

    folder: str
    name: str
    content: Content | None
    """None for an unknown file."""
    size: int | None
    """Bytes as loaded, at most; None if unknown."""
    family: str | None
    model: Architecture | None = None
    """What a diffusion model costs, if that was counted."""
    assumed: str | None = None
    """How the size was guessed, if it was."""
    loaded_as: str | None = None
    """The precision it is kept in, if known."""
    cast: str | None = None
    """The fp8 type that the graph casts it to."""
    least: int | None = None
    """Bytes as loaded, at least; equals `size` if that is exact."""

    def __hash__(self) -> int:
        return hash((self.folder, self.name, self.content))  # of all fields it takes ten times as long

    @property
    def fast(self) -> bool:
        """Whether its weights are also multiplied in fp8, not just stored in it."""
        return self.cast is not None and self.cast.endswith("_fast")

    @property
    def label(self) -> str:
        """The file, and the part of it that is used."""
        whole = self.folder != "checkpoints" or self.content in (None, "checkpoint")
        return self.name if whole else f"{self.name} ({self.content})"


_TOO_MANY = frozenset({Piece("", f"more than {MOST} files", None, None, None)})


class Weights:
    """The weights of a graph view, and how they reach nodes through links."""

    def __init__(self, view: View, held: Held = lambda _folder, _name: None) -> None:
        self.view = view
        self._held = held
        self.needs: tuple[Need, ...] = tuple(need for need in needed(view) if need.node in view.reached)
        self._by_node: dict[str, list[Need]] = {}
        self.by_file: dict[tuple[str, str], list[Need]] = {}
        """The needs of each file, by folder and name."""
        self._sizes: dict[tuple[str, str], Size | None] = {}
        self._carried: dict[tuple[str, ...], Mapping[str, frozenset[Piece] | None]] = {}
        for need in self.needs:
            self._by_node.setdefault(need.node, []).append(need)
            self.by_file.setdefault(need.key, []).append(need)

    def of(self, node: PromptNode, *types: str) -> frozenset[Piece]:
        """The pieces that inputs of these types bring to a node that runs; without `types`, those that samplers take.

        A single piece of unknown size stands for too many to tell apart, as `carried` says.
        """
        types = types or _BESIDE_SAMPLING
        if types not in self._carried:
            self._carried[types] = carried(self.view, (*types, *_PASSES), lambda node: self._pieces(node, types))
        found = self._carried[types]
        pieces = together(found.get(link.node, frozenset()) for _, link in wired(node, *types))
        return _TOO_MANY if pieces is None else pieces

    def _pieces(self, node: PromptNode, types: tuple[str, ...]) -> Iterator[Piece]:
        needs = self._by_node.get(node.id, ())
        given = [spec.type for spec in node.schema.outputs if isinstance(spec.type, str) and spec.type in types]
        if _is_on_cpu(node):
            return
        for need in needs:
            # A LoRA is merged into its model's weights and takes no memory of its own.
            if need.folder not in _NO_MEMORY:
                yield self._piece(node, need, given[0] if given else types[0])
        loads = [socket for socket in given if socket not in _MADE_ON_THE_WAY]
        if loads and not needs and not _no_file(node) and not any(True for _ in wired(node, *types)):
            label = f"what {node.schema.class_type} '{node.id}' loads"
            yield Piece("", label, _PART_OF.get(loads[0]), None, self._inferred(node, loads[0])[0])

    def stored(self, need: Need) -> Size | None:
        """The bytes of a file: exact if the manifest or a models folder has it, otherwise guessed from its name.

        Loaders of several families may name the same file; its size is then what one of them says.
        """
        if need.key not in self._sizes:
            found = map(self._stored_by, self.by_file.get(need.key, [need]))
            sizes = [size for size in found if size is not None]
            self._sizes[need.key] = (
                Size(min(size.least for size in sizes), max(size.most for size in sizes)) if sizes else None
            )
        return self._sizes[need.key]

    def _stored_by(self, need: Need) -> Size | None:
        """The bytes of a file, as understood by the node that loads it."""
        weight, held = need.weight, self._held(need.folder, need.name)
        if (exactly := held if held is not None else weight.size if weight else None) is not None:
            return Size(exactly, exactly)
        if weight is not None and weight.weighs:
            return Size(weight.weighs, int(weight.weighs * _OVERHEAD))
        if need.folder in _NO_MEMORY:
            return None
        if (node := self.view.nodes.get(need.node)) is None:
            return None
        sockets = [spec.type for spec in node.schema.outputs if isinstance(spec.type, str)]
        content, family, model = self._meant(node, need, next((each for each in sockets if each in _PART_OF), ""))
        if need.folder != "checkpoints":
            found = guessed(need.name, content, family, model)
            return found.stored if found is not None else None
        model = model or (architecture(family, need.name) if family else None)
        parts = [packed(need.name, part, family, model) for part in PARTS]
        sizes = [part.stored for part in parts if part is not None]
        whole = Size(sum(each.least for each in sizes), sum(each.most for each in sizes))
        return whole if len(sizes) == len(PARTS) else None

    def _meant(
        self, node: PromptNode, need: Need, socket: str
    ) -> tuple[Content | None, str | None, Architecture | None]:
        """What a file contains, its family and its model, if it gives what a socket takes."""
        weight = need.weight
        inferred, variant = self._inferred(node, socket)
        if need.folder == "checkpoints":
            content: Content | None = "clip vision" if socket == "CLIP_VISION" else _PART_OF.get(socket, "checkpoint")
            family = (weight and weight.family) or self._inferred(node, "MODEL")[0] or inferred
        else:
            known = weight.content if weight and weight.content != "other" else None
            content = known or CONTENTS.get(need.folder) or _PART_OF.get(socket)
            family = (weight and weight.family) or inferred
        named = f"{need.name} {(weight and weight.variant) or variant or ''}"
        return content, family, architecture(family, named) if family and content == "diffusion model" else None

    def _piece(self, node: PromptNode, need: Need, socket: str) -> Piece:
        content, family, model = self._meant(node, need, socket)
        found = self._known(need, content) or self._on_disk(need, content, family, model)
        found = found or self._guessed(need, content, family, model)
        loaded, precision, assumed = found if found is not None else (None, None, None)
        wanted = node.inputs.get("weight_dtype")
        cast = wanted if isinstance(wanted, str) and wanted in _FP8 else None
        if cast and loaded is not None and precision in ("bf16", "fp16"):
            loaded, precision = Size(loaded.least // 2, loaded.most // 2), "fp8"
        least, most = loaded if loaded is not None else (None, None)
        return Piece(need.folder, need.name, content, most, family, model, assumed, precision, cast, least)

    def _known(self, need: Need, content: Content | None) -> _Found | None:
        """What the manifest says about a file, or about one part of it."""
        weight = need.weight
        if weight is None:
            return None
        of_part = need.folder == "checkpoints" and content in PARTS
        size = weight.parts.get(content) if of_part and content else weight.weighs
        return None if size is None else (Size(size, size), weight.precision, None)

    def _on_disk(
        self, need: Need, content: Content | None, family: str | None, model: Architecture | None
    ) -> _Found | None:
        """The size in the models folder, or as published; for part of a checkpoint, its share by parameter count."""
        published = need.weight.weighs if need.weight is not None else None
        held = self._held(need.folder, need.name) or published
        if held is None:
            return None
        named = quantisation(need.name)
        precision = named.precision if named else None
        half = precision == "fp32" and content in ("diffusion model", "text encoder")
        size = Size(held // 2, held // 2) if half else Size(held, held)
        if need.folder == "checkpoints" and content in PARTS:
            shares = self._shares(need.name, family, model)
            share = shares.get(content)
            if share is None:
                return (
                    Size(0, size.most),
                    precision,
                    f"{need.name} is {size} on disk, and its parts have unknown sizes",
                )
            size = Size(int(size.least * share), int(size.most * share))
        return size, "fp16" if half else precision, None

    def _shares(self, name: str, family: str | None, model: Architecture | None) -> Mapping[Content, float]:
        """The shares of a checkpoint's parts; empty if one of them is unknown."""
        model = model or (architecture(family, name) if family else None)
        known: dict[Content, float] = {}
        for part in PARTS:
            if (found := packed(name, part, family, model)) is not None:
                known[part] = found.loaded.most
        whole = sum(known.values())
        if len(known) < len(PARTS):
            return {}
        return {part: size / whole for part, size in known.items()}

    def _guessed(
        self, need: Need, content: Content | None, family: str | None, model: Architecture | None
    ) -> _Found | None:
        """What a file's name reveals about its size."""
        alike = like(family, manifest()) if need.folder == "checkpoints" and quantisation(need.name) is None else None
        if alike is not None and content is not None and content in alike.parts:
            size = alike.parts[content]
            note = f"the parts of {need.name} are taken to be as large as those of {alike.name}"
            return Size(size, size), alike.precision, note
        guess = packed if need.folder == "checkpoints" else guessed
        found = guess(need.name, content, family, model) if content is not None else None
        if found is None:
            return None
        part = f" ({content})" if need.folder == "checkpoints" else ""
        note = f"{need.name}{part} is taken as {found.loaded}: {found.why}"
        return found.loaded, found.precision.precision, note

    def _inferred(self, node: PromptNode, socket: str) -> tuple[str | None, str | None]:
        """The family and variant of what a loader gives, from its file's name and its own inputs.

        For a VAE, any family represents all that share its latents. None if several are possible.
        """
        for output, given in zip(node.schema.outputs, self.view.families.out(node.id), strict=False):
            if output.type == socket and given is not None:
                alike = latents_of(given.families) if socket == "VAE" else given.families
                return (min(given.families), given.variant) if len(alike) == 1 else (None, None)
        return None, None


def _is_on_cpu(node: PromptNode) -> bool:
    name, value = _ON_CPU.get(node.schema.class_type, ("", ""))
    given: Any = node.inputs.get(name)
    return bool(name) and given == value


def _no_file(node: PromptNode) -> bool:
    return any(isinstance(value, str) and value in NOT_FILES for value in node.inputs.values())


def model_of(pieces: frozenset[Piece]) -> Piece | None:
    """The diffusion model among a sampler's pieces; the largest if several were merged."""
    models = [piece for piece in pieces if piece.content == "diffusion model"]
    return max(models, key=lambda piece: (piece.size or 0, piece.name), default=None)
