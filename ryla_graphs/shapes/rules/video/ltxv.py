"""LTX-Video: from pictures, with guides at frames, with sound next to the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.models import Codec
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both, key_of
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, grey
from ryla_graphs.shapes.rules.video.wan import Pair
from ryla_graphs.shapes.tensors import Dims, copied, differ, joined, sliced
from ryla_graphs.shapes.unknown import Whole, most, product
from ryla_graphs.shapes.values import AudioShape, ImageShape, LatentShape

_USUAL = "ltxv"


@rule("LTXVImgToVideo")
def image_to_video(
    positive: Any,
    negative: Any,
    vae: Any,
    image: ImageShape,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
) -> Pair:
    latent = video(batch_size, 128, length, height, width, space=32, time=8)
    dims = latent.samples
    frames = coded(vae, grey(image.batch, height, width, image.channels), _USUAL)
    copied(frames, (*dims[:2], sliced(dims[2], None, frames[2]), *dims[3:]))
    return positive, negative, replace(latent, noise_mask=(batch_size, 1, dims[2], 1, 1), empty=False)


def _five(latent: LatentShape) -> Dims:
    """Latents of a video; nodes of LTXV take no others."""
    if len(latent.samples) != 5:
        raise NodeFails(f"it takes latents of videos, not of {len(latent.samples)} dimensions")
    return latent.samples


def _mask_of(latent: LatentShape) -> Dims:
    dims = _five(latent)
    return latent.noise_mask or (dims[0], 1, dims[2], 1, 1)


def _video_codec(vae: Any) -> Codec:
    codec = codec_of(vae, _USUAL)
    if codec.time is None:
        raise NodeFails("its VAE knows nothing of frames")
    return codec


@rule("LTXVImgToVideoInplace")
def image_to_video_in_place(vae: Any, image: ImageShape, latent: LatentShape, bypass: Any = False) -> LatentShape:
    if bypass:
        return latent
    codec = _video_codec(vae)
    dims, mask = _five(latent), _mask_of(latent)
    frames = coded(vae, grey(image.batch, dims[3] * codec.space, dims[4] * codec.space, image.channels), _USUAL)
    copied(frames, (*dims[:2], sliced(dims[2], None, frames[2]), *dims[3:]))
    return LatentShape(dims, latent.space, latent.time, noise_mask=mask)


def _keyframes(conditioning: Any, dims: Dims) -> Any:
    """How many steps of a latent are guides appended to it."""
    tokens = key_of(conditioning, "keyframe_idxs")
    if tokens is None:
        return 0
    area: Any = dims[3] * dims[4]
    return tokens // area


@rule("LTXVAddGuide")
def add_guide(
    positive: Any,
    negative: Any,
    vae: Any,
    latent: LatentShape,
    image: ImageShape,
    frame_idx: Any = 0,
    iclora_parameters: Any = None,
) -> Pair:
    """The picture, or the clip, stands behind the video; samplers know at which frame it is meant."""
    codec = _video_codec(vae)
    every = codec.time or 1
    dims, mask = _five(latent), _mask_of(latent)
    scale = _scale_of(iclora_parameters)
    if differ(dims[4] % scale, 0) or differ(dims[3] % scale, 0):
        raise NodeFails(f"its latents are no multiple of {scale}, which its LoRA wants")
    kept = (image.batch - 1) // every * every + 1
    found = _keyframes(positive, dims)
    start = frame_idx if frame_idx >= 0 else most((dims[2] - found - 1) * every + 1 + frame_idx, 0)
    alone = not differ(start, 0) or not differ(kept, 1)
    # In the middle of a video one frame is put before a clip, and its step left out again.
    given = image.batch if alone else image.batch + 1
    given = (given - 1) // every * every + 1
    frames = ImageShape(given, dims[3] * codec.space // scale, dims[4] * codec.space // scale, image.channels)
    guide = coded(vae, frames, _USUAL)
    if not alone:
        guide = (*guide[:2], guide[2] - 1, *guide[3:])
    guide = (*guide[:3], guide[3] * scale, guide[4] * scale)
    length = given if alone else given - 1
    place = (start - 1) // every * every + 1 if differ(length, 1) and differ(start, 0) else start
    if (place + every - 1) // every + guide[2] > dims[2]:
        raise NodeFails("its guide goes beyond the end of the video")
    if differ(dims[1], 128) or differ(guide[1], 128):
        raise NodeFails("it takes latents of 128 channels")
    return _appended(positive, negative, latent, mask, guide, scale)


def _appended(positive: Any, negative: Any, latent: LatentShape, mask: Dims, guide: Dims, scale: Whole) -> Pair:
    """A video with a guide behind it."""
    tokens: Any = product(guide[2:])
    pair = (_counted(positive, tokens), _counted(negative, tokens))
    if scale != 1:
        sides = tuple(most(mask[at], guide[at]) for at in (3, 4))
        mask = (*mask[:3], *sides) if not (differ(mask[3], 1) and differ(mask[4], 1)) else mask
        behind: Dims = (guide[0], 1, guide[2], *sides)
    else:
        behind = (mask[0], 1, guide[2], mask[3], mask[4])
    samples = joined(latent.samples, guide, dim=2)
    return *pair, LatentShape(samples, latent.space, latent.time, noise_mask=joined(mask, behind, dim=2))


def _counted(conditioning: Any, tokens: Any) -> Any:
    before = key_of(conditioning, "keyframe_idxs") or 0
    return both(conditioning, conditioning, keyframe_idxs=before + tokens, guide_attention_entries=None)[0]


def _scale_of(parameters: Any) -> Any:
    return parameters.get("reference_downscale_factor", 1) if isinstance(parameters, dict) else 1


@rule("GetICLoRAParameters")
def lora_parameters() -> dict[str, Any]:
    """Facts that a LoRA's file may state; nearly all omit them."""
    return {"reference_downscale_factor": 1}


