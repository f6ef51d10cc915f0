"""Shows pictures on terminals that can, with kitty's or iTerm2's protocol."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

Protocol = Literal["kitty", "iterm2"]

_SIDE = 512
_PIECE = 4096
_ITERM2 = ("iTerm.app", "WezTerm", "vscode", "mintty")
_KITTY = ("ghostty",)


def protocol_of(environment: Mapping[str, str]) -> Protocol | None:
    """The protocol that the terminal supports, by its environment variables; None if it is unknown."""
    if environment.get("TMUX") or environment.get("TERM", "").startswith("screen"):
        return None  # these do not forward pictures
    program = environment.get("TERM_PROGRAM", "")
    if environment.get("KITTY_WINDOW_ID") or "kitty" in environment.get("TERM", "") or program in _KITTY:
        return "kitty"
    return "iterm2" if program in _ITERM2 else None


def show(paths: Iterable[Path], environment: Mapping[str, str]) -> None:
    """Show thumbnails if standard output is a terminal that can; skips files that are not pictures."""
    protocol = protocol_of(environment)
    if protocol is None or not sys.stdout.isatty():
        return
    for path in paths:
        if (content := _thumbnail(path)) is not None:
            sys.stdout.write("".join(frames(content, protocol)) + "\n")
    sys.stdout.flush()


def frames(png: bytes, protocol: Protocol) -> Iterator[str]:
    """The escape sequences that make the terminal show a PNG."""
    text = base64.b64encode(png).decode()
    if protocol == "iterm2":
        yield f"\x1b]1337;File=inline=1;size={len(png)}:{text}\x07"
        return
    for start in range(0, len(text), _PIECE):
        head = "a=T,f=100," if start == 0 else ""
        more = int(start + _PIECE < len(text))
        yield f"\x1b_G{head}m={more};{text[start : start + _PIECE]}\x1b\\"


def _thumbnail(path: Path) -> bytes | None:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(path) as picture:
            picture.thumbnail((_SIDE, _SIDE))
            content = io.BytesIO()
            picture.convert("RGBA").save(content, "PNG")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    return content.getvalue()
