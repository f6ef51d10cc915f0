"""Whether a picture is there to its end. ComfyUI fills what is missing with grey, and the job succeeds with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def is_whole(content: bytes, form: str) -> bool:
    """Whether a picture ends as its format says; True for formats that are checked while their frames are counted.

    `form` is Pillow's name of the format. Whatever follows the end, such as the video of a motion photo, may be there.
    """
    ends = _ENDS.get(form)
    return ends is None or ends(content)


def _png(content: bytes) -> bool:
    return b"IEND\xaeB`\x82" in content


def _jpeg(content: bytes) -> bool:
    """Whether the end marker follows the first scan; an earlier one is that of a thumbnail in the metadata."""
    place = 2
    while content[place : place + 1] == b"\xff":
        marker = content[place + 1 : place + 2]
        if marker == b"\xda":
            return content.find(b"\xff\xd9", place) > 0
        if marker == b"\xff":  # padding
            place += 1
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return False


def _webp(content: bytes) -> bool:
    return int.from_bytes(content[4:8], "little") + 8 <= len(content)


_ENDS: Mapping[str, Callable[[bytes], bool]] = {"PNG": _png, "JPEG": _jpeg, "MPO": _jpeg, "WEBP": _webp}
