"""Finds where a simulated run differs from the recorded one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from benchmarks.shape_agreement.artifacts import described_file, masked
from benchmarks.shape_agreement.running import Ran
from ryla_graphs.engines.simulator.media.pyav import pyav
from ryla_graphs.shapes.unknown import Unknown
from ryla_graphs.shapes.values import (
    AudioShape,
    Conditioning,
    ImageShape,
    LatentShape,
    MaskShape,
    Opaque,
    Sigmas,
    TensorShape,
    VideoShape,
)

_LATENTS = frozenset({"LATENT", "audio", "hunyuan3dv2", "trellis2", "triposplat"})
_LOOKED_AT = (
    "type", "shape", "value", "length", "count", "is_list", "noise_mask", "batch_index", "frames", "width", "height",
    "fps", "duration", "audio", "sample_rate", "entries", "items", "vertices", "faces", "positions",
)  # fmt: skip
_OF_FILES = (
    "width", "height", "frames", "fps", "seconds", "sample_rate", "channels", "text", "tensors", "mode",
)  # fmt: skip
_OF_OBJECTS = ("vertices", "faces", "positions")
_CLOSE = 2e-4
AAC_BLOCK = 1024
"""Samples that AAC encodes together."""


def differences(row: Mapping[str, Any], run: Ran) -> list[str]:
    """What differs from the recording; empty if nothing does."""
    error = row.get("error")
    if error is not None:
        return _of_error(error, run)
    if run.error is not None:
        return [f"failed: {run.error}"]
    return [*_of_outputs(row, run), *_of_files(row, run), *_of_texts(row, run)]


def _of_error(error: Mapping[str, Any], run: Ran) -> list[str]:
    if error.get("refused"):
        return [] if run.refused else [f"not refused; recorded: {error['nodes']}"]
    if run.error is None:
        return [f"did not fail; recorded: {error['class']} {error['node']}: {error['message']}"]
    wrong = str(run.error.node) != str(error["node"])
    return [f"'{run.error.node}' failed instead of '{error['node']}': {run.error}"] if wrong else []


def _of_outputs(row: Mapping[str, Any], run: Ran) -> Iterator[str]:
    for probe in row["outputs"].values():
        node, slot = probe["from"]
        wire = run.wires.get((node, slot))
        if not isinstance(wire, list):
            yield f"{node}.{slot} {probe['name']}: {wire!r}, recorded {_short(probe)}"
            continue
        ours = [described(value) for value in wire]
        if len(ours) != probe["count"] or not _same(probe["items"], ours):
            yield f"{node}.{slot} {probe['name']}: {_short(ours)}, recorded {_short(probe['items'])}"


def _of_files(row: Mapping[str, Any], run: Ran) -> Iterator[str]:
    recorded = [file for file in row["files"] if file["type"] != "input"]
    ours = [described_file(artifact) for artifact in run.saved if artifact.text is None]
    # A body that a node only names in its message is in a folder, not in the list of files.
    unlisted = {(file["type"], masked(file["path"])) for file in row.get("unlisted_files") or ()}
    ours = [file for file in ours if (file["type"], _path(file)) not in unlisted]
    listed = sorted((file["node"], file["type"], file["subfolder"], masked(file["filename"])) for file in recorded)
    found = sorted((file["node"], file["type"], file["subfolder"], masked(file["filename"])) for file in ours)
    if listed != found:
        yield f"files: {found}, recorded {listed}"
        return
    by_name = {(file["node"], masked(file["filename"])): file for file in ours}
    for file in recorded:
        other = by_name[file["node"], masked(file["filename"])]
        for name in _OF_FILES:
            close = 0.03 if name == "seconds" and _cuts_padding() else 0.02
            if name in file and not _same(file[name], other.get(name), close):
                yield f"{file['filename']}: {name} {other.get(name)!r}, recorded {file[name]!r}"


def _path(file: Mapping[str, Any]) -> str:
    return "/".join(part for part in (file["subfolder"], masked(file["filename"])) if part)


def _of_texts(row: Mapping[str, Any], run: Ran) -> Iterator[str]:
    for node, facts in (row.get("ui") or {}).items():
        texts = facts.get("text")
        if row["prompt"].get(node, {}).get("class_type") != "PreviewAny" or not texts:
            continue
        ours = [artifact.text for artifact in run.saved if artifact.node == node]
        plain = not any("object at 0x" in text or "tensor(" in text for text in texts)
        if plain and ours != texts:
            yield f"text of {node}: {ours}, recorded {texts}"


def described(value: Any) -> dict[str, Any]:
    """A value of the simulator in the words of the recordings."""
    match value:
        case ImageShape():
            return {"type": "IMAGE", "shape": list(value.shape)}
        case MaskShape():
            return {"type": "MASK", "shape": list(value.shape)}
        case LatentShape():
            return _latent(value)
        case AudioShape():
            return {"type": "AUDIO", "shape": list(value.shape), "sample_rate": value.rate}
        case VideoShape():
            return {
                "type": "VIDEO",
                "frames": value.frames,
                "width": value.width,
                "height": value.height,
                "fps": float(value.fps),
                "duration": float(value.duration),
                "audio": None if value.audio is None else described(value.audio),
            }
        case Sigmas():
            return {"type": "SIGMAS", "shape": [len(value.values)], "value": list(value.values)}
        case Conditioning():
            entries = [{"cond": list(shape), "keys": sorted(keys)} for shape, keys in value.entries]
            return {"type": "CONDITIONING", "length": len(entries), "entries": entries}
        case Opaque():
            facts = {
                name: list(value.facts[name]) for name in ("vertices", "faces", "positions") if name in value.facts
            }
            return {"type": "OBJECT", **facts}
        case TensorShape():
            # The recorder describes tensors only by their dimensions.
            return {"type": {3: "MASK", 4: "IMAGE"}.get(len(value.shape), "TENSOR"), "shape": list(value.shape)}
        case bool():
            return {"type": "BOOLEAN", "value": value}
        case int():
            return {"type": "INT", "value": value}
        case float():
            return {"type": "FLOAT", "value": value}
        case str():
            return {"type": "STRING", "value": value[:200], "length": len(value)}
        case None:
            return {"type": "NONE"}
        case list() | tuple():
            return {"type": "LIST", "length": len(value), "items": [described(item) for item in value]}
        case dict():
            return {"type": "DICT", "items": {str(key): described(item) for key, item in value.items()}}
        case _:
            return {"type": type(value).__name__}


def _latent(value: LatentShape) -> dict[str, Any]:
    shape: Any = [list(value.samples), *map(list, value.more)] if value.more else list(value.samples)
    facts: dict[str, Any] = {"type": value.keys.get("type", "LATENT"), "shape": shape}
    if value.noise_mask is not None:
        masks = [list(value.noise_mask), *map(list, value.more_masks)]
        facts["noise_mask"] = masks if value.more_masks else masks[0]
    if value.batch_index is not None:
        facts["batch_index"] = list(value.batch_index)
    return facts


def _same(recorded: Any, ours: Any, close: float = _CLOSE) -> bool:
    if isinstance(ours, Unknown):
        return False
    if isinstance(recorded, Mapping) and isinstance(ours, Mapping):
        if recorded.get("type") == "AUDIO" == ours.get("type") and _differ_by_padding(recorded["shape"], ours["shape"]):
            ours = {**ours, "shape": recorded["shape"]}
        if recorded.get("type") == "OBJECT" and ours.get("type") == "OBJECT":
            names = [name for name in _OF_OBJECTS if name in recorded]
        elif "type" in recorded:
            # Deeply nested values were recorded without their items.
            names = [name for name in _LOOKED_AT if name in recorded or (name in ours and name != "items")]
        else:
            names = list(recorded)
        return all(_same(recorded.get(name), ours.get(name), close) for name in names)
    if isinstance(recorded, (list, tuple)) and isinstance(ours, (list, tuple)):
        return len(recorded) == len(ours) and all(_same(a, b, close) for a, b in zip(recorded, ours, strict=True))
    numbers = (int, float)
    if (
        isinstance(recorded, numbers)
        and isinstance(ours, numbers)
        and isinstance(recorded, bool) == isinstance(ours, bool)
    ):
        both_nan = math.isnan(recorded) and math.isnan(ours)
        return recorded == ours or both_nan or math.isclose(recorded, ours, rel_tol=close, abs_tol=close * 0.05)
    return bool(recorded == ours)


@cache
def _cuts_padding() -> bool:
    """FFmpeg 9 cuts the padding off the end of AAC; that of the recordings left the last block whole."""
    return bool(pyav().library_versions["libavcodec"][0] >= 63)


def _differ_by_padding(recorded: Sequence[int], ours: Sequence[int]) -> bool:
    """Whether a sound is shorter than the recorded one by less than a block, at an FFmpeg that cuts padding."""
    return _cuts_padding() and recorded[:-1] == ours[:-1] and 0 < recorded[-1] - ours[-1] < AAC_BLOCK


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 400 else f"{text[:400]}…"
