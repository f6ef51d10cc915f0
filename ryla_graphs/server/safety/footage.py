"""What the container of a video says about its frames, read without decoding any.

A container may lie, and nothing here may make a video cheaper than it can be. So only what binds its reader counts as
known: ComfyUI's decoder is handed one packet for each sample of an MP4's tables and for each block of a WebM, and the
codecs of `ONE_FRAME` show no more than one frame for each. With other codecs, and for sizes, which a decoder takes from
the packets, a container may raise what is assumed, never lower it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

ONE_FRAME = frozenset({"avc1", "avc3", "hvc1", "hev1", "vp08", "V_VP8", "V_MPEG4/ISO/AVC", "V_MPEGH/ISO/HEVC"})
"""Codecs of which a packet shows at most one frame. One of VP9 may show eight, and one of AV1 any number."""


class Odd(Exception):
    """The file is built in a way that is not understood here; a reader may still find frames in it."""


class TooManyParts(Exception):
    """The file has more parts than are read."""


class Parts:
    """Counts the parts of a file that are read; raises `TooManyParts`."""

    def __init__(self, most: int) -> None:
        self._left = most

    def count(self, parts: int = 1) -> None:
        """Take some parts into account before they are read."""
        self._left -= parts
        if self._left < 0:
            raise TooManyParts


@dataclass(slots=True)
class Track:
    """One track of a container, as far as it was read."""

    is_video: bool = False
    codecs: tuple[str, ...] = ()
    packets: int = 0
    shown: int = 1
    """How often an edit list may show the whole track."""
    width: int = 0
    height: int = 0

    @property
    def frames(self) -> int:
        """The frames that it shows, if each packet shows one."""
        return self.packets * self.shown

    @property
    def binds(self) -> bool:
        """Whether it cannot show more."""
        return bool(self.codecs) and ONE_FRAME.issuperset(self.codecs)


@dataclass(frozen=True, slots=True)
class Footage:
    """The pictures of a video, as its container tells them; 0 for what it does not tell."""

    width: int = 0
    height: int = 0
    """The largest that a track declares."""
    frames: int = 0
    """Of the longest track, if each packet shows one."""
    most: float | None = None
    """The most frames that can be in it; None if the container does not bind them, infinite if there are too many
    parts to count."""


def footage_of(tracks: Iterable[Track]) -> Footage:
    """The largest of everything that the video tracks of a file hold: any of them may be the one that is read."""
    videos = [track for track in tracks if track.is_video]
    frames = max((track.frames for track in videos), default=0)
    return Footage(
        width=max((track.width for track in videos), default=0),
        height=max((track.height for track in videos), default=0),
        frames=frames,
        most=frames if frames and all(track.binds for track in videos) else None,
    )


UNCOUNTED = Footage(most=inf)
