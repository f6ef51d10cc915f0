"""Cosmos: videos that go on from pictures, or end with them."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import rule
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, grey
from ryla_graphs.shapes.tensors import Dims, copied, sliced
from ryla_graphs.shapes.unknown import Whole, least
from ryla_graphs.shapes.values import ImageShape, LatentShape


def _padded(vae: Any, frames: ImageShape, size: tuple[Whole, Whole, Whole], padding: int, usual: str) -> Dims:
    """Frames encoded together with grey ones after them; only the latents of the former are kept."""
    length, height, width = size
    shown = least(frames.batch, length)
    own = (shown - 1) // 8 + 1
    padded = least(length, (own + padding) * 8 - 7)
    # Frames that are no step of their own are more than are kept.
    copied((shown, height, width, 3), (sliced(padded, None, shown), height, width, 3))
    latents = coded(vae, grey(padded, height, width), usual)
    return (*latents[:2], sliced(latents[2], None, own), *latents[3:])


def _to_latent(every: int, usual: str) -> Any:
    def work(
        vae: Any,
        width: Whole,
        height: Whole,
        length: Whole,
        batch_size: Whole = 1,
        start_image: ImageShape | None = None,
        end_image: ImageShape | None = None,
    ) -> LatentShape:
        """Without a picture it is one latent, whatever the batch size."""
        latent = video(1, 16, length, height, width, time=every)
        if start_image is None and end_image is None:
            return latent
        dims, size = latent.samples, (length, height, width)
        for frames, padding in ((start_image, 1), (end_image, 0)):
            if frames is not None:
                put = _padded(vae, frames, size, padding, usual)
                copied(put, (*dims[:2], least(dims[2], put[-3]), *dims[3:]))
        mask = batch_size, 1, *dims[2:]
        return LatentShape((batch_size, *dims[1:]), time=every, noise_mask=mask)

    return work


rule("CosmosImageToVideoLatent")(_to_latent(8, "cosmos"))
rule("CosmosPredict2ImageToVideoLatent")(_to_latent(4, "wan21"))
