"""Writes the Dockerfile of a RunPod worker from the lock; equal locks give equal files.

The layers that change least come first: Debian, ComfyUI with its Python packages, one layer for each pack, ryla_graphs
itself. Weights are on the endpoint's network volume, in ``models`` and ``loras``.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ryla_graphs.lockfile import FILE, Lock
from ryla_graphs.lockfile.image_commands import (
    COMFYUI,
    HOME,
    LOCK_PATH,
    PINS_FILE,
    apt,
    comfyui_commands,
    in_order,
    pack_commands,
    paths_commands,
    pins_of,
    rule_commands,
    system_of,
)
from ryla_graphs.lockfile.lock import LockedPack, nodes_file
from ryla_graphs.problems import InvalidSettings

VOLUME = "/runpod-volume"
"""Where RunPod mounts the network volume of an endpoint."""
RUNPOD = "1.12.0"
"""The version of the SDK that the worker was tested with."""


def dockerfile(lock: Lock) -> str:
    """The text of the Dockerfile, which must be built in the folder of the project and its lock.

    Raises `InvalidSettings` if a pack is in a folder outside the project, which Docker cannot copy.
    """
    return "\n".join(_lines(lock)) + "\n"


def _lines(lock: Lock) -> Iterator[str]:
    yield "# Written by `ryla-graphs lock --dockerfile`, which writes it again; do not edit."
    yield "# Build it in the project's folder: docker build --platform linux/amd64 -t ryla-worker ."
    yield f"FROM python:{lock.python}-slim"
    yield "ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore"
    yield _run(apt(system_of(lock)))
    yield from _installed(lock.comfyui.requirements)
    commands = [*comfyui_commands(lock)]
    # The worker's own SDK obeys the same pins as the packages of packs.
    yield _run(*commands, *(() if {*commands} >= {*rule_commands(lock)} else rule_commands(lock)))
    for pack in in_order(lock.packs):
        yield from _pack(pack, lock)
    yield "# ryla_graphs and its worker"
    yield from _installed(lock.requirements)
    yield _run(f"python -m pip install -q runpod=={RUNPOD} -c {PINS_FILE}")
    yield _run(*paths_commands(lock, models=f"{VOLUME}/models", loras=f"{VOLUME}/loras"))
    yield f"COPY {FILE} {LOCK_PATH}"
    if lock.nodes:
        yield f"COPY {nodes_file(Path(FILE))} {nodes_file(Path(LOCK_PATH))}"
    yield f"COPY ryla_graphs {HOME}/ryla_graphs"
    yield f"COPY runtime_runpod.py {HOME}/runtime_runpod.py"
    yield f"WORKDIR {HOME}"
    yield 'CMD ["python", "runtime_runpod.py"]'


def _pack(pack: LockedPack, lock: Lock) -> Iterator[str]:
    yield f"# {pack.path or pack.repository}"
    if pack.system:
        yield _run(apt(pack.system))
    yield from _installed(pack.requirements)
    if pack.path is not None:
        if pack.path.startswith(("/", "~")) or ".." in PurePosixPath(pack.path).parts:
            raise InvalidSettings(
                f"the pack in '{pack.path}' is outside the project's folder, so Docker cannot copy it: "
                "move it into the project, and lock it again"
            )
        yield f"COPY {pack.path} {COMFYUI}/custom_nodes/{pack.folder}"
    if commands := [*pack_commands(pack, COMFYUI, pins_of(lock))]:
        yield _run(*commands)


def _run(*commands: str) -> str:
    return "RUN " + " \\\n && ".join(commands)


def _installed(pins: tuple[str, ...]) -> Iterator[str]:
    """Install exactly these pins, without dependencies: each list is complete."""
    if pins:
        yield _run(f"python -m pip install -q --no-deps \\\n    {_wrapped(map(shlex.quote, pins))}")


def _wrapped(words: Iterable[str]) -> str:
    return " \\\n    ".join(words)
