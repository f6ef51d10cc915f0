"""`Artifact`: one output of a run, in memory or still on the engine."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from ryla_graphs.answers.words import OutputKind

_COUNTER = re.compile(r"^(?P<head>.*_)(?P<number>\d+)(?P<tail>_?\.\w+)$")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file or text that a node produced."""

    node: str
    kind: OutputKind
    filename: str
    """The engine's name of the file; for a text, the name under which it is saved."""
    subfolder: str = ""
    folder: str = "output"
    """`output`, or `temp` for files that are only shown."""
    text: str | None = None
    simulated: bool = False
    guessed: tuple[str, ...] = ()
    """Why the simulator guessed this output; empty if it did not."""
    read: Callable[[], bytes] = field(default=lambda: b"", repr=False, compare=False)
    """Returns the content; downloads it from the engine if needed."""

    @property
    def media_type(self) -> str:
        """The MIME type, by the file name."""
        return mimetypes.guess_type(self.filename)[0] or "application/octet-stream"

    def to_dict(self) -> dict[str, Any]:
        """The facts about it, as JSON-ready data."""
        facts: dict[str, Any] = {
            "node": self.node,
            "kind": self.kind,
            "filename": self.filename,
            "subfolder": self.subfolder,
            "folder": self.folder,
            "media_type": self.media_type,
        }
        if self.text is not None:
            facts["text"] = self.text
        if self.simulated:
            facts["simulated"] = True
        if self.guessed:
            facts["guessed"] = list(self.guessed)
        return facts

    def to_html(self) -> str:
        """HTML for notebooks: a picture or text itself, any other file by its name and size."""
        if self.text is not None:
            return f"<pre>{escape(self.text)}</pre>"
        content, name = self.read(), escape(f"{self.filename}{' (simulated)' if self.simulated else ''}")
        if self.kind != "image":
            return f"<p>{name}, {len(content)} bytes</p>"
        source = f"data:{self.media_type};base64,{base64.b64encode(content).decode()}"
        picture = f'<img alt="{name}" style="max-width:512px" src="{source}">'
        return f"<figure>{picture}<figcaption>{name}</figcaption></figure>"

    def save(self, directory: Path) -> Path:
        """Write it into a directory, below its subfolder, without overwriting any file.

        Raises `OSError` if the directory cannot be written.
        """
        content = self.read() if self.text is None else self.text.encode()
        parts = [part for part in PurePosixPath(self.subfolder.replace("\\", "/")).parts if part not in ("..", "/")]
        target = directory.joinpath(*parts)
        target.mkdir(parents=True, exist_ok=True)
        path = target / PurePosixPath(self.filename.replace("\\", "/")).name
        while path.exists() and path.read_bytes() != content:
            path = path.with_name(_next_name(path.name))
        path.write_bytes(content)
        return path


def _next_name(name: str) -> str:
    """The next name in ComfyUI's numbering: `x_00001_.png`, `x_00002_.png`."""
    counted = _COUNTER.match(name)
    if counted:
        number = str(int(counted["number"]) + 1).zfill(len(counted["number"]))
        return f"{counted['head']}{number}{counted['tail']}"
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}_00002_.{suffix}" if dot else f"{name}_00002_"
