"""Lists, sound and videos have the lengths, rates and channels that ComfyUI gives them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ryla_graphs.shapes.registry import NodeFails, ReadsContent
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.rules.shuffling import Twister
from ryla_graphs.shapes.rules.videos import part_of
from ryla_graphs.shapes.unknown import Unknown
from ryla_graphs.shapes.values import AudioShape, Conditioning, ImageShape, LatentShape, Opaque, VideoShape
from tests.shapes.rules import outputs

TEXT = Opaque("FILE", {"text": " a cat\n"})
STEREO = AudioShape(1, 2, 33_075, 22_050)
MONO = AudioShape(1, 1, 12_000, 16_000)


def test_batches_are_recut() -> None:
    batches = outputs("RebatchImages", images=[ImageShape(3, 8, 8), ImageShape(2, 8, 8)], batch_size=[2])
    assert [batch.batch for batch in batches] == [2, 2, 1]
    with pytest.raises(NodeFails):
        outputs("RebatchImages", images=[ImageShape(1, 8, 8), ImageShape(1, 8, 9)], batch_size=[2])


def test_shuffled_lists_have_the_order_of_numpy() -> None:
    """The orders are those of `numpy.random.permutation` after `numpy.random.seed`."""
    assert Twister(0).permutation(6) == [5, 2, 1, 3, 0, 4]
    assert Twister(42).permutation(5) == [1, 4, 2, 0, 3]
    videos, texts = outputs("ShuffleVideoTextDataset", videos=["a", "b", "c", "d", "e"], texts=list("abcde"), seed=[42])
    assert (videos, texts) == (["b", "e", "c", "a", "d"],) * 2
    with pytest.raises(NodeFails):
        outputs("ShuffleImageTextDataset", images=["a", "b"], texts=["a"], seed=[0])


def test_which_pictures_are_alike_needs_their_pixels() -> None:
    with pytest.raises(ReadsContent):
        rule["ImageDeduplication"].work([ImageShape(2, 8, 8)])


def test_latents_of_one_size_train_together() -> None:
    text = Conditioning((((1, 77, 768), {}), ((1, 77, 768), {})))
    latents = [LatentShape((2, 4, 8, 8)), LatentShape((1, 4, 8, 16)), LatentShape((1, 4, 8, 8))]
    batches, texts = outputs("ResolutionBucket", latents=latents, conditioning=[text, text, text])
    assert [batch.samples for batch in batches] == [(3, 4, 8, 8), (1, 4, 8, 16)]
    assert [len(group.entries) for group in texts] == [3, 1]


def test_folders_of_pictures_and_texts() -> None:
    files = {
        "d/a.png": ImageShape(4, 8, 9, 4),
        "d/a.txt": TEXT,
        "d/2_x/b.jpg": ImageShape(1, 5, 6),
    }
    images, texts = outputs("LoadImageTextDataSetFromFolder", files, folder="d")
    assert [image.shape for image in images] == [(1, 5, 6, 3), (1, 5, 6, 3), (1, 8, 9, 3)]
    assert texts == ["", "", "a cat"]
    assert len(outputs("LoadImageDataSetFromFolder", files, folder="d")) == 1


@pytest.mark.parametrize(
    ("class_type", "inputs", "expected"),
    [
        ("EmptyAudio", {"duration": 0.5, "sample_rate": 16_000, "channels": 1}, (1, 1, 8000)),
        ("TrimAudioDuration", {"audio": STEREO, "start_index": -0.5, "duration": 10.0}, (1, 2, 11_025)),
        ("AudioConcat", {"audio1": MONO, "audio2": STEREO, "direction": "after"}, (1, 2, 16_538 + 33_075)),
        ("AudioMerge", {"audio1": MONO, "audio2": STEREO, "merge_method": "add"}, (1, 2, 16_538)),
        ("JoinAudioChannels", {"audio_left": MONO, "audio_right": AudioShape(1, 1, 44_100)}, (1, 2, 33_075)),
        ("AudioAdjustVolume", {"audio": MONO, "volume": 3}, (1, 1, 12_000)),
    ],
)
def test_sound(class_type: str, inputs: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert outputs(class_type, **inputs).shape == expected


@pytest.mark.parametrize(
    ("class_type", "inputs"),
    [
        ("TrimAudioDuration", {"audio": STEREO, "start_index": 2.0, "duration": 1.0}),
        ("SplitAudioChannels", {"audio": MONO}),
        ("JoinAudioChannels", {"audio_left": STEREO, "audio_right": MONO}),
        ("AudioConcat", {"audio1": STEREO, "audio2": AudioShape(1, 6, 100), "direction": "after"}),
        ("AudioMerge", {"audio1": STEREO, "audio2": AudioShape(1, 6, 100), "merge_method": "add"}),
    ],
)
def test_sound_that_does_not_fit(class_type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(NodeFails):
        outputs(class_type, **inputs)


def test_sound_that_is_missing_is_left_out() -> None:
    assert outputs("AudioConcat", audio1=None, audio2=MONO, direction="after") is MONO
    assert outputs("TrimAudioDuration", audio=None) is None
    assert outputs("SplitAudioChannels", audio=None) == (None, None)


def test_the_length_of_unknown_sound_is_bounded() -> None:
    unknown = AudioShape(1, 2, Unknown("later", 1, 44_100), 44_100)
    trimmed = outputs("TrimAudioDuration", audio=unknown, start_index=0.0, duration=0.5)
    assert trimmed.samples.high == 22_050


def made(frames: int = 6, audio: AudioShape | None = None, **more: Any) -> VideoShape:
    return VideoShape(frames, 64, 96, Fraction(6), audio, **more)


def test_a_part_of_a_video_that_is_put_together_is_a_file() -> None:
    """AAC keeps sound in pieces of 1,024 samples, and what is cut off it has less."""
    part = part_of(made(6, AudioShape(1, 1, 22_050, 22_050)), 0.25, 0.0)
    assert part is not None and part.audio is not None
    assert (part.frames, part.duration, part.audio.samples) == (4, 0.75, 22_528 - 5_512)


def test_parts_of_parts() -> None:
    part = part_of(made(12), 0.5, 1.0)
    assert part is not None and part.frames == 6
    inner = part_of(part, 0.5, 0.25)
    assert inner is not None and (inner.frames, inner.start, inner.duration) == (2, 1.0, 0.25)
    assert part_of(part, 10.0, 0.0, strict=True) is None, "it begins behind the end"


def test_what_a_video_does_not_have() -> None:
    assert part_of(made(6), 0.5, 10.0) is None
    with pytest.raises(NodeFails, match="has no 10 s"):
        outputs("Video Slice", video=made(6), start_time=0.5, duration=10.0, strict_duration=False)
    with pytest.raises(NodeFails, match="even sides"):
        part_of(VideoShape(6, 63, 96, Fraction(6)), 0.0, 0.5)


def test_frames_of_an_unknown_video_are_bounded() -> None:
    unknown = VideoShape(Unknown("later", 1, 240), 64, 96, Fraction(24))
    part = part_of(unknown, 0.0, 0.0)
    assert part is not None and isinstance(part.frames, Unknown) and part.frames.high == 240


def test_components() -> None:
    images, audio, fps, bits, colours = outputs("GetVideoComponents", video=made(6, STEREO))
    assert (images.shape, audio, fps, bits, colours) == ((6, 64, 96, 3), STEREO, 6.0, 8, "sRGB")


def test_the_words_of_wandancer() -> None:
    features, said = outputs("WanDancerEncodeAudio", audio=STEREO, video_frames=5, audio_inject_scale=1.0)
    assert (features["audio_feature"].shape, said) == ((1, 46, 35), " 帧率是3.3333")
