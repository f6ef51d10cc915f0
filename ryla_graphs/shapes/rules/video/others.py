"""VOID, and 3D bodies: Hunyuan 3D, Trellis 2, TripoSplat, whose latents do not stand for pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.models import CODECS
from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.keyed import both
from ryla_graphs.shapes.rules.latents.coding import codec_of
from ryla_graphs.shapes.rules.latents.empty import video
from ryla_graphs.shapes.rules.video.common import coded, grey
from ryla_graphs.shapes.rules.video.wan import Pair
from ryla_graphs.shapes.unknown import Unknown, Whole, most
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape, Opaque


def _even(length: Whole) -> Whole:
    """The length of a video with an even number of steps: its model takes two at a time."""
    steps: Any = (length - 1) // 4 + 1
    even = most(2, steps // 2 * 2)
    return length if steps % 2 == 0 else (even - 1) * 4 + 1


@rule("VOIDInpaintConditioning")
def void_inpaint(
    positive: Any,
    negative: Any,
    vae: Any,
    video: ImageShape,
    width: Whole,
    height: Whole,
    length: Whole,
    batch_size: Whole = 1,
) -> Pair:
    kept = _even(length)
    latents = coded(vae, grey(video.batch, height, width, video.channels), "cogvideox")
    if len(latents) != 5:
        raise NodeFails("its VAE knows nothing of frames")
    latent = _void(batch_size, kept, width, height)
    hint = (latents[0], 2 * CODECS["cogvideox"].channels, latent.samples[2], *latents[3:])
    return *both(positive, negative, concat_latent_image=hint), latent


def _void(batch: Whole, length: Whole, width: Whole, height: Whole) -> LatentShape:
    return video(batch, 16, length, height, width)


@rule("VOIDWarpedNoise")
def void_noise(width: Whole, height: Whole, length: Whole, batch_size: Whole = 1) -> LatentShape:
    return replace(_void(batch_size, _even(length), width, height), empty=False)


_TOKENS = Unknown("how many tokens a picture becomes depends on its encoder", 1)


def _vision(given: Any, name: str) -> Any:
    return given.facts.get(name, _TOKENS) if isinstance(given, Opaque) else _TOKENS


def _hidden(seen: Any) -> tuple[Whole, ...]:
    """The size of all that an encoder saw in a picture."""
    if seen is None:
        raise NodeFails("there is nothing that an encoder of pictures saw")
    return _vision(seen, "batch"), _vision(seen, "tokens"), _vision(seen, "width")


@rule("Hunyuan3Dv2Conditioning")
def hunyuan_body(clip_vision_output: Any) -> tuple[Conditioning, Conditioning]:
    one = Conditioning(((_hidden(clip_vision_output), {}),))
    return one, one


@rule("Hunyuan3Dv2ConditioningMultiView")
def hunyuan_body_of_views(
    front: Any = None, left: Any = None, back: Any = None, right: Any = None
) -> tuple[Conditioning, Conditioning]:
    views = [_hidden(view) for view in (front, left, back, right) if view is not None]
    if not views:
        raise NodeFails("there is no view of it at all")
    tokens: Any = sum((view[1] for view in views[1:]), views[0][1])
    one = Conditioning((((views[0][0], tokens, views[0][2]), {}),))
    return one, one


@rule("Trellis2Conditioning", "Pixal3DConditioning")
def trellis_body(call: Any, image: ImageShape | None = None) -> tuple[Conditioning, Conditioning]:
    if call.inputs.get("clip_vision_model") is None:
        raise NodeFails("there is no encoder of pictures")
    batch = image.batch if image is not None else _TOKENS
    keys: dict[str, Any] = {"embeds": None}
    positive = {**keys, "proj_feat_pack": None} if call.class_type.startswith("Pixal3D") else keys
    shape = batch, _TOKENS, 1024
    return Conditioning(((shape, positive),)), Conditioning(((shape, keys),))


_POINTS = Unknown("how many points a body has, only the run knows", 1)


def _stage(positive: Any, negative: Any, *names: str) -> Pair:
    keys = dict.fromkeys(("trellis2_generation_mode", "trellis2_coords", "trellis2_coord_counts", *names))
    latent = LatentShape((_POINTS, 32, _POINTS, 1), 1, 1, {"type": "trellis2", "coords": None}, empty=True)
    return *both(positive, negative, **keys), latent


@rule("Trellis2ShapeStage")
def trellis_shape(positive: Any, negative: Any, voxel: Any) -> Pair:
    if voxel is None:
        raise NodeFails("there is no body")
    return _stage(positive, negative)


def _with_points(latent: LatentShape) -> None:
    if "coords" not in latent.keys:
        raise NodeFails("its latents have no points: they come from no stage of Trellis")


@rule("Trellis2UpsampleStage")
def trellis_upsample(positive: Any, negative: Any, shape_latent: LatentShape) -> Pair:
    _with_points(shape_latent)
    return _stage(positive, negative)


@rule("Trellis2TextureStage")
def trellis_texture(positive: Any, negative: Any, shape_latent: LatentShape) -> Pair:
    _with_points(shape_latent)
    return _stage(positive, negative, "trellis2_shape_slat", "trellis2_model_frame")


@rule("TripoSplatConditioning")
def triposplat(clip_vision: Any, vae: Any, image: ImageShape) -> Pair:
    if clip_vision is None:
        raise NodeFails("there is no encoder of pictures")
    batch = codec_of(vae, "flux2").encode(image)[0]
    one = Conditioning((((image.batch, _TOKENS, _TOKENS), {"reference_latents": None}),))
    return one, one, LatentShape((batch, 8192, 16), 1, 1, more=((batch, 1, 5),), empty=True)


def _body(socket: str) -> Any:
    def work(samples: LatentShape, vae: Any) -> Any:
        codec = codec_of(vae, "hunyuan-3d")
        if not codec.flat:
            raise NodeFails("its VAE is one for pictures")
        return Opaque(socket, {"batch": samples.batch})

    return work


for _class_type, _socket in {
    "VAEDecodeTripoSplat": "SPLAT",
    "VaeDecodeStructureTrellis2": "VOXEL",
    "VaeDecodeTextureTrellis": "VOXEL",
}.items():
    rule(_class_type)(_body(_socket))


@rule("VAEDecodeHunyuan3D")
def hunyuan_voxels(samples: LatentShape, vae: Any) -> Any:
    """It takes any VAE, and treats its output as voxels."""
    codec = codec_of(vae, "hunyuan-3d")
    if not codec.flat:
        codec.decode(samples.samples)
    return Opaque("VOXEL", {"batch": samples.batch})


@rule("VaeDecodeShapeTrellis")
def trellis_mesh(samples: LatentShape, vae: Any) -> tuple[Any, Any]:
    return _body("MESH")(samples, vae), Opaque("SHAPE_SUBDIVIDES")
