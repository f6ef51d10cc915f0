"""Describes a weight file on a server by its size and its header, reading nothing more, over HTTP ranges."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import requests

from ryla_graphs.families import Detected, detect
from ryla_graphs.models_folder.headers import MAX_HEADER, SAFETENSORS, header_of
from ryla_graphs.models_folder.locating import SECONDS, Located, locate, require_hub
from ryla_graphs.models_folder.own import source_of
from ryla_graphs.problems import AtFile, InvalidWeights, Problem, PullFailed
from ryla_graphs.sessions import session_for
from ryla_graphs.weights import HubFile, Weight
from ryla_graphs.weights.manifest.licences import unknown
from ryla_graphs.weights.precision import quantisation
from ryla_graphs.weights.weight import CONTENTS

_FIRST = 1 << 16
"""Bytes of the first request: most headers of LoRAs and VAEs are no longer."""
FOLDERS = {
    "diffusion model": "diffusion_models",
    "checkpoint": "checkpoints",
    "text encoder": "text_encoders",
    "vae": "vae",
    "lora": "loras",
    "controlnet": "controlnet",
    "clip vision": "clip_vision",
}
"""Where files of a kind belong."""
_OF_ONE = ("checkpoint", "diffusion model", "lora", "controlnet", "adapter")


def describe(url: str, *, folder: str | None = None, name: str | None = None) -> Weight:
    """The row of the file at an address: size, hash and kind, from its server and its header.

    `folder` defaults to the one for files of its kind. Raises `PullFailed` if the file is unavailable, and
    `InvalidWeights` if it is not a weight file, or its kind has no folder of its own.
    """
    source = source_of(url)
    if isinstance(source, HubFile):
        require_hub()
    row = Weight(
        name=name or _name(source.path if isinstance(source, HubFile) else url),
        folder=folder or "",
        content="other",
        licence=unknown(source.page, "its licence is not checked here: read it on its page"),
        sources=(source,),
    )
    with session_for() as session:
        place = locate(row, session)
        found = _detected(row, place, session) if Path(row.name).suffix in SAFETENSORS else None
    folder = folder or (FOLDERS.get(found.kind) if found is not None else None)
    if folder is None:
        problem = Problem(
            code="misplaced_file",
            message="nothing tells in which folder below models it belongs",
            subject=AtFile(row.name),
            hint="name it: `--folder loras`",
        )
        raise InvalidWeights([problem])
    how, one = quantisation(row.name), found is not None and found.kind in _OF_ONE and found.family is not None
    return replace(
        row,
        folder=folder,
        content=found.kind if found is not None else CONTENTS.get(folder, "other"),
        family=found.family if found is not None and one else None,
        variant=found.variant if found is not None and one else None,
        precision=how.precision if how is not None else None,
        size=place.size,
        sha256=place.sha256,
    )


def _name(path: str) -> str:
    return path.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]


def _detected(row: Weight, place: Located, session: requests.Session) -> Detected | None:
    start = _start(place, session, _FIRST)
    length = int.from_bytes(start[:8], "little")
    if _FIRST < length + 8 <= MAX_HEADER + 8:
        start = _start(place, session, length + 8)
    return detect(header_of(io.BytesIO(start), place.size or len(start), Path(row.name)))


def _start(place: Located, session: requests.Session, size: int) -> bytes:
    """The first bytes of a file, even from a server that does not support ranges."""
    headers = {**place.headers, "Range": f"bytes=0-{size - 1}", "Accept-Encoding": "identity"}
    try:
        with session.get(place.url, headers=headers, timeout=SECONDS, stream=True) as answer:
            answer.raise_for_status()
            return bytes(answer.raw.read(size))
    except requests.RequestException as error:
        status = f"status {error.response.status_code}" if error.response is not None else type(error).__name__
        message = f"the beginning of {place.source.url} cannot be read ({status})"
        raise PullFailed([Problem(code="source_failed", message=message, tier=3)]) from error
