"""Has a real ComfyUI save a tiny file of each kind, for `tests/data/saved`: what its save nodes write into files.

    python -m tools.save_samples --engine http://127.0.0.1:8188 --output ComfyUI/output [--packs]

The server needs no models. `--output` is its output folder, on this machine. With `--packs` those of packs are saved:
alexopus/ComfyUI-Image-Saver, Kosinkadink/ComfyUI-VideoHelperSuite and kijai/ComfyUI-KJNodes, which it must have.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3

TITLE = "Saved ✓ ü"
HERE = Path(__file__).parent.parent / "tests" / "data" / "saved"

PICTURES = {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 2, "color": 255}}
SOUND = {"class_type": "EmptyAudio", "inputs": {"duration": 0.05, "sample_rate": 48000, "channels": 1}}
LATENT = {"class_type": "EmptyLatentImage", "inputs": {"width": 16, "height": 16, "batch_size": 1}}
VIDEO = {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 24.0, "bit_depth": 8}}

_PNG = {"format": "png", "format.bit_depth": "8-bit", "format.input_color_space": "sRGB"}
_EXR = {"format": "exr", "format.bit_depth": "32-bit float", "format.input_color_space": "sRGB"}

SAVES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "picture.png": ("SaveImage", "images", {}),
    "advanced.png": ("SaveImageAdvanced", "images", _PNG),
    "advanced.exr": ("SaveImageAdvanced", "images", _EXR),
    "animated.png": ("SaveAnimatedPNG", "images", {"fps": 6.0, "compress_level": 9}),
    "animated.webp": ("SaveAnimatedWEBP", "images", {"fps": 6.0, "lossless": True, "quality": 80, "method": "default"}),
    "film.webm": ("SaveWEBM", "images", {"codec": "vp9", "fps": 24.0, "crf": 32.0}),
    "video.mp4": ("SaveVideo", "video", {"format": "mp4", "format.codec": "auto"}),
    "video.mkv": ("SaveVideo", "video", {"format": "mkv", "format.codec": "auto"}),
    "video.webm": ("SaveVideo", "video", {"format": "webm", "format.codec": "auto"}),
    "sound.flac": ("SaveAudio", "audio", {}),
    "sound.mp3": ("SaveAudioMP3", "audio", {"quality": "128k"}),
    "sound.opus": ("SaveAudioOpus", "audio", {"quality": "64k"}),
    "latent.latent": ("SaveLatent", "samples", {}),
}  # fmt: skip
"""File, and the node that saves it: its class, the input for what it saves, and its other inputs."""

_SAVER = {
    "filename": "sample-saver", "path": "", "lossless_webp": True, "quality_jpeg_or_webp": 90, "optimize_png": False,
    "embed_workflow": True, "save_workflow_as_json": False,
}  # fmt: skip
_FILM = {
    "frame_rate": 8.0, "loop_count": 0, "filename_prefix": "sample-vhs", "pingpong": False, "save_output": True,
    "pix_fmt": "yuv420p", "crf": 19, "save_metadata": True, "trim_to_audio": False,
}  # fmt: skip

PACK_SAVES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "image_saver.png": ("Image Saver Simple", "images", {**_SAVER, "extension": "png"}),
    "image_saver.jpeg": ("Image Saver Simple", "images", {**_SAVER, "extension": "jpeg"}),
    "image_saver.webp": ("Image Saver Simple", "images", {**_SAVER, "extension": "webp"}),
    "kj_alpha.png": ("SaveImageWithAlpha", "images", {"filename_prefix": "sample-kj", "mask": ["4", 0]}),
    "vhs.mp4": ("VHS_VideoCombine", "images", {**_FILM, "format": "video/h264-mp4"}),
    "vhs.webm": ("VHS_VideoCombine", "images", {**_FILM, "format": "video/webm"}),
    "vhs.mkv": ("VHS_VideoCombine", "images", {**_FILM, "format": "video/ffv1-mkv"}),
}
"""The same for packs."""

MASK = {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 16, "height": 16}}
SOURCES = {"images": PICTURES, "video": PICTURES, "audio": SOUND, "samples": LATENT}


def prompt_of(name: str) -> dict[str, Any]:
    """The graph that saves one file."""
    class_type, wired, values = {**SAVES, **PACK_SAVES}[name]
    source = "3" if wired == "video" else "1"
    named = {"filename_prefix": f"sample-{name}"} if name in SAVES else {}
    save = {"class_type": class_type, "inputs": {wired: [source, 0], **named, **values}}
    return {
        "1": SOURCES[wired],
        "2": save | {"_meta": {"title": TITLE}},
        **({"3": VIDEO} if wired == "video" else {}),
        **({"4": MASK} if "mask" in values else {}),
    }


def workflow_of(name: str) -> dict[str, Any]:
    """What is saved with it in place of the editor's file: just enough to recognise it."""
    nodes = [
        {"id": int(number), "type": node["class_type"], "pos": [0, 0], "mode": 0, "inputs": [], "outputs": []}
        for number, node in prompt_of(name).items()
    ]
    return {"id": name, "nodes": nodes, "links": [], "version": 0.4, "extra": {"title": TITLE}}


def saved(engine: str, name: str) -> Iterator[str]:
    """Run one graph; the names of the files that came."""
    body = {"prompt": prompt_of(name), "extra_data": {"extra_pnginfo": {"workflow": workflow_of(name)}}}
    answer = urllib3.request("POST", f"{engine}/prompt", json=body)
    if answer.status != 200:
        raise SystemExit(f"{name}: {answer.data.decode()}")
    job = answer.json()["prompt_id"]
    while not (history := urllib3.request("GET", f"{engine}/history/{job}").json()):
        time.sleep(0.2)
    for files in history[job]["outputs"]["2"].values():
        yield from (file["filename"] for file in files if isinstance(file, dict))


def main() -> None:
    """Save all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="http://127.0.0.1:8188")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--packs", action="store_true")
    arguments = parser.parse_args()
    HERE.mkdir(parents=True, exist_ok=True)
    for name in PACK_SAVES if arguments.packs else SAVES:
        first = next(saved(arguments.engine, name))
        shutil.copyfile(arguments.output / first, HERE / name)
        print(f"{name}: {json.dumps((HERE / name).stat().st_size)} bytes")


if __name__ == "__main__":
    main()
