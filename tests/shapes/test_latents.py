"""Latents have the sizes that ComfyUI gives them, and nodes fail where it does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.shapes.models import CODECS, model_of, vae_of
from ryla_graphs.shapes.registry import Guessed, NodeFails
from ryla_graphs.shapes.tensors import copied, differ, joined, sliced, together
from ryla_graphs.shapes.unknown import Unknown
from ryla_graphs.shapes.values import Conditioning, ImageShape, LatentShape, MaskShape, Opaque, Sigmas
from tests.shapes.rules import outputs

TEXT = Conditioning((((1, 77, 768), {"pooled_output": None}),))
WAN_VAE = vae_of("vae", "wan_2.1_vae.safetensors")
VAE = vae_of("vae", "ae.safetensors")
SD_VAE = vae_of("checkpoints", "v1-5-pruned-emaonly.safetensors")
MANY = LatentShape((3, 4, 20, 24), batch_index=(4, 5, 6), noise_mask=(3, 1, 160, 192))
VIDEO = LatentShape((2, 16, 5, 8, 12))
PAIR: dict[str, Any] = {"positive": TEXT, "negative": TEXT}
WAN: dict[str, Any] = {**PAIR, "vae": WAN_VAE, "width": 832, "height": 480, "batch_size": 1}

Row = tuple[str, dict[str, Any], tuple[int, ...]]

EMPTY: list[Row] = [
    ("EmptyLatentImage", {"width": 515, "height": 320, "batch_size": 2}, (2, 4, 40, 64)),
    ("EmptySD3LatentImage", {"width": 1024, "height": 768}, (1, 16, 96, 128)),
    ("EmptyFlux2LatentImage", {"width": 1024, "height": 768}, (1, 128, 48, 64)),
    ("EmptyHunyuanLatentVideo", {"width": 848, "height": 480, "length": 25}, (1, 16, 7, 60, 106)),
    ("EmptyHunyuanVideo15Latent", {"width": 1280, "height": 720, "length": 121}, (1, 32, 31, 45, 80)),
    ("EmptyLTXVLatentVideo", {"width": 768, "height": 512, "length": 97}, (1, 128, 13, 16, 24)),
    ("EmptyMochiLatentVideo", {"width": 848, "height": 480, "length": 25}, (1, 12, 5, 60, 106)),
    ("EmptyCosmosLatentVideo", {"width": 1280, "height": 704, "length": 121}, (1, 16, 16, 88, 160)),
    ("EmptyQwenImageLayeredLatentImage", {"width": 640, "height": 640, "layers": 3}, (1, 16, 4, 80, 80)),
    ("EmptyHiDreamO1LatentImage", {"width": 2048, "height": 1024}, (1, 3, 1024, 2048)),
    ("EmptyChromaRadianceLatentImage", {"width": 1024, "height": 512}, (1, 3, 512, 1024)),
    ("EmptyLatentAudio", {"seconds": 47.6}, (1, 64, 1024)),
    ("EmptyAceStepLatentAudio", {"seconds": 120.0}, (1, 8, 16, 1291)),
    ("EmptyLatentHunyuan3Dv2", {"resolution": 3072}, (1, 64, 3072)),
]

VIDEOS: list[Row] = [
    ("WanImageToVideo", {**WAN, "length": 81}, (1, 16, 21, 60, 104)),
    ("WanImageToVideo", {**WAN, "length": 81, "start_image": ImageShape(1, 9, 9)}, (1, 16, 21, 60, 104)),
    ("WanFunControlToVideo", {**WAN, "length": 33}, (1, 16, 9, 60, 104)),
    ("WanFirstLastFrameToVideo", {**WAN, "length": 5}, (1, 16, 2, 60, 104)),
    ("Wan22ImageToVideoLatent", {"vae": vae_of("vae", "wan2.2_vae.safetensors"), "width": 1280, "height": 704,
                                 "length": 49, "batch_size": 1}, (1, 48, 13, 44, 80)),
    # A reference is put before the frames, and is trimmed off again.
    ("WanVaceToVideo", {**WAN, "length": 9, "strength": 1.0}, (1, 16, 3, 60, 104)),
    ("WanVaceToVideo", {**WAN, "length": 9, "strength": 1.0, "reference_image": ImageShape(1, 480, 832)},
     (1, 16, 4, 60, 104)),
    ("WanPhantomSubjectToVideo", {**WAN, "length": 9, "images": ImageShape(2, 64, 64)}, (1, 16, 3, 60, 104)),
    ("HunyuanImageToVideo", {"positive": TEXT, "vae": WAN_VAE, "width": 848, "height": 480, "length": 53,
                             "batch_size": 1, "guidance_type": "v1 (concat)"}, (1, 16, 14, 60, 106)),
    ("CosmosImageToVideoLatent", {"vae": vae_of("vae", "cosmos_cv8x8x8_1.0.safetensors"), "width": 1280, "height": 704,
                                  "length": 121, "batch_size": 1}, (1, 16, 16, 88, 160)),
    ("SVD_img2vid_Conditioning", {"clip_vision": Opaque("CLIP_VISION"), "init_image": ImageShape(1, 9, 9),
                                  "vae": SD_VAE, "width": 1024, "height": 576, "video_frames": 14, "motion_bucket_id":
                                  127, "fps": 6, "augmentation_level": 0.0}, (14, 4, 72, 128)),
]  # fmt: skip

CHANGED: list[Row] = [
    ("LatentUpscale", {"samples": MANY, "width": 512, "height": 0}, (3, 4, 53, 64)),
    ("LatentUpscaleBy", {"samples": MANY, "scale_by": 1.5}, (3, 4, 30, 36)),
    ("LatentCrop", {"samples": MANY, "width": 64, "height": 96, "x": 0, "y": 0}, (3, 4, 12, 8)),
    # Of what is cropped, at least 8 steps are left, counted from the end.
    ("LatentCrop", {"samples": MANY, "width": 512, "height": 512, "x": 999, "y": 999}, (3, 4, 8, 8)),
    ("LatentRotate", {"samples": MANY, "rotation": "90 degrees"}, (3, 4, 24, 20)),
    ("LatentCut", {"samples": VIDEO, "dim": "t", "index": 3, "amount": 9}, (2, 16, 2, 8, 12)),
    ("LatentCut", {"samples": VIDEO, "dim": "x", "index": -4, "amount": 3}, (2, 16, 5, 8, 3)),
    ("LatentCutToBatch", {"samples": VIDEO, "dim": "t", "slice_size": 2}, (4, 16, 2, 8, 12)),
    ("LatentConcat", {"samples1": VIDEO, "samples2": VIDEO, "dim": "t"}, (2, 16, 10, 8, 12)),
    ("LatentBatch", {"samples1": MANY, "samples2": LatentShape((2, 4, 9, 9))}, (5, 4, 20, 24)),
    ("LatentFromBatch", {"samples": MANY, "batch_index": 1, "length": 9}, (2, 4, 20, 24)),
    ("RepeatLatentBatch", {"samples": MANY, "amount": 3}, (9, 4, 20, 24)),
    ("LatentAdd", {"samples1": MANY, "samples2": LatentShape((1, 4, 9, 9))}, (3, 4, 20, 24)),
    ("TrimVideoLatent", {"samples": VIDEO, "trim_amount": 2}, (2, 16, 3, 8, 12)),
    (
        "LatentComposite",
        {"samples_to": MANY, "samples_from": LatentShape((1, 4, 5, 5)), "x": 8, "y": 0},
        (3, 4, 20, 24),
    ),
]


@pytest.mark.parametrize(("class_type", "inputs", "samples"), [*EMPTY, *VIDEOS, *CHANGED])
def test_sizes(class_type: str, inputs: dict[str, Any], samples: tuple[int, ...]) -> None:
    found = outputs(class_type, **inputs)
    values = found if isinstance(found, tuple) else (found,)
    assert next(value.samples for value in values if isinstance(value, LatentShape)) == samples


FAILING: list[tuple[str, dict[str, Any]]] = [
    ("LatentConcat", {"samples1": VIDEO, "samples2": MANY, "dim": "t"}),
    ("LatentCut", {"samples": LatentShape((64, 9)), "dim": "t", "index": 0, "amount": 1}),
    ("RebatchLatents", {"latents": [LatentShape((1, 64, 9))], "batch_size": [1]}),
    ("NormalizeVideoLatentStart", {"latent": MANY, "start_frame_count": 4, "reference_frame_count": 5}),
    ("VAEDecode", {"samples": MANY, "vae": None}),
    ("VAEDecode", {"samples": MANY, "vae": WAN_VAE}),
    ("VAEEncode", {"pixels": ImageShape(1, 7, 64), "vae": SD_VAE}),
    ("VAEEncode", {"pixels": ImageShape(1, 64, 64, 1), "vae": SD_VAE}),
    ("VAEEncode", {"pixels": ImageShape(1, 64, 64), "vae": vae_of("checkpoints", "flux1-dev.safetensors")}),
    ("VAEEncodeAudio", {"audio": None, "vae": SD_VAE}),
    ("KSampler", {"latent_image": VIDEO, "model": model_of("checkpoints", "sd_xl_base_1.0.safetensors")}),
    ("WanImageToVideo", {**WAN, "positive": None, "length": 5, "start_image": ImageShape(1, 9, 9)}),
]


@pytest.mark.parametrize(("class_type", "inputs"), FAILING)
def test_failures(class_type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_numbers_and_masks_of_batches() -> None:
    part = outputs("LatentFromBatch", samples=MANY, batch_index=-2, length=1)
    assert part == LatentShape((1, 4, 20, 24), batch_index=(5,), noise_mask=(1, 1, 160, 192))
    assert outputs("LatentBatch", samples1=MANY, samples2=LatentShape((2, 4, 20, 24))).batch_index == (4, 5, 6, 0, 1)
    assert outputs("RepeatLatentBatch", samples=MANY, amount=2).batch_index == (4, 5, 6, 7, 8, 9)
    assert outputs("LatentBatchSeedBehavior", samples=MANY, seed_behavior="fixed").batch_index == (4, 4, 4)
    pieces = outputs("RebatchLatents", latents=[MANY], batch_size=[2])
    assert [piece.batch_index for piece in pieces] == [(4, 5), (6,)]
    masked = outputs("SetLatentNoiseMask", samples=MANY, mask=MaskShape(1, 7, 9))
    assert masked.noise_mask == (1, 1, 7, 9)


def test_vaes() -> None:
    # Eight frames make two steps, and two steps are five frames again.
    steps = outputs("VAEEncode", pixels=ImageShape(8, 100, 70), vae=WAN_VAE)
    assert steps.samples == (1, 16, 2, 12, 8)
    assert outputs("VAEDecode", samples=steps, vae=WAN_VAE) == ImageShape(5, 96, 64)
    # A VAE of pictures keeps each, and cuts sides to multiples of eight.
    picture = outputs("VAEEncode", pixels=ImageShape(2, 100, 70), vae=SD_VAE)
    assert picture.samples == (2, 4, 12, 8)
    assert outputs("VAEDecode", samples=picture, vae=SD_VAE) == ImageShape(2, 96, 64)
    assert outputs("VAEEncodeForInpaint", pixels=ImageShape(1, 100, 70), mask=MaskShape(1, 9, 9), vae=SD_VAE,
                   grow_mask_by=6).noise_mask == (1, 1, 96, 64)  # fmt: skip


def test_unknown_vaes() -> None:
    strange = vae_of("vae", "abc.safetensors")
    given = {"pixels": ImageShape(1, 64, 64), "mask": MaskShape(1, 64, 64), "noise_mask": True}
    found = outputs("InpaintModelConditioning", **PAIR, **given, vae=strange)
    assert isinstance(found, Guessed)
    assert found[2].samples[-2:] == (8, 8)
    assert "abc" in found.reason
    # Latents know by themselves how large they are.
    assert outputs("VAEDecode", samples=VIDEO, vae=strange) == ImageShape(34, 64, 96)


def test_samplers_fit_empty_latents() -> None:
    flux = model_of("diffusion_models", "flux1-dev.safetensors")
    wan = model_of("diffusion_models", "wan2.1_t2v_1.3B_fp16.safetensors")
    empty = outputs("EmptyLatentImage", width=512, height=256, batch_size=1)
    assert outputs("KSampler", latent_image=empty, model=flux).samples == (1, 16, 32, 64)
    assert outputs("KSampler", latent_image=empty, model=wan).samples == (1, 16, 1, 32, 64)
    # Only an empty one may change.
    with pytest.raises(NodeFails, match="channels"):
        outputs("KSampler", latent_image=MANY, model=flux)
    done, denoised = outputs("SamplerCustom", latent_image=empty, model=flux, sigmas=Sigmas((1.0, 0.0)))
    assert done.samples == denoised.samples == (1, 16, 32, 64)
    assert not done.empty


def test_sounds_of_videos() -> None:
    video = outputs("EmptyLTXVLatentVideo", width=768, height=512, length=97, batch_size=1)
    vae = outputs("LTXVAudioVAELoader", ckpt_name="x")
    sound = outputs("LTXVEmptyLatentAudio", frames_number=97, frame_rate=25, audio_vae=vae, batch_size=1)
    both = outputs("LTXVConcatAVLatent", video_latent=video, audio_latent=sound)
    assert (both.samples, both.more) == ((1, 128, 13, 16, 24), ((1, 8, 97, 16),))
    again = outputs("LTXVSeparateAVLatent", av_latent=both)
    assert [latent.samples for latent in again] == [video.samples, sound.samples]


def test_models_that_make_sound_with_a_picture() -> None:
    minimax = model_of("diffusion_models", "minimax_h3_fl2va_pruned_int8_convrot.safetensors")
    empty = outputs("EmptyLatentImage", width=1280, height=720, batch_size=1)
    done = outputs("KSampler", latent_image=empty, model=minimax)
    assert (done.samples, done.more) == ((1, 24, 1, 45, 80), ((1, 32, 2, 2),))


def test_unknown_models() -> None:
    # The VAE knows what the model must have made.
    strange = Opaque("MODEL", {"unknown": "of a pack"})
    empty = outputs("EmptyLatentImage", width=512, height=256, batch_size=2)
    done = outputs("KSampler", latent_image=empty, model=strange)
    assert isinstance(done.samples[1], Unknown)
    assert outputs("VAEDecode", samples=done, vae=VAE) == ImageShape(2, 256, 512)
    assert outputs("VAEDecode", samples=done, vae=vae_of("vae", "flux2-vae.safetensors")) == ImageShape(2, 256, 512)
    assert outputs("VAEDecode", samples=done, vae=WAN_VAE) == ImageShape(2, 256, 512)


def test_unknown_pictures_say_what_is_known() -> None:
    given = unknown = Unknown("a picture of somebody", 1)
    picture = ImageShape(unknown, given, given)
    _, _, latent = outputs("WanImageToVideo", **WAN, length=81, start_image=picture)
    assert latent.samples == (1, 16, 21, 60, 104)
    _, channels, height, _ = outputs("VAEEncode", pixels=picture, vae=SD_VAE).samples
    assert channels == 4
    assert isinstance(height, Unknown)


def test_sizes_cost_nothing() -> None:
    huge = outputs("EmptyLatentImage", width=10**9, height=10**9, batch_size=4096)
    large = outputs("RepeatLatentBatch", samples=huge, amount=64)
    assert large.samples == (4096 * 64, 4, 10**9 // 8, 10**9 // 8)
    assert outputs("LatentFromBatch", samples=large, batch_index=0, length=10**6).batch == 4096 * 64


SIDES = st.integers(1, 40)
VIDEOS_OF = st.builds(lambda *dims: LatentShape(dims), *(st.integers(1, 9) for _ in range(3)), SIDES, SIDES)
NUMBERS = st.integers(-50, 50)


@given(st.integers(0, 40), st.none() | NUMBERS, st.none() | NUMBERS)
def test_slices(length: int, start: int | None, stop: int | None) -> None:
    assert sliced(length, start, stop) == len(range(length)[start:stop])


@given(VIDEOS_OF, st.sampled_from(["x", "y", "t"]), st.integers(1, 8))
def test_cut_and_joined(latent: LatentShape, dim: str, at: int) -> None:
    length = latent.samples[len(latent.samples) - {"x": 1, "y": 2, "t": 3}[dim]]
    if not isinstance(length, int) or at >= length:
        return
    first = outputs("LatentCut", samples=latent, dim=dim, index=0, amount=at)
    rest = outputs("LatentCut", samples=latent, dim=dim, index=at, amount=length)
    assert outputs("LatentConcat", samples1=first, samples2=rest, dim=dim).samples == latent.samples
    assert outputs("LatentConcat", samples1=first, samples2=rest, dim=f"-{dim}").samples == latent.samples


@given(SIDES, SIDES, st.integers(1, 9))
def test_turns(rows: int, columns: int, batch: int) -> None:
    latent = turned = LatentShape((batch, 4, rows, columns))
    for _ in range(4):
        turned = outputs("LatentRotate", samples=turned, rotation="90 degrees")
    assert turned.samples == latent.samples
    assert outputs("LatentFlip", samples=latent, flip_method="x-axis: vertically").samples == latent.samples


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 9))
def test_rebatched(batches: list[int], size: int) -> None:
    pieces = outputs("RebatchLatents", latents=[LatentShape((batch, 4, 8, 8)) for batch in batches], batch_size=[size])
    assert sum(piece.batch for piece in pieces) == sum(batches)
    assert all(piece.batch <= size for piece in pieces)
    assert [number for piece in pieces for number in piece.batch_index] == list(range(sum(batches)))


@given(st.sampled_from(sorted(name for name, codec in CODECS.items() if not codec.flat)), st.integers(1, 60), SIDES)
def test_there_and_back(name: str, frames: int, side: int) -> None:
    codec = CODECS[name]
    pixels = ImageShape(frames, side * codec.space + codec.space // 2, side * codec.space)
    latents = codec.encode(pixels)
    back = codec.decode(latents)
    # What comes back is at most as large, and encodes to the same again.
    if codec.decoded == codec.space:
        assert codec.encode(back) == latents
        assert (back.height, back.width) == (side * codec.space, side * codec.space)
    assert back.batch <= frames or codec.steps_of is not None


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_tensors_together(first: list[int], second: list[int]) -> None:
    def possible(work: Any, *args: Any) -> Any:
        try:
            return work(*args)
        except NodeFails:
            return None

    one, other = tuple(first), tuple(second)
    both = possible(together, one, other)
    assert both == possible(together, other, one)
    if both is not None:
        copied(one, both)
        copied(other, both)
        assert together(both, one) == both
    chained = possible(joined, one, other)
    assert chained is None or chained == (one[0] + other[0], *one[1:])
    assert not differ(Unknown("any", 1), 5)
