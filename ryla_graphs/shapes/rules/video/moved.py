"""Tracks that things move along, and the camera."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.tensors import joined
from ryla_graphs.shapes.unknown import Unknown, Whole
from ryla_graphs.shapes.values import MaskShape, TensorShape

Tracks = dict[str, Any]


def _tracks(frames: Whole, count: Whole, mask: MaskShape | None) -> Tracks:
    """Where each of some points is in each frame, and whether it is seen; a mask says that for all of them."""
    seen = (frames, count) if mask is None else (mask.batch, 1)
    return {"track_path": TensorShape((frames, count, 2)), "track_visibility": TensorShape(seen)}


@rule("GenerateTracks")
def generate_tracks(num_frames: Whole, num_tracks: Whole, track_mask: MaskShape | None = None) -> tuple[Tracks, Whole]:
    return _tracks(num_frames, num_tracks, track_mask), num_frames


@rule("WanMoveTracksFromCoords")
def tracks_of(track_coords: Any = "", track_mask: MaskShape | None = None) -> tuple[Tracks, Whole]:
    if isinstance(track_coords, Unknown):
        some = Unknown(track_coords.reason, 1)
        return _tracks(some, Unknown(track_coords.reason, 1), track_mask), some
    found = _parsed(track_coords)
    frames = len(found[0])
    if any(len(track) < frames for track in found):
        raise NodeFails("one of its tracks is shorter than the first")
    return _tracks(frames, len(found), track_mask), frames


def _parsed(text: Any) -> list[list[Any]]:
    try:
        found = json.loads(str(text).replace("'", '"'))
    except ValueError as error:
        raise NodeFails("its tracks are no JSON") from error
    tracks = [found] if found and isinstance(found, list) and isinstance(found[0], dict) else found
    if not isinstance(tracks, list) or not tracks or not all(isinstance(track, list) for track in tracks):
        raise NodeFails("there are no tracks")
    if any(not isinstance(point, dict) or not {"x", "y"} <= point.keys() for track in tracks for point in track):
        raise NodeFails("one of its points has no x, or no y")
    return tracks


@rule("WanMoveConcatTrack")
def concat_tracks(tracks_1: Any = None, tracks_2: Any = None) -> Any:
    if tracks_2 is None:
        return tracks_1
    if not isinstance(tracks_1, dict) or not isinstance(tracks_2, dict):
        if tracks_1 is None:
            raise NodeFails("the first tracks are missing")
        return tracks_1
    return {
        "track_path": TensorShape(joined(tracks_1["track_path"].shape, tracks_2["track_path"].shape, dim=1)),
        "track_visibility": TensorShape(
            joined(tracks_1["track_visibility"].shape, tracks_2["track_visibility"].shape, dim=-1)
        ),
    }


@rule("WanCameraEmbedding")
def camera(width: Whole, height: Whole, length: Whole) -> tuple[TensorShape, Whole, Whole, Whole]:
    """Six numbers for each pixel, those of four frames together."""
    if not isinstance(length, Unknown) and (length + 3) % 4:
        raise NodeFails(f"{length} frames are no steps of four and one more")
    return TensorShape((1, 24, (length + 3) // 4, height, width)), width, height, length
