"""The image of a GPU worker, built from a lock: every layer names exact versions, so equal locks give equal images."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import modal

from ryla_graphs.lockfile import FILE, Lock, check_classes
from ryla_graphs.lockfile.lock import LockedPack, nodes_file

COMFYUI = "/opt/ComfyUI"
"""Where ComfyUI is in the image."""
HOME = "/opt/ryla"
LOCK_PATH = f"{HOME}/{FILE}"
"""Where the lock is in the image."""
EXTRA_MODEL_PATHS = f"{HOME}/extra_model_paths.yaml"
"""The file for ComfyUI's ``--extra-model-paths-config``."""
MODELS, LORAS = "/models", "/loras"
"""Where the volumes of weights and of LoRAs are to be mounted."""
UV_VERSION = "0.8.17"

SYSTEM = ("ffmpeg", "git", "libgl1", "libglib2.0-0")
"""Debian packages of every image: git fetches, the others are what OpenCV and video nodes load."""
FOLDERS = (
    *("audio_encoders", "background_removal", "checkpoints", "clip_vision", "configs", "controlnet", "diffusers"),
    *("diffusion_models", "embeddings", "gligen", "hypernetworks", "latent_upscale_models", "model_patches"),
    *("photomaker", "style_models", "text_encoders", "upscale_models", "vae", "vae_approx"),
)
"""ComfyUI's own folders of weights; LoRAs lie on a volume of their own."""


def image_from(lock: Lock) -> modal.Image:
    """The image that a lock describes; nothing is built before the app is deployed.

    What changes least comes first: Debian, ComfyUI with its Python packages, one layer a pack, ryla_graphs itself.
    The lock goes along to `LOCK_PATH` where it was read from a file.
    """
    system = sorted({*SYSTEM, *(package for pack in lock.packs for package in pack.system)})
    image = modal.Image.debian_slim(python_version=lock.python).apt_install(*system)
    image = _packages(image, lock.comfyui.requirements)
    image = image.run_commands(*_comfyui_commands(lock))
    for pack in lock.packs:
        image = _packages(image, pack.requirements).run_commands(*_pack_commands(pack))
    image = _packages(image, lock.requirements).run_commands(*_paths_commands(lock))
    image = image.add_local_python_source("ryla_graphs")
    if lock.path is not None:
        image = image.add_local_file(lock.path, LOCK_PATH)
        if lock.nodes:
            image = image.add_local_file(nodes_file(lock.path), str(nodes_file(Path(LOCK_PATH))))
    return image


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


def _packages(image: modal.Image, pins: tuple[str, ...]) -> modal.Image:
    """Install some pins as they are: each list is complete, and what packages wish beyond it is not asked for."""
    if not pins:
        return image
    return image.uv_pip_install(*pins, extra_options="--no-deps", uv_version=UV_VERSION)


def _comfyui_commands(lock: Lock) -> Iterator[str]:
    core = lock.comfyui
    yield from _fetch(core.repository, core.commit or f"refs/tags/v{core.version}", COMFYUI)
    if core.own_requirements or any(pack.own_requirements for pack in lock.packs):
        yield from _pins_file(lock)
    if core.own_requirements:
        yield f"python -m pip install --no-cache-dir -r {COMFYUI}/requirements.txt"


def _pins_file(lock: Lock) -> Iterator[str]:
    """A file with all pins, within which the packages of packs that nobody has pinned are chosen."""
    lists = (lock.comfyui.requirements, lock.requirements, *(pack.requirements for pack in lock.packs))
    pins = sorted({pin for pins in lists for pin in pins})
    yield f"mkdir -p {HOME} && printf '%s\\n' {shlex.join(pins)} > {HOME}/pins.txt"


def _pack_commands(pack: LockedPack) -> Iterator[str]:
    folder = f"{COMFYUI}/custom_nodes/{pack.folder}"
    yield from _fetch(pack.repository, pack.commit, folder)
    for fix in pack.fixes:
        file = shlex.quote(f"{folder}/{fix.file}")
        edit = shlex.quote(f"s/{_escaped(fix.find)}/{_escaped(fix.replace, replacement=True)}/g")
        # Fails where the text is not there, instead of building an image that fails later.
        yield f"grep -qF -- {shlex.quote(fix.find)} {file} && sed -i {edit} {file}"
    if pack.own_requirements:
        asked = f"{folder}/requirements.txt"
        install = f"python -m pip install --no-cache-dir -r {asked} -c {HOME}/pins.txt"
        yield f"if [ -f {asked} ]; then {install}; fi"


def _fetch(repository: str, commit: str, folder: str) -> Iterator[str]:
    yield f"git init -q {folder}"
    yield f"git -C {folder} fetch -q --depth 1 https://github.com/{repository}.git {commit}"
    yield f"git -C {folder} checkout -q FETCH_HEAD"


def _escaped(text: str, *, replacement: bool = False) -> str:
    """A text as one side of sed's ``s/…/…/`` takes it literally."""
    special = "\\/&" if replacement else "\\/.*[]^$"
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)


def _own_folders(lock: Lock) -> set[str]:
    return {folder for pack in lock.packs for folder in pack.own_folders}


def _paths_commands(lock: Lock) -> Iterator[str]:
    lines = extra_model_paths(lock).splitlines()
    yield f"mkdir -p {HOME} && printf '%s\\n' {shlex.join(lines)} > {EXTRA_MODEL_PATHS}"
    for folder in sorted(_own_folders(lock)):
        yield f"rm -rf {COMFYUI}/models/{folder} && ln -s {MODELS}/{folder} {COMFYUI}/models/{folder}"
