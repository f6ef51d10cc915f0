"""Checks an image while it is built: starts its ComfyUI on a CPU and compares it with the lock.

So `modal deploy` fails within minutes, for cents, instead of jobs failing in production.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import modal

from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.lockfile import differences
from ryla_graphs.lockfile.image_commands import COMFYUI, EXTRA_MODEL_PATHS
from ryla_graphs.modal_deploy.image import deployed_lock
from ryla_graphs.problems import EngineError

START_SECONDS = 900.0
"""Seconds that ComfyUI may take to start on a CPU."""


def checked(image: modal.Image) -> modal.Image:
    """The image with a check, so that it is only built if its ComfyUI matches the lock."""
    return image.run_function(
        check_image, cpu=4.0, memory=16 * 1024, timeout=int(START_SECONDS) + 300, include_source=False
    )


def check_image() -> None:
    """Check that the ComfyUI of this image matches its lock.

    Raises `EngineError` with each difference, and the end of ComfyUI's log, which has the tracebacks of packs.
    """
    lock = deployed_lock()
    with tempfile.TemporaryDirectory() as data:
        arguments = ("--cpu", "--extra-model-paths-config", EXTRA_MODEL_PATHS)
        process = ComfyUIProcess(Path(COMFYUI), Path(data), arguments=arguments)
        try:
            process.start(START_SECONDS)
            found = differences(lock, process.engine.catalog())
            if found:
                sys.stderr.write(process.log_file.read_text(errors="replace")[-20_000:])
        finally:
            process.stop()
    if found:
        lines = "".join(f"\n- {difference}" for difference in found)
        raise EngineError(f"the ComfyUI of this image does not match the lock:{lines}")
