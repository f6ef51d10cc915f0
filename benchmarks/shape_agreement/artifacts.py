"""What a saved file holds, in the words of the recordings."""

from __future__ import annotations

import io
import json
import re
import struct
from typing import Any

from PIL import Image, UnidentifiedImageError

from ryla_graphs.engines.artifacts import Artifact

_RANDOM = re.compile(r"(?<=_temp_)[a-z?]{5}(?=_)|(?<=preview3d_)[0-9a-f?]{32}")


def masked(filename: str) -> str:
    """A name without its random letters."""
    return _RANDOM.sub("?", filename)


def described_file(artifact: Artifact) -> dict[str, Any]:
    """Name and content of a file."""
    facts: dict[str, Any] = {
        "node": artifact.node,
        "type": artifact.folder,
        "subfolder": artifact.subfolder,
        "filename": artifact.filename,
    }
    content = artifact.read()
    match artifact.kind:
        case "image":
            facts |= _picture(content)
        case "video" | "audio":
            facts |= _media(content)
        case "text":
            facts["text"] = content.decode()
        case "latent":
            facts["tensors"] = _tensors(content)
        case _:
            pass
    return facts


def _picture(content: bytes) -> dict[str, Any]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            frames = getattr(image, "n_frames", 1)
            return {"width": image.width, "height": image.height, "frames": frames, "mode": image.mode}
    except (UnidentifiedImageError, OSError):
        return {}


def _media(content: bytes) -> dict[str, Any]:
    import av  # noqa: PLC0415 - only where there is a video
    from av.error import FFmpegError  # noqa: PLC0415

    av_open: Any = av.open
    facts: dict[str, Any] = {}
    try:
        with av_open(io.BytesIO(content)) as container:
            for stream in container.streams.video[:1]:
                frames = len(list(container.decode(stream)))
                rate = float(stream.average_rate or 0)
                facts |= {"width": stream.width, "height": stream.height, "frames": frames, "fps": rate}
        # Reopened, not rewound: Opus skips a piece after every seek.
        with av_open(io.BytesIO(content)) as container:
            for sound in container.streams.audio[:1]:
                samples = sum(frame.samples for frame in container.decode(sound))
                facts |= {"sample_rate": sound.rate, "channels": sound.channels, "seconds": samples / sound.rate}
    except FFmpegError:
        pass
    return facts


def _tensors(content: bytes) -> dict[str, Any]:
    (length,) = struct.unpack("<Q", content[:8])
    head = json.loads(content[8 : 8 + length])
    return {name: facts["shape"] for name, facts in head.items() if name != "__metadata__"}
