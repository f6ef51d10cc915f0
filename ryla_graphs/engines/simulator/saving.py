"""Nodes that save or show."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.engines.simulator.audio import flac_silence
from ryla_graphs.engines.simulator.call import Call, handles
from ryla_graphs.engines.simulator.files import animation, glb, motion_jpeg_mp4, png, safetensors
from ryla_graphs.engines.simulator.values import Audio, Latents, Opaque, Pictures, Video

_LATENT_SCALE = 8


@handles("SaveImage", "SaveImageAdvanced")
def save_image(call: Call) -> tuple[Pictures]:
    pictures: Pictures = call["images"]
    for image in pictures.images:
        name, subfolder = call.world.names.next(call["filename_prefix"], ".png", image.size)
        call.save("image", name, png(image, call.world.prompt), subfolder=subfolder)
    return (pictures,)


@handles("PreviewImage")
def preview_image(call: Call) -> tuple[Pictures]:
    for image in call["images"].images:
        name, _ = call.world.names.next("ComfyUI_temp", ".png", image.size, folder="temp")
        call.save("image", name, png(image, call.world.prompt), folder="temp")
    return (call["images"],)


@handles("MaskPreview")
def preview_mask(call: Call) -> tuple[Any]:
    for image in call["mask"].images:
        name, _ = call.world.names.next("ComfyUI_temp", ".png", image.size, folder="temp")
        call.save("image", name, png(image, call.world.prompt), folder="temp")
    return (call["mask"],)


@handles("SaveAnimatedWEBP", "SaveAnimatedPNG")
def save_animated(call: Call) -> tuple[Pictures]:
    pictures: Pictures = call["images"]
    kind = call.schema.class_type.removeprefix("SaveAnimated")
    name, subfolder = call.world.names.next(call["filename_prefix"], f".{kind.lower()}", pictures.size)
    call.save("image", name, animation(pictures.images, call["fps"], kind), subfolder=subfolder)
    return (pictures,)


@handles("CreateVideo")
def create_video(call: Call) -> tuple[Video]:
    return (Video(call["images"].images, call["fps"]),)


@handles("SaveVideo")
def save_video(call: Call) -> tuple[Video]:
    video: Video = call["video"]
    name, subfolder = call.world.names.next(call["filename_prefix"], ".mp4", video.frames[0].size)
    call.save("video", name, motion_jpeg_mp4(video.frames, video.fps), subfolder=subfolder)
    return (video,)


@handles("VHS_VideoCombine")
def combine_video(call: Call) -> tuple[Opaque]:
    frames, fps = call["images"].images, call["frame_rate"]
    still = call["format"] in ("image/gif", "image/webp")
    suffix = f".{call['format'].rpartition('/')[2]}" if still else ".mp4"
    name, subfolder = call.world.names.next(call["filename_prefix"], suffix, frames[0].size)
    content = animation(frames, fps, suffix[1:].upper()) if still else motion_jpeg_mp4(frames, fps)
    call.save("video", name.replace(f"_{suffix}", suffix), content, subfolder=subfolder)
    return (Opaque("VHS_FILENAMES", call.key),)


@handles("EmptyLatentAudio", "EmptyAudio")
def empty_audio(call: Call) -> tuple[Any]:
    seconds = call.get("seconds", call.get("duration", 1.0))
    if call.schema.class_type == "EmptyAudio":
        return (Audio(seconds),)
    return (Latents(64, 64, 1, f"{call.key}#{seconds}"),)


@handles("VAEDecodeAudio")
def decode_audio(call: Call) -> tuple[Audio]:
    _, mark, seconds = call["samples"].key.rpartition("#")
    return (Audio(float(seconds) if mark else 1.0),)


@handles("SaveAudio", "PreviewAudio")
def save_audio(call: Call) -> tuple[Any]:
    shown = call.schema.class_type == "PreviewAudio"
    prefix = "ComfyUI_temp" if shown else call["filename_prefix"]
    folder = "temp" if shown else "output"
    name, subfolder = call.world.names.next(prefix, ".flac", (0, 0), folder=folder)
    audio = call["audio"] if isinstance(call["audio"], Audio) else Audio(1.0)
    call.save("audio", name, flac_silence(audio.seconds, audio.rate), subfolder=subfolder, folder=folder)
    return (audio,)


@handles("SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced", "SaveWEBM", "SaveSVGNode")
def cannot_save(call: Call) -> tuple[Any]:
    raise call.fail("the simulator has no encoder for this format; run the graph on a ComfyUI server")


@handles("PreviewAny")
def preview_any(call: Call) -> tuple[str]:
    source = call["source"]
    text = source if isinstance(source, str) else _told(source)
    call.say(text)
    return (text,)


def _told(value: Any) -> str:
    try:
        return json.dumps(value)
    except TypeError:
        return f"simulated {type(value).__name__.lower()}"


@handles("SaveText")
def save_text(call: Call) -> tuple[str]:
    text = str(call["text"])
    suffix = f".{call.get('format', 'txt')}"
    name, subfolder = call.world.names.next(call.get("filename_prefix", "ComfyUI"), suffix, (0, 0))
    call.save("text", name, text.encode(), subfolder=subfolder)
    return (text,)


@handles("SaveLatent")
def save_latent(call: Call) -> tuple[Latents]:
    latents: Latents = call["samples"]
    name, subfolder = call.world.names.next(call["filename_prefix"], ".latent", (0, 0))
    shape = (latents.batch, 4, latents.height // _LATENT_SCALE, latents.width // _LATENT_SCALE)
    call.save("latent", name, safetensors("latent_tensor", shape), subfolder=subfolder)
    return (latents,)


@handles("SaveGLB", "Save3DAdvanced")
def save_3d(call: Call) -> tuple[Any, ...]:
    name, subfolder = call.world.names.next(call["filename_prefix"], ".glb", (0, 0))
    call.save("3d", name, glb(), subfolder=subfolder)
    return tuple(Opaque(str(output.type), f"{call.key}#{slot}") for slot, output in enumerate(call.schema.outputs))
