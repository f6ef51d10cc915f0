"""Which weights a wire brings along: what ComfyUI has in the GPU's memory when it runs a node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ryla_graphs.families import latents_of
from ryla_graphs.plan.architectures import Architecture, architecture
from ryla_graphs.plan.canvas import wired
from ryla_graphs.prompt import PromptNode
from ryla_graphs.prompt.files import NOT_FILES
from ryla_graphs.validation.view import View
from ryla_graphs.weights import MANIFEST, Content, Need, Weight, needed

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
"""What a sampler's inputs bring along, from socket to socket. Text encoders and VAEs are not among them: their work
is done when sampling begins."""
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
_BYTES_EACH: Mapping[str, float] = {"fp32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1, "fp4": 0.5}


@dataclass(frozen=True, slots=True)
class Piece:
    """What one loader puts into memory: a file, or the part of a checkpoint that is used."""

    folder: str
    name: str
    content: Content | None
    """None for a file that nobody knows anything of."""
    size: int | None
    """Bytes as loaded; None where they are not known."""
    family: str | None
    model: Architecture | None = None
    """What a diffusion model costs, where somebody counted it."""
    assumed: str | None = None
    """How the size was guessed, where it was."""
    loaded_as: str | None = None
    """The precision it is kept in, where that is known."""
    cast: str | None = None
    """The fp8 that the graph asks to cast it to."""

    @property
    def fast(self) -> bool:
        """Whether its weights are multiplied in fp8, too."""
        return self.cast is not None and self.cast.endswith("_fast")

    @property
    def label(self) -> str:
        """The file, and the part of it that is meant."""
        whole = self.folder != "checkpoints" or self.content in (None, "checkpoint")
        return self.name if whole else f"{self.name} ({self.content})"


class Weights:
    """The weights of a view, and how they travel."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.needs: tuple[Need, ...] = tuple(need for need in needed(view) if need.node in view.reached)
        self._by_node: dict[str, list[Need]] = {}
        for need in self.needs:
            self._by_node.setdefault(need.node, []).append(need)

    @cached_property
    def _found(self) -> dict[tuple[str, tuple[str, ...]], frozenset[Piece]]:
        return {}

    def of(self, node: PromptNode, *types: str) -> frozenset[Piece]:
        """The pieces that the inputs of these types bring to a node; none of `types` stands for what samplers take."""
        found: frozenset[Piece] = frozenset()
        for _, link in wired(node, *(types or _BESIDE_SAMPLING)):
            found |= self.along(link[0], types or _BESIDE_SAMPLING)
        return found

    def along(self, start: str, types: tuple[str, ...]) -> frozenset[Piece]:
        """The pieces of the loaders that reach a node through sockets of these types."""
        key = start, types
        if key not in self._found:
            pieces: set[Piece] = set()
            seen, stack = {start}, [start]
            while stack:
                node = self.view.nodes[stack.pop()]
                pieces.update(self._pieces(node, types))
                for _, link in wired(node, *types, *_PASSES):
                    if link[0] in self.view.nodes and link[0] not in seen:
                        seen.add(link[0])
                        stack.append(link[0])
            self._found[key] = frozenset(pieces)
        return self._found[key]

    def _pieces(self, node: PromptNode, types: tuple[str, ...]) -> Iterator[Piece]:
        needs = self._by_node.get(node.id, ())
        given = [spec.type for spec in node.schema.outputs if isinstance(spec.type, str) and spec.type in types]
        if _is_on_cpu(node):
            return
        for need in needs:
            # A LoRA is added to the weights of its model and takes no memory of its own.
            if need.folder != "loras" and need.folder != "configs":
                yield self._piece(node, need, given[0] if given else types[0])
        loads = [socket for socket in given if socket not in _MADE_ON_THE_WAY]
        if loads and not needs and not _no_file(node) and not any(True for _ in wired(node, *types)):
            label = f"what {node.schema.class_type} '{node.id}' loads"
            yield Piece("", label, _PART_OF.get(loads[0]), None, self._inferred(node, loads[0])[0])

    def _piece(self, node: PromptNode, need: Need, socket: str) -> Piece:
        weight = need.weight
        inferred, variant = self._inferred(node, socket)
        family = (weight and weight.family) or inferred
        content = weight.content if weight else _PART_OF.get(socket)
        size, precision = (weight.size, weight.precision) if weight else (None, None)
        assumed = None
        if need.folder == "checkpoints":
            content = _PART_OF.get(socket, "checkpoint")
            like = weight or _like((weight and weight.family) or self._inferred(node, "MODEL")[0])
            if like is not None:
                size, precision = like.parts.get(content, like.size), like.precision
                if weight is None:
                    assumed = f"the parts of {need.name} are taken to be as large as those of {like.name}"
        named = f"{need.name} {(weight and weight.variant) or variant or ''}"
        model = architecture(family, named) if family and content == "diffusion model" else None
        if size is None and model is not None:
            precision = precision or ("fp8" if "fp8" in need.name.lower() else "bf16")
            size = int(model.parameters * _BYTES_EACH.get(precision, 2))
            assumed = f"{need.name} is taken as {size / 1e9:.1f} GB, what {family} has in {precision}"
        wanted = node.inputs.get("weight_dtype")
        cast = wanted if isinstance(wanted, str) and wanted in _FP8 else None
        if cast and size is not None and precision in ("bf16", "fp16"):
            size, precision = size // 2, "fp8"
        return Piece(need.folder, need.name, content, size, family, model, assumed, precision, cast)

    def _inferred(self, node: PromptNode, socket: str) -> tuple[str | None, str | None]:
        """The family and variant of what a loader gives, by its file's name and its own inputs.

        Of a VAE any family stands for all that share its latents; None where several could be meant.
        """
        for output, carried in zip(node.schema.outputs, self.view.families.out(node.id), strict=False):
            if output.type == socket and carried is not None:
                alike = latents_of(carried.families) if socket == "VAE" else carried.families
                return (min(carried.families), carried.variant) if len(alike) == 1 else (None, None)
        return None, None


def _like(family: str | None) -> Weight | None:
    """A checkpoint of a family whose parts are known, for one whose parts are not."""
    return next((row for row in MANIFEST if row.parts and row.family == family), None) if family else None


def _is_on_cpu(node: PromptNode) -> bool:
    name, value = _ON_CPU.get(node.schema.class_type, ("", ""))
    given: Any = node.inputs.get(name)
    return bool(name) and given == value


def _no_file(node: PromptNode) -> bool:
    return any(isinstance(value, str) and value in NOT_FILES for value in node.inputs.values())


def model_of(pieces: frozenset[Piece]) -> Piece | None:
    """The diffusion model among the pieces that a sampler has; the largest where several were merged."""
    models = [piece for piece in pieces if piece.content == "diffusion model"]
    return max(models, key=lambda piece: (piece.size or 0, piece.name), default=None)
