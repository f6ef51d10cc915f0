"""Sound: loaded, made, trimmed, split, joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import gcd
from typing import Any

from ryla_graphs.shapes.registry import Call, Guessed, NodeFails, rule
from ryla_graphs.shapes.rules.common import rows
from ryla_graphs.shapes.rules.latents.coding import codec_of, is_known
from ryla_graphs.shapes.unknown import Number, Unknown, Whole, least, most, rounded, whole
from ryla_graphs.shapes.values import AudioShape, LatentShape, VideoShape, unknown_of


@rule("LoadAudio", "RecordAudio")
def load_audio(audio: str, call: Call) -> AudioShape:
    found = call.files.get(audio)
    if found is None:
        sound: AudioShape = unknown_of("AUDIO", f"the length of '{audio}' is unknown without the file")
        return sound
    if isinstance(found, VideoShape):
        found = found.audio
    if not isinstance(found, AudioShape):
        raise NodeFails(f"the input file '{audio}' holds no sound")
    return found


@rule("EmptyAudio")
def empty_audio(duration: Number, sample_rate: Whole = 44_100, channels: Whole = 2) -> AudioShape:
    return AudioShape(1, channels, rounded(duration * sample_rate), sample_rate)


@rule("TrimAudioDuration")
def trim_audio(audio: AudioShape | None, start_index: Number, duration: Number) -> AudioShape | None:
    if audio is None or audio.samples == 0:
        return audio
    start, end = trimmed(audio, start_index, duration)
    if start >= end:
        raise NodeFails("nothing is left of its sound: it begins where it ends, or behind the end")
    return replace(audio, samples=end - start, content=None)


def trimmed(audio: AudioShape, start_index: Number, duration: Number) -> tuple[Whole, Whole]:
    """The first kept sample and the one after the last; a negative start counts from the end."""
    begin = rounded(start_index * audio.rate)
    start = most(0, least(audio.samples + begin if start_index < 0 else begin, audio.samples))
    return start, most(0, least(start + rounded(duration * audio.rate), audio.samples))


@rule("SplitAudioChannels")
def split_channels(audio: AudioShape | None) -> tuple[AudioShape | None, AudioShape | None]:
    if audio is None:
        return None, None
    if audio.channels != 2:
        raise NodeFails(f"it splits sound of two channels, and its sound has {audio.channels}")
    return replace(audio, channels=1, content=None), replace(audio, channels=1, content=None)


def resampled(audio: AudioShape, rate: Whole) -> AudioShape:
    """The same sound at another rate. Raises `NodeFails` if there is none.

    >>> resampled(AudioShape(1, 2, 33_075, 22_050), 44_100).samples
    66150
    """
    if isinstance(rate, Unknown) or isinstance(audio.rate, Unknown):
        longer: Any = audio.samples * rate / audio.rate
        return replace(audio, samples=longer, rate=rate, content=None)
    if audio.rate == rate:
        return audio
    if audio.samples == 0:
        raise NodeFails("its sound is empty and cannot be resampled")
    common = gcd(audio.rate, rate)
    samples = -(-audio.samples * (rate // common) // (audio.rate // common))
    return replace(audio, samples=samples, rate=rate, content=None)


def _at_one_rate(one: AudioShape, other: AudioShape) -> tuple[AudioShape, AudioShape]:
    """Two sounds at the higher of their rates."""
    rate = most(one.rate, other.rate)
    return resampled(one, rate), resampled(other, rate)


def _with_both(work: Callable[..., AudioShape]) -> Callable[[Any, Any], AudioShape | None]:
    """Apply `work` to two sounds; if one is missing, the other is the result."""

    def both(one: AudioShape | None, other: AudioShape | None) -> AudioShape | None:
        if one is None or other is None:
            return other if one is None else one
        return work(one, other)

    return both


@_with_both
def _side_by_side(left: AudioShape, right: AudioShape) -> AudioShape:
    if left.channels != 1 or right.channels != 1:
        raise NodeFails("it joins two sounds of one channel each")
    if left.batch != right.batch:
        raise NodeFails("its sounds come in different numbers")
    left, right = _at_one_rate(left, right)
    return AudioShape(left.batch, 2, least(left.samples, right.samples), left.rate)


@_with_both
def _one_after_another(one: AudioShape, other: AudioShape) -> AudioShape:
    one, other = (replace(given, channels=2) if given.channels == 1 else given for given in (one, other))
    one, other = _at_one_rate(one, other)
    if one.batch != other.batch or one.channels != other.channels:
        raise NodeFails("its sounds have different channels or come in different numbers")
    return AudioShape(one.batch, one.channels, one.samples + other.samples, one.rate)


@_with_both
def _together(one: AudioShape, other: AudioShape) -> AudioShape:
    one, other = _at_one_rate(one, other)
    if one.samples == 0 or other.samples == 0:
        return one
    batch, channels = _stretched(one.batch, other.batch), _stretched(one.channels, other.channels)
    return AudioShape(batch, channels, one.samples, one.rate)


def _stretched(one: Whole, other: Whole) -> Whole:
    """The common number when one of two broadcasts to the other. Raises `NodeFails` if neither does."""
    if one != other and one != 1 and other != 1:
        raise NodeFails(f"its sounds do not fit: {one} and {other} channels, or as many sounds")
    return other if one == 1 else one


@rule("JoinAudioChannels")
def join_channels(audio_left: AudioShape | None, audio_right: AudioShape | None) -> AudioShape | None:
    return _side_by_side(audio_left, audio_right)


@rule("AudioConcat")
def concat_audio(audio1: AudioShape | None, audio2: AudioShape | None) -> AudioShape | None:
    return _one_after_another(audio1, audio2)


@rule("AudioMerge")
def merge_audio(audio1: AudioShape | None, audio2: AudioShape | None) -> AudioShape | None:
    return _together(audio1, audio2)


def _louder(_: str) -> Callable[..., AudioShape | None]:
    """A rule for classes that change how a sound sounds, and nothing else."""

    def work(audio: AudioShape | None) -> AudioShape | None:
        return None if audio is None else replace(audio, content=None)

    return work


rows(_louder, {"AudioAdjustVolume": "volume", "AudioEqualizer3Band": "bands"})


def _decoded(samples: LatentShape, vae: Any, usual: str, rate: int | None = None) -> Any:
    """The sound of latents; for a video with sound, of their last tensor.

    A VAE of pictures decodes pictures, which make no sound; the server passes them on all the same.
    """
    dims, codec = (samples.more[-1] if samples.more else samples.samples), codec_of(vae, usual)
    if not codec.flat:
        pictures = codec.decode(dims)
        rows = (pictures.height,) if codec.time is None else (pictures.batch // dims[0], pictures.height)
        return AudioShape(dims[0], pictures.channels, pictures.width, rows=rows)
    if codec.rate is None:
        raise NodeFails("its VAE decodes no sound")
    if len(dims) != 3 + len(codec.before) + len(codec.after):
        raise NodeFails(f"its VAE decodes no latents of {len(dims)} dimensions")
    steps = dims[2 + len(codec.before)]
    if rate is None:
        return AudioShape(dims[0], 2, steps * codec.space, codec.rate)
    return AudioShape(dims[0], 2, whole(steps * codec.space * rate / codec.rate), rate)


@rule("VAEDecodeAudio", "VAEDecodeAudioTiled")
def decode_sound(samples: LatentShape, vae: Any = None) -> Any:
    found = _decoded(samples, vae, "stable-audio")
    return found if is_known(vae) else Guessed((found,), "nothing is known about its VAE")


@rule("LTXVAudioVAEDecode")
def decode_ltxv_sound(samples: LatentShape, audio_vae: Any = None) -> Any:
    """Only the vocoder's file has the rate."""
    return Guessed((_decoded(samples, audio_vae, "ltxv-audio", 24_000),), "the rate of its vocoder is in its file")
