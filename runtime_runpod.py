"""ComfyUI as a worker of a RunPod queue endpoint: `ryla-graphs lock --dockerfile Dockerfile` writes its image.

Wiring only; docs/routing.md is the guide. The endpoint is a route with ``worker = "ryla"``, or `RUNPOD_WORKER=ryla`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

from ryla_graphs.problems.extras import needs_extra

with needs_extra("runpod"):
    import runpod
    from runpod.serverless.utils import rp_upload

from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.lockfile import Lock, differences
from ryla_graphs.lockfile.image_commands import COMFYUI, EXTRA_MODEL_PATHS, LOCK_PATH
from ryla_graphs.problems import RylaError
from ryla_graphs.runpod_deploy.worker import Worker

log = logging.getLogger("ryla_graphs.runpod_deploy")
DATA = Path(os.environ.get("RYLA_DATA_DIR", "/tmp/ryla-comfyui"))
START_SECONDS = 900.0


def bucket() -> Any:
    """The function that uploads outputs into the bucket of `BUCKET_ENDPOINT_URL`; None without a bucket."""
    if not os.environ.get("BUCKET_ENDPOINT_URL"):
        return None
    return rp_upload.upload_in_memory_object


def main() -> None:
    """Start ComfyUI, compare it with the lock, and accept jobs."""
    checkout = Path(os.environ.get("RYLA_COMFYUI_DIR", COMFYUI))
    paths = Path(EXTRA_MODEL_PATHS)
    arguments = ("--extra-model-paths-config", str(paths)) if paths.is_file() else ()
    extra = os.environ.get("RYLA_COMFYUI_ARGS", "").split()
    python = os.environ.get("RYLA_COMFYUI_PYTHON")
    process = ComfyUIProcess(checkout, DATA, python=Path(python) if python else None, arguments=(*arguments, *extra))
    try:
        process.start(START_SECONDS)
        if Path(LOCK_PATH).is_file():
            for difference in differences(Lock.read(LOCK_PATH), process.engine.catalog()):
                log.error("this ComfyUI does not match the lock: %s", difference)
    except RylaError as error:
        sys.exit(f"runtime_runpod.py: {error}")  # RunPod then treats the worker as unhealthy, and restarts it
    worker = Worker(process.engine, runpod.serverless.progress_update, bucket())

    async def handler(job: dict[str, Any]) -> dict[str, Any]:
        try:
            return await asyncio.to_thread(worker.handle, job)
        except asyncio.CancelledError:
            worker.cancel()
            raise

    runpod.serverless.start({"handler": handler})


if __name__ == "__main__":
    main()
