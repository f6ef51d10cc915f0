"""Sound that is saved."""

from __future__ import annotations

from ryla_graphs.engines.simulator.audio import flac_silence
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.shapes.values import AudioShape


@saves("SaveAudio", "PreviewAudio")
def save_audio(node: Node) -> None:
    shown = node.call.class_type == "PreviewAudio"
    prefix, folder = ("ComfyUI_temp", "temp") if shown else (node["filename_prefix"], "output")
    name, subfolder = node.world.names.next(prefix, ".flac", (0, 0), folder=folder)
    audio: AudioShape = node["audio"]
    content = flac_silence(float(audio.seconds), int(audio.rate))
    node.save("audio", name, content, subfolder=subfolder, folder=folder)


@saves("SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced")
def cannot_save(node: Node) -> None:
    raise node.fail("the simulator has no encoder for this format; run the graph on a ComfyUI server")
