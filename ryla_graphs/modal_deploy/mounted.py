"""The mounted volumes of weights and LoRAs, and the files that arrive on them while the container is warm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import modal
from modal.exception import Error as ModalError

from ryla_graphs import catalogs
from ryla_graphs.problems import AtFile, EngineRefused, Problem, RunLost
from ryla_graphs.prompt import Prompt
from ryla_graphs.weights import needed

log = logging.getLogger("ryla_graphs.modal_deploy")

DATA = Path("/tmp/ryla-comfyui")
LATE_LORAS = DATA / "late-loras"
"""The folder for LoRAs that arrived while their volume could not be reloaded."""
RELOAD_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds within which ComfyUI may close its files after the request to unload models."""


class WeightsFolder:
    """The volumes of weights and LoRAs as this container has them mounted."""

    def __init__(self, mounts: Mapping[str, tuple[Path, modal.Volume]], late: Path = LATE_LORAS) -> None:
        self._mounts = mounts
        """Mount point and volume of ``models`` and of ``loras``."""
        self._late = late
        self.stale = False
        """Whether weights have arrived that this container cannot see."""

    def bring(self, prompt: Mapping[str, Any], let_go: Callable[[], None] = lambda: None) -> None:
        """Make all weights of a graph available, including those that arrived after this container started.

        A volume with open files cannot be reloaded. Then LoRAs are fetched through Modal's API; for other weights,
        `let_go` makes ComfyUI close its files. Raises `EngineRefused` for weights that do not exist, and `RunLost` if
        only another container can see them.
        """
        absent = self._absent(prompt)
        for kind in {kind for kind, _ in absent}:
            if not self._reloaded(kind) and kind == "models":
                let_go()
                any(self._reloaded(kind, pause) for pause in RELOAD_PAUSES)
        for kind, name in self._absent(prompt) if absent else ():
            if kind == "loras":
                self._fetch(name)
        still = self._absent(prompt)
        if still and all(self._came(kind, name) for kind, name in still):
            self.stale = True
            raise RunLost(f"this container started before '{still[0][1]}' arrived, and could not reload the volume")
        if still:
            raise EngineRefused("weights are missing", [_missing(kind, name) for kind, name in still])

    def _reloaded(self, kind: str, pause: float = 0.0) -> bool:
        time.sleep(pause)
        try:
            self._mounts[kind][1].reload()
        except (RuntimeError, ModalError) as error:
            log.warning("cannot reload the volume of %s: %s", kind, error)
            return False
        return True

    def _came(self, kind: str, name: str) -> bool:
        """Whether a file is on the volume but not in this container's view of it."""
        if kind != "models":
            return False
        try:
            return bool(self._mounts[kind][1].listdir(name))
        except (ModalError, FileNotFoundError):
            return False

    def _absent(self, prompt: Mapping[str, Any]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for need in needed(Prompt(prompt, catalogs.bundled())):
            kind, name = ("loras", need.name) if need.folder == "loras" else ("models", f"{need.folder}/{need.name}")
            mount = self._mounts[kind][0]
            if _leads_out(name):
                raise EngineRefused("weights are missing", [_missing(kind, name)])
            if not (mount / name).exists() and not (kind == "loras" and (self._late / name).exists()):
                found.append((kind, name))
        return list(dict.fromkeys(found))

    def _fetch(self, name: str) -> None:
        target = self._late / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("wb") as file:
                self._mounts["loras"][1].read_file_into_fileobj(name, file)
            part.replace(target)
        except (ModalError, FileNotFoundError) as error:
            log.warning("the LoRA %s is not on its volume: %s", name, error)
        finally:
            part.unlink(missing_ok=True)


def _leads_out(name: str) -> bool:
    """Whether a name in a graph points out of the folder of weights."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or "\0" in name


def _missing(kind: str, name: str) -> Problem:
    hint = "upload it: POST /loras" if kind == "loras" else f"modal run runtime_modal.py::pull --file {Path(name).name}"
    return Problem(
        code="weights_missing",
        message=f"'{name}' is not on this deployment's volume of {kind}",
        subject=AtFile(f"loras/{name}" if kind == "loras" else name),
        hint=hint,
    )


def late_loras(folder: Path = LATE_LORAS) -> str:
    """Write an ``extra_model_paths.yaml`` with the folder of late LoRAs; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".yaml")
    file.write_text(f"ryla_late_loras:\n  base_path: {folder}\n  loras: .\n")
    return str(file)
