"""Sound that is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.engines.simulator.audio import flac_silence
from ryla_graphs.engines.simulator.media import has_pyav, planes_of, sound_file
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.shapes.values import AudioShape


@saves("SaveAudio")
def save_flac(node: Node) -> None:
    _save(node, "flac", "")


@saves("SaveAudioMP3")
def save_mp3(node: Node) -> None:
    _save(node, "mp3", node.get("quality", "V0"))


@saves("SaveAudioOpus")
def save_opus(node: Node) -> None:
    _save(node, "opus", node.get("quality", "128k"))


@saves("SaveAudioAdvanced")
def save_advanced(node: Node) -> None:
    _save(node, node.get("format", "flac"), node.get("format.quality", "128k"))


@saves("PreviewAudio")
def preview(node: Node) -> None:
    _save(node, "flac", "", shown=True)


def _save(node: Node, kind: str, quality: str, *, shown: bool = False) -> None:
    audio: AudioShape | None = node["audio"]
    if audio is None:
        raise node.fail("it gets no sound; perhaps the video has none")
    prefix, folder = node.get("filename_prefix", "audio/ComfyUI"), "output"
    if shown:
        prefix, folder = f"ComfyUI_temp_{node.letters()}", "temp"
    names, subfolder = node.world.names.several(int(audio.batch), prefix, f".{kind}", (0, 0), folder=folder, last="")
    for name in names:
        content = _written(replace(audio, batch=1), kind, quality, prompt_of(node))
        node.save("audio", name, content, subfolder=subfolder, folder=folder)


def _written(audio: AudioShape, kind: str, quality: str, metadata: Mapping[str, str]) -> bytes:
    if kind == "flac" and not has_pyav():
        # The only format that we can write without PyAV, and only as silence.
        return flac_silence(float(audio.seconds), int(audio.rate))
    return sound_file(planes_of(audio), int(audio.rate), kind, metadata, quality)


def prompt_of(node: Node) -> dict[str, Any]:
    """The metadata that ComfyUI writes: the run's prompt."""
    return {"prompt": json.dumps(node.world.prompt.document)}
