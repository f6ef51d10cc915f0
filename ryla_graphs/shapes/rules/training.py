"""Latents from files, and collections of them for training."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import Call, NodeFails, rule
from ryla_graphs.shapes.rules.conditioning.texts import encoded
from ryla_graphs.shapes.rules.latents.coding import codec_of, latent_of
from ryla_graphs.shapes.rules.video.common import coded
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape


@rule("LoadLatent")
def load(latent: Any, call: Call) -> LatentShape:
    found = call.files.get(latent) if isinstance(latent, str) else None
    if not isinstance(found, LatentShape):
        raise Undecided(f"the size of '{latent}' is unknown without the file")
    return found


@rule("LoadTrainingDataset")
def load_dataset() -> Any:
    raise Undecided("only a run knows what is in a folder")


@rule("MakeTrainingDataset")
def make_dataset(
    images: list[ImageShape], vae: list[Any], clip: list[Any], texts: list[Any] | None = None
) -> tuple[list[Any], list[Any]]:
    words = texts or [""]
    if len(words) == 1:
        words = words * len(images)
    if len(words) != len(images):
        raise NodeFails(f"it has {len(images)} pictures and {len(words)} texts")
    codec = codec_of(vae[0])
    latents = [latent_of(coded(vae[0], image), codec) for image in images]
    return latents, [encoded(clip[0], text) for text in words]


@rule("ResolutionBucket")
def bucket(latents: list[LatentShape], conditioning: list[Any]) -> tuple[list[Any], list[Any]]:
    """All latents of one size in one batch, and their texts; each latent takes one entry of the texts."""
    if len(latents) != len(conditioning):
        raise NodeFails(f"it has {len(latents)} latents and {len(conditioning)} conditionings")
    sizes: dict[Any, tuple[LatentShape, int, list[Any]]] = {}
    for latent, texts in zip(latents, conditioning, strict=True):
        if not isinstance(latent.batch, int) or not isinstance(texts, Conditioning):
            raise Undecided("the number of latents is unknown")
        if len(texts.entries) < latent.batch:
            raise NodeFails("it has fewer texts than latents")
        first, count, found = sizes.get(latent.samples[-2:], (latent, 0, []))
        if latent.samples[1:] != first.samples[1:]:
            raise NodeFails("its latents of one size have different channels")
        found = [*found, *texts.entries[: latent.batch]]
        sizes[latent.samples[-2:]] = first, count + latent.batch, found
    batches = [LatentShape((count, *first.samples[1:]), first.space, first.time) for first, count, _ in sizes.values()]
    return batches, [Conditioning(tuple(entries)) for _, _, entries in sizes.values()]
