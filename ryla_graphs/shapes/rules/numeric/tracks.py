"""Tracks: how points move through the frames of a video."""

from __future__ import annotations

import json
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.unknown import Whole
from ryla_graphs.shapes.values import MaskShape, Opaque


def tracks(frames: Whole, count: Whole, mask: MaskShape | None) -> dict[str, Any]:
    """A value of the type TRACKS: where the points are, and in which frames one sees them."""
    visible = (frames, count) if mask is None else (mask.batch, 1)
    return {"track_path": MaskShape(frames, count, 2), "track_visibility": Opaque("TENSOR", {"shape": visible})}


@rule("GenerateTracks")
def generate_tracks(num_frames: Whole, num_tracks: Whole, track_mask: MaskShape | None = None) -> Any:
    return tracks(num_frames, num_tracks, track_mask), num_frames


@rule("WanMoveTracksFromCoords")
def tracks_from_coordinates(track_coords: Any = "[]", track_mask: MaskShape | None = None) -> Any:
    found = _paths(track_coords)
    # One point for each path and frame; a path that is shorter than the first is an error.
    for path in found:
        for frame in range(len(found[0])):
            path[frame]["x"], path[frame]["y"]
    return tracks(len(found[0]), len(found), track_mask), len(found[0])


def _paths(coordinates: Any) -> list[Any]:
    """The paths of a text: one list of points, or a list of such lists; of several texts one path each."""
    try:
        if isinstance(coordinates, str):
            found = list(json.loads(coordinates.replace("'", '"')))
        else:
            found = [json.loads(text.replace("'", '"')) for text in coordinates]
    except json.JSONDecodeError:
        return []
    return [found] if found and isinstance(found[0], dict) and "x" in found[0] else found


@rule("WanMoveConcatTrack")
def concat_tracks(tracks_1: Any, tracks_2: Any = None) -> Any:
    if tracks_2 is None:
        return tracks_1
    one, other = tracks_1["track_path"], tracks_2["track_path"]
    if one.batch != other.batch:
        raise NodeFails(f"its tracks have {one.batch} and {other.batch} frames")
    frames, seen = zip(*(given["track_visibility"].fact("shape") for given in (tracks_1, tracks_2)), strict=True)
    if frames[0] != frames[1]:
        raise NodeFails("its tracks are seen in different numbers of frames")
    visible = Opaque("TENSOR", {"shape": (frames[0], sum(seen))})
    return {"track_path": MaskShape(one.batch, one.height + other.height, 2), "track_visibility": visible}
