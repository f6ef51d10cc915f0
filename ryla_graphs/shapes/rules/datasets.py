"""Folders of pictures and videos in the input folder, with text files next to some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ryla_graphs.shapes.registry import Call, rule
from ryla_graphs.shapes.unknown import Undecided
from ryla_graphs.shapes.values import ImageShape, Opaque, VideoShape

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_VIDEOS = (".mp4", ".avi", ".mov", ".webm", ".mkv", ".flv")


def _files(call: Call, folder: str, kinds: Sequence[str], *, deep: bool) -> list[str]:
    """The files of a folder, in the order of their names; with `deep`, a folder ``10_cats`` in it counts ten times."""
    inside = [name for name in sorted(call.files) if name.startswith(f"{folder}/")]
    inside = [name for name in inside if name.lower().endswith(tuple(kinds))]
    if not inside:
        raise Undecided(f"which files are in the folder '{folder}' is unknown without the folder")
    return [name for name in inside for _ in range(_times(name[len(folder) + 1 :], deep=deep))]


def _times(path: str, *, deep: bool) -> int:
    below = path.rpartition("/")[0]
    if not below:
        return 1
    first = below.split("_")[0]
    return 0 if not deep or "/" in below else int(first) if first.isdigit() else 1


def _loaded(call: Call, names: Sequence[str], kind: type) -> Iterator[Any]:
    for name in names:
        found = call.file(name, kind)
        # Only the colours of a picture, and only the first frame of an animation.
        yield ImageShape(1, found.height, found.width, content=found.content) if kind is ImageShape else found


def _texts(call: Call, names: Sequence[str]) -> list[str]:
    beside = (call.files.get(f"{name.rpartition('.')[0]}.txt") for name in names)
    return [str(text.facts.get("text", "")).strip() if isinstance(text, Opaque) else "" for text in beside]


@rule("LoadImageDataSetFromFolder")
def load_images(folder: str, call: Call) -> list[ImageShape]:
    return list(_loaded(call, _files(call, folder, _PICTURES, deep=False), ImageShape))


@rule("LoadImageTextDataSetFromFolder")
def load_image_texts(folder: str, call: Call) -> tuple[list[ImageShape], list[str]]:
    names = _files(call, folder, _PICTURES, deep=True)
    return list(_loaded(call, names, ImageShape)), _texts(call, names)


@rule("LoadVideoDataSetFromFolder")
def load_videos(folder: str, call: Call) -> list[VideoShape]:
    return list(_loaded(call, _files(call, folder, _VIDEOS, deep=False), VideoShape))


@rule("LoadVideoTextDataSetFromFolder")
def load_video_texts(folder: str, call: Call) -> tuple[list[VideoShape], list[str]]:
    names = _files(call, folder, _VIDEOS, deep=True)
    return list(_loaded(call, names, VideoShape)), _texts(call, names)