@rule("LTXVCropGuides")
def crop_guides(positive: Any, negative: Any, latent: LatentShape) -> Pair:
    dims, mask = latent.samples, latent.noise_mask or _mask_of(latent)
    guides = _keyframes(positive, dims) if len(dims) == 5 or key_of(positive, "keyframe_idxs") is None else None
    if guides is None:
        raise NodeFails("its guides are those of a video, and its latents are none")
    if not differ(guides, 0):
        return positive, negative, LatentShape(dims, latent.space, latent.time, noise_mask=mask)
    dims = (*dims[:2], sliced(dims[2], None, -guides), *dims[3:])
    mask = (*mask[:2], sliced(mask[2], None, -guides), *mask[3:])
    pair = both(positive, negative, keyframe_idxs=None, guide_attention_entries=None)
    return *pair, LatentShape(dims, latent.space, latent.time, noise_mask=mask)


@rule("LTXVConcatAVLatent")
def join_sound(video_latent: LatentShape, audio_latent: LatentShape) -> LatentShape:
    """A video and its sound; of a video that has one already, the sound is replaced by one of the same length."""
    sound = audio_latent.samples
    if video_latent.more:
        sound = _fitted(video_latent.more[0], sound)
    masked = video_latent.noise_mask is not None or audio_latent.noise_mask is not None
    keys = {**video_latent.keys, **audio_latent.keys}
    mask = (video_latent.noise_mask or video_latent.samples) if masked else None
    sound_mask = (audio_latent.noise_mask or sound) if masked else None
    return replace(
        video_latent, keys=keys, more=(sound,), noise_mask=mask, more_masks=(sound_mask,) if sound_mask else (),
        empty=video_latent.empty and audio_latent.empty, content=None,
    )  # fmt: skip


def _fitted(wanted: Dims, sound: Dims) -> Dims:
    if len(wanted) != len(sound):
        raise NodeFails("its sound has another form than the one that it replaces")
    places = [at for at, (a, b) in enumerate(zip(wanted, sound, strict=True)) if differ(a, b)]
    if len(places) > 1 or any(place < 2 for place in places):
        raise NodeFails("its sound cannot be cut, nor filled up, to the one that it replaces")
    return wanted


@rule("LTXVSeparateAVLatent")
def separate_sound(av_latent: LatentShape) -> tuple[LatentShape, LatentShape]:
    """A latent that is not a pair is split along its batch, as tensors are."""
    if av_latent.more:
        picture = replace(av_latent, more=(), more_masks=(), content=None)
        masks = av_latent.more_masks
        sound = LatentShape(av_latent.more[0], 1, 1, av_latent.keys, masks[0] if masks else None, empty=av_latent.empty)
        return picture, sound
    if av_latent.batch < 2:
        raise NodeFails("there is no sound in its latents")
    mask = av_latent.noise_mask
    if mask is not None and mask[0] < 2:
        raise NodeFails("there is no mask of a sound in its latents")
    one = replace(av_latent, samples=av_latent.samples[1:], noise_mask=None if mask is None else mask[1:], content=None)
    return one, one


@rule("LTXVReferenceAudio")
def reference_sound(model: Any, positive: Any, negative: Any, reference_audio: AudioShape) -> tuple[Any, Any, Any]:
    if reference_audio is None:
        raise NodeFails("there is no sound")
    return model, *both(positive, negative, ref_audio=None)
