"""How much room a disk has. Some file systems do not say: a Modal volume answers with placeholders."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from ryla_graphs.problems import AtFile, Problem, PullFailed


def home_of(path: Path) -> Path:
    """The nearest existing folder on the way to a path."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.is_dir())


def free_bytes(path: Path) -> int | None:
    """The free bytes where a path will be; None if the file system does not say."""
    usage = shutil.disk_usage(home_of(path))
    return usage.free if usage.total > 0 else None


def check_room(needs: Iterable[tuple[Path, int]]) -> None:
    """Check that every disk has room for the files it will get, given by target and bytes; raises `PullFailed`."""
    rooms: dict[int, tuple[Path, int]] = {}
    for target, size in needs:
        home = home_of(target.parent)
        device = home.stat().st_dev
        rooms[device] = (home, rooms.get(device, (home, 0))[1] + size)
    problems = [
        Problem(
            code="disk_full",
            message=f"{needed:,} bytes are needed, {free:,} are free",
            subject=AtFile(str(home)),
            hint="make room, or pull into another folder; `--unmeasured` where the file system tells a wrong number",
        )
        for home, needed in rooms.values()
        if (free := free_bytes(home)) is not None and needed > free
    ]
    if problems:
        raise PullFailed(problems)
