"""What classes without a rule most likely do with models and latents, judged only by their sockets.

A class that takes a model and outputs one passes it on, changed in ways that affect no size. One that takes a file
name and outputs a model loads it. One that takes a model and a latent samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ryla_graphs.shapes.models import clip_of, clip_of_files, model_of, vae_of
from ryla_graphs.shapes.registry import Call, NodeFails
from ryla_graphs.shapes.rules.latents.coding import codec_of, decode, is_known, latent_of
from ryla_graphs.shapes.rules.latents.sampled import sampled
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import ImageShape, LatentShape, Opaque

_MODELS, _TEXTS, _VAES = ("checkpoints", "diffusion_models", "diffusers"), ("text_encoders",), ("vae", "checkpoints")

Shape = TypeVar("Shape", ImageShape, LatentShape)


def carried(call: Call, values: Iterable[Any], socket: str) -> Any:
    """The value of this socket type that a class passes on or loads; None if neither is likely."""
    given = next((value for value in values if isinstance(value, Opaque) and value.type == socket), None)
    return given if given is not None else _loaded(call, socket)


def _loaded(call: Call, socket: str) -> Opaque | None:
    match socket:
        case "MODEL":
            return next((model_of(*file) for file in _files(call, _MODELS)), None)
        case "VAE":
            return next((vae_of(*file) for file in _files(call, _VAES)), None)
        case "CLIP":
            names = tuple(name for _, name in _files(call, _TEXTS))
            if names:
                return clip_of_files(names, call.inputs.get("type"))
            return next((clip_of(*file) for file in _files(call, _MODELS[:1])), None)
    return None


def _files(call: Call, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The files that a node names in the first of these folders in which it names any."""
    named: Mapping[str, list[str]] = {folder: [] for folder in folders}
    for spec in call.schema.inputs:
        value = call.inputs.get(spec.name)
        for folder in spec.folders:
            if folder in named and isinstance(value, str) and "." in value:
                named[folder].append(value)
    for folder in folders:
        if named[folder]:
            yield from ((folder, name) for name in named[folder])
            return


def latent_likely(values: Iterable[Any]) -> LatentShape | None:
    """The input latents, sampled if there is a model; or the encoded pictures, if there is a VAE."""
    found = list(values)
    latent, model, vae = _first(found, LatentShape), _named(found, "MODEL"), _named(found, "VAE")
    if latent is not None:
        return _tried(lambda: sampled(latent, model)) if model is not None else latent
    pictures = _first(found, ImageShape)
    if pictures is None or not is_known(vae):
        return None
    codec = codec_of(vae)
    return _tried(lambda: latent_of(codec.encode(pictures), codec))


def pictures_likely(values: Iterable[Any]) -> ImageShape | None:
    """The pictures that latents decode to, if there are latents and a VAE."""
    found = list(values)
    latent, vae = latent_likely(found), _named(found, "VAE")
    if latent is None or not is_known(vae) or _first(found, ImageShape) is not None:
        return None
    return _tried(lambda: decode(latent, vae))


def _first(values: list[Any], kind: type[Shape]) -> Shape | None:
    return next((value for value in values if type(value) is kind), None)


def _named(values: list[Any], socket: str) -> Opaque | None:
    return next((value for value in values if isinstance(value, Opaque) and value.type == socket), None)


def _tried(work: Callable[[], Shape]) -> Shape | None:
    """The result; None if the work surely fails, which means that the class does something else."""
    try:
        return work()
    except (NodeFails, Undecided):
        return None
