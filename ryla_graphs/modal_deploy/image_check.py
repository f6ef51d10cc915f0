"""The check of an image while it is built: its ComfyUI is started on a processor and compared with the lock.

So `modal deploy` fails in minutes, for cents, where jobs would have failed in production.
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
"""How long ComfyUI may take to start on a processor."""


def checked(image: modal.Image) -> modal.Image:
    """The image, which is only built where its ComfyUI has what its lock says."""
    return image.run_function(
        check_image, cpu=4.0, memory=16 * 1024, timeout=int(START_SECONDS) + 300, include_source=False
    )


def check_image() -> None:
    """Look whether the ComfyUI of this image is what its lock says.

    Raises `EngineError` with each difference, after the end of ComfyUI's log, which has tracebacks of packs.
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
        raise EngineError(f"the ComfyUI of this image is not what the lock says:{lines}")
