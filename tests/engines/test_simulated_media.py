"""Video and sound in the simulator: really read, really cut, and written as files that play."""

from __future__ import annotations

import importlib.util
import io
import math
import struct
import wave
from array import array
from fractions import Fraction
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.engines import Result, run
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.engines.simulator.drawing import MARK
from ryla_graphs.engines.simulator.media import Encoding, read_media, sound_file, video_file
from ryla_graphs.engines.simulator.media.sound import at_rate, beeps
from ryla_graphs.problems import ExecutionFailed
from ryla_graphs.shapes.values import AudioShape, VideoShape

av: Any = pytest.importorskip("av", reason="video and sound need the extra `media`")


def prompt(*nodes: tuple[str, Any]) -> dict[str, Any]:
    """Nodes by their place: the first is '1'."""
    return {str(at): {"class_type": name, "inputs": inputs} for at, (name, inputs) in enumerate(nodes, 1)}


def simulate(document: dict[str, Any], files: dict[str, bytes] | None = None) -> Result:
    return run(Simulator(), Workflow.load(document).compile(check=False), files)


def tone(seconds: float, rate: int = 8000, channels: int = 1, loud: int = 8000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (round(loud * math.sin(at / 5)) for at in range(round(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", sample) * channels for sample in samples))
    return buffer.getvalue()


def clip(frames: int = 8, size: tuple[int, int] = (64, 48), seconds: float = 0.0) -> bytes:
    """A video whose frames are brighter and brighter, at 8 a second."""
    images = [Image.new("RGB", size, (at * 30, at * 30, at * 30)) for at in range(frames)]
    sound = ([beeps(8000, round(seconds * 8000))], 8000) if seconds else None
    return video_file(images, size, Encoding("mp4", "h264", Fraction(8)), {}, sound)


def heard(result: Result) -> list[float]:
    """The samples of the first channel of the first file."""
    samples: list[float] = []
    resampler = av.AudioResampler(format="fltp")
    with av.open(io.BytesIO(result.outputs[0].read())) as container:
        for frame in [*container.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                samples += array("f", bytes(piece.planes[0])[: 4 * piece.samples])
    return samples


def seen(content: bytes) -> list[int]:
    """How bright the frames of a video are."""
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_image().convert("L").getpixel((20, 20)) for frame in container.decode(video=0)]


def test_files_are_read_as_they_are() -> None:
    video = read_media(clip(12, seconds=1.5))
    assert isinstance(video, VideoShape) and video.audio is not None
    assert (video.frames, video.width, video.height, video.fps) == (12, 64, 48, Fraction(8))
    assert video.duration == pytest.approx(1.5, abs=0.13)
    sound = read_media(tone(0.5, 16_000, 2))
    assert isinstance(sound, AudioShape) and (sound.shape, sound.rate) == ((1, 2, 8000), 16_000)
    assert read_media(b"\0\1\2 nothing of that kind") is None


@pytest.mark.parametrize(
    ("container", "codec", "name"), [("auto", "auto", "h264"), ("mkv", "h264", "h264"), ("webm", "av1", "av1")]
)
def test_videos_play(container: str, codec: str, name: str) -> None:
    nodes = [
        ("EmptyImage", {"width": 64, "height": 48, "batch_size": 6, "color": 0xFFFFFF}),
        ("EmptyAudio", {"duration": 1.0, "sample_rate": 22_050, "channels": 1}),
        ("CreateVideo", {"images": ["1", 0], "fps": 6.0, "audio": ["2", 0]}),
        (
            "SaveVideo",
            {"video": ["3", 0], "filename_prefix": "x", "format": container, "format.codec": codec},
        ),
    ]
    (artifact,) = simulate(prompt(*nodes)).outputs
    assert artifact.filename.endswith({"auto": ".mp4"}.get(container, f".{container}"))
    assert artifact.simulated
    with av.open(io.BytesIO(artifact.read())) as opened:
        assert opened.streams.video[0].codec.canonical_name == name and len(opened.streams.audio) == 1
        assert MARK in opened.metadata.values() or MARK in {value.strip() for value in opened.metadata.values()}
        assert len(list(opened.decode(video=0))) == 6


def test_a_transparent_webm_keeps_its_alpha() -> None:
    png = io.BytesIO()
    Image.new("RGBA", (64, 48), (255, 0, 0, 0)).save(png, "PNG")
    nodes = [
        ("LoadImage", {"image": "a.png"}),
        ("JoinImageWithAlpha", {"image": ["1", 0], "alpha": ["1", 1]}),
        ("SaveWEBM", {"images": ["2", 0], "filename_prefix": "x", "codec": "vp9", "fps": 8.0, "crf": 30.0}),
    ]
    (artifact,) = simulate(prompt(*nodes), {"a.png": png.getvalue()}).outputs
    assert artifact.filename == "x_00001_.webm"
    with av.open(io.BytesIO(artifact.read())) as opened:
        assert opened.streams.video[0].codec.canonical_name == "vp9"


def test_a_part_of_a_video_shows_its_part() -> None:
    cut = ("Video Slice", {"video": ["1", 0], "start_time": 0.5, "duration": 0.25, "strict_duration": True})
    save = ("SaveVideo", {"video": ["2", 0], "filename_prefix": "x", "format": "mp4", "format.codec": "h264"})
    whole = seen(clip(8))
    (artifact,) = simulate(prompt(("LoadVideo", {"file": "a.mp4"}), cut, save), {"a.mp4": clip(8)}).outputs
    assert seen(artifact.read()) == pytest.approx(whole[4:6], abs=6)


def test_sampled_frames_are_spread_over_the_video() -> None:
    sample = ("VideoFrameSample", {"video": ["1", 0], "num_frames": 3, "strategy": "uniform", "seed": 0})
    save = ("SaveVideo", {"video": ["2", 0], "filename_prefix": "x", "format": "mp4", "format.codec": "h264"})
    whole = seen(clip(8))
    (artifact,) = simulate(prompt(("LoadVideo", {"file": "a.mp4"}), sample, save), {"a.mp4": clip(8)}).outputs
    assert seen(artifact.read()) == pytest.approx([whole[0], whole[4], whole[7]], abs=6)


@pytest.mark.parametrize(
    ("quality", "kind", "rate"), [({}, "flac", 8000), ({"quality": "128k"}, "mp3", 8000), ({}, "opus", 48_000)]
)
def test_sounds_play(quality: dict[str, Any], kind: str, rate: int) -> None:
    options = {f"format.{name}": value for name, value in quality.items()}
    save = ("SaveAudioAdvanced", {"audio": ["1", 0], "filename_prefix": "x", "format": kind, **options})
    result = simulate(prompt(("LoadAudio", {"audio": "a.wav"}), save), {"a.wav": tone(0.5)})
    assert result.outputs[0].filename == f"x_00001.{kind}"
    with av.open(io.BytesIO(result.outputs[0].read())) as opened:
        assert opened.streams.audio[0].rate == rate
    assert max(heard(result)) == pytest.approx(8000 / 32768, rel=0.2)


def test_sound_is_really_cut_and_put_together() -> None:
    nodes = [
        ("LoadAudio", {"audio": "a.wav"}),
        ("TrimAudioDuration", {"audio": ["1", 0], "start_index": -0.25, "duration": 0.1}),
        ("EmptyAudio", {"duration": 0.5, "sample_rate": 8000, "channels": 2}),
        ("AudioConcat", {"audio1": ["3", 0], "audio2": ["2", 0], "direction": "after"}),
        ("AudioAdjustVolume", {"audio": ["4", 0], "volume": -6}),
        ("SaveAudio", {"audio": ["5", 0], "filename_prefix": "x"}),
    ]
    samples = heard(simulate(prompt(*nodes), {"a.wav": tone(0.5)}))
    assert len(samples) == 4800
    assert max(map(abs, samples[:4000])) == 0
    expected = [8000 / 32768 * 10 ** (-6 / 20) * math.sin((2000 + at) / 5) for at in range(800)]
    assert samples[4000:] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("method", ["add", "mean", "subtract", "multiply"])
def test_mixed_sound(method: str) -> None:
    nodes = [
        ("LoadAudio", {"audio": "a.wav"}),
        ("AudioMerge", {"audio1": ["1", 0], "audio2": ["1", 0], "merge_method": method}),
        ("SaveAudio", {"audio": ["2", 0], "filename_prefix": "x"}),
    ]
    loud = 8000 / 32768
    peak = {"add": 2 * loud, "mean": loud, "subtract": 0, "multiply": loud**2}[method]
    assert max(heard(simulate(prompt(*nodes), {"a.wav": tone(0.5)}))) == pytest.approx(peak, rel=0.02, abs=1e-4)


def test_what_a_model_would_have_made_beeps() -> None:
    nodes = [
        ("EmptyLatentAudio", {"seconds": 3.0, "batch_size": 1}),
        ("CheckpointLoaderSimple", {"ckpt_name": "stable-audio-open-1.0.safetensors"}),
        ("VAEDecodeAudio", {"samples": ["1", 0], "vae": ["2", 2]}),
        ("SaveAudio", {"audio": ["3", 0], "filename_prefix": "x"}),
    ]
    result = simulate(prompt(*nodes))
    samples = heard(result)
    assert result.outputs[0].simulated and 0.05 < max(samples) < 0.5
    assert max(samples[30_000:44_000]) == 0, "between two beeps there is silence"


def test_other_rates_keep_the_length() -> None:
    (plane,) = at_rate([beeps(8000, 8000)], 8000, 48_000)
    assert len(plane) == 48_000
    assert len(sound_file([plane], 48_000, "opus", {})) > 100


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([("LoadAudio", {"audio": "a.wav"}), ("SplitAudioChannels", {"audio": ["1", 0]})], "two channels"),
        (
            [
                ("EmptyImage", {"width": 63, "height": 48}),
                ("CreateVideo", {"images": ["1", 0], "fps": 8.0}),
                ("VideoTemporalCrop", {"video": ["2", 0], "start_frame": 0, "length": 1}),
            ],
            "even sides only",
        ),
    ],
)
def test_what_the_server_refuses_fails(nodes: list[Any], message: str) -> None:
    last = str(len(nodes))
    shown = ("PreviewAny", {"source": [last, 0]})
    with pytest.raises(ExecutionFailed, match=message):
        simulate(prompt(*nodes, shown), {"a.wav": tone(0.1)} if nodes[0][0] == "LoadAudio" else None)


@pytest.mark.parametrize(
    ("form", "name", "codec"),
    [("video/h264-mp4", "x_00001-audio.mp4", "h264"), ("video/webm", "x_00001-audio.webm", "vp9")],
)
def test_video_helper_suite_writes_its_formats(form: str, name: str, codec: str) -> None:
    nodes = [
        ("EmptyImage", {"width": 63, "height": 48, "batch_size": 4}),
        ("EmptyAudio", {"duration": 0.5, "sample_rate": 44_100, "channels": 2}),
        (
            "VHS_VideoCombine",
            {
                "images": ["1", 0], "audio": ["2", 0], "frame_rate": 8.0, "loop_count": 0, "filename_prefix": "x",
                "format": form, "pingpong": False, "save_output": True,
            },
        ),
    ]  # fmt: skip
    (artifact,) = simulate(prompt(*nodes)).outputs
    assert artifact.filename == name
    with av.open(io.BytesIO(artifact.read())) as opened:
        assert opened.streams.video[0].codec.canonical_name == codec and len(opened.streams.audio) == 1
        assert opened.streams.video[0].width == 62


def test_without_pyav_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "av" else found(name, *rest))
    nodes = [
        ("EmptyImage", {"width": 64, "height": 48, "batch_size": 3}),
        ("SaveWEBM", {"images": ["1", 0], "filename_prefix": "x", "codec": "vp9", "fps": 8.0, "crf": 30.0}),
    ]
    with pytest.raises(ExecutionFailed, match=r"pip install 'ryla-graphs\[media\]'") as caught:
        simulate(prompt(*nodes))
    assert caught.value.class_type == "SaveWEBM"
    load = prompt(("LoadAudio", {"audio": "a.wav"}), ("PreviewAudio", {"audio": ["1", 0]}))
    with pytest.raises(ExecutionFailed, match=r"pip install 'ryla-graphs\[media\]'"):
        simulate(load, {"a.wav": tone(0.1)})
    # What can be written by hand is.
    nodes[1:] = [
        ("CreateVideo", {"images": ["1", 0], "fps": 8.0}),
        ("SaveVideo", {"video": ["2", 0], "filename_prefix": "x", "format": "mp4", "format.codec": "auto"}),
        ("EmptyAudio", {"duration": 0.5, "sample_rate": 8000, "channels": 1}),
        ("SaveAudio", {"audio": ["4", 0], "filename_prefix": "y"}),
    ]
    video, sound = sorted(simulate(prompt(*nodes)).outputs, key=lambda artifact: artifact.filename)
    assert video.read().count(b"\xff\xd8\xff") == 3 and sound.read()[:4] == b"fLaC"
