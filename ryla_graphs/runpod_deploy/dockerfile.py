"""The image of a RunPod worker as a Dockerfile, written from the lock: equal locks give equal files.

What changes least comes first: Debian, ComfyUI with its Python packages, one layer a pack, ryla_graphs itself. Weights
are on the network volume of the endpoint, in ``models`` and ``loras``.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from ryla_graphs.lockfile import FILE, Lock
from ryla_graphs.lockfile.lock import LockedPack, nodes_file

COMFYUI, HOME = "/opt/ComfyUI", "/opt/ryla"
LOCK_PATH, PINS = f"{HOME}/{FILE}", f"{HOME}/pins.txt"
EXTRA_MODEL_PATHS = f"{HOME}/extra_model_paths.yaml"
VOLUME = "/runpod-volume"
"""Where RunPod mounts the network volume of an endpoint."""
RUNPOD = "1.12.0"
"""The SDK that the worker was tried with."""
_SYSTEM = ("ffmpeg", "git", "libgl1", "libglib2.0-0")
_FOLDERS = (
    *("audio_encoders", "background_removal", "checkpoints", "clip_vision", "configs", "controlnet", "diffusers"),
    *("diffusion_models", "embeddings", "gligen", "hypernetworks", "latent_upscale_models", "loras", "model_patches"),
    *("photomaker", "style_models", "text_encoders", "upscale_models", "vae", "vae_approx"),
)


def dockerfile(lock: Lock) -> str:
    """The text of the Dockerfile; to be built where the project and its lock are."""
    return "\n".join(_lines(lock)) + "\n"


def _lines(lock: Lock) -> Iterator[str]:
    yield "# Written by `ryla-graphs lock --dockerfile`, which writes it again; do not edit."
    yield "# Build it in the project's folder: docker build --platform linux/amd64 -t ryla-worker ."
    yield f"FROM python:{lock.python}-slim"
    yield "ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore"
    system = sorted({*_SYSTEM, *(package for pack in lock.packs for package in pack.system)})
    yield _run(
        "apt-get update -q",
        f"apt-get install -q -y --no-install-recommends {shlex.join(system)}",
        "rm -rf /var/lib/apt/lists/*",
    )
    yield _run(*_pins(lock))
    yield from _installed(lock.comfyui.requirements)
    core = lock.comfyui
    yield _run(*_fetched(core.repository, core.commit or f"refs/tags/v{core.version}", COMFYUI))
    if core.own_requirements:
        yield _run(f"python -m pip install -q -r {COMFYUI}/requirements.txt")
    for pack in lock.packs:
        yield f"# {pack.repository}"
        yield from _installed(pack.requirements)
        yield _run(*_pack(pack))
    yield "# ryla_graphs and its worker"
    yield from _installed(lock.requirements)
    yield _run(f"python -m pip install -q runpod=={RUNPOD} -c {PINS}")
    yield _run(*_paths(lock))
    yield f"COPY {FILE} {LOCK_PATH}"
    if lock.nodes:
        yield f"COPY {nodes_file(Path(FILE))} {nodes_file(Path(LOCK_PATH))}"
    yield f"COPY ryla_graphs {HOME}/ryla_graphs"
    yield f"COPY runtime_runpod.py {HOME}/runtime_runpod.py"
    yield f"WORKDIR {HOME}"
    yield 'CMD ["python", "runtime_runpod.py"]'


def _run(*commands: str) -> str:
    return "RUN " + " \\\n && ".join(commands)


def _installed(pins: tuple[str, ...]) -> Iterator[str]:
    """Install some pins as they are: each list is complete, and what packages wish beyond it is not asked for."""
    if pins:
        yield _run(f"python -m pip install -q --no-deps \\\n    {_wrapped(map(shlex.quote, pins))}")


def _wrapped(words: Iterable[str]) -> str:
    return " \\\n    ".join(words)


def _pins(lock: Lock) -> Iterator[str]:
    """A file with all pins, which limit the choice of packs' unpinned packages."""
    lists = (lock.comfyui.requirements, lock.requirements, *(pack.requirements for pack in lock.packs))
    pins = sorted({pin for pins in lists for pin in pins})
    yield f"mkdir -p {HOME}"
    yield f"printf '%s\\n' \\\n    {_wrapped(map(shlex.quote, pins))} > {PINS}"


def _fetched(repository: str, commit: str, folder: str) -> Iterator[str]:
    yield f"git init -q {folder}"
    yield f"git -C {folder} fetch -q --depth 1 https://github.com/{repository}.git {commit}"
    yield f"git -C {folder} checkout -q FETCH_HEAD"


def _pack(pack: LockedPack) -> Iterator[str]:
    folder = f"{COMFYUI}/custom_nodes/{pack.folder}"
    yield from _fetched(pack.repository, pack.commit, folder)
    for fix in pack.fixes:
        file = shlex.quote(f"{folder}/{fix.file}")
        edit = shlex.quote(f"s/{_literal(fix.find)}/{_literal(fix.replace, replacement=True)}/g")
        # Fails where the text is not there, instead of building an image that fails later.
        yield f"grep -qF -- {shlex.quote(fix.find)} {file}"
        yield f"sed -i {edit} {file}"
    if pack.own_requirements:
        asked = f"{folder}/requirements.txt"
        yield f"if [ -f {asked} ]; then python -m pip install -q -r {asked} -c {PINS}; fi"


def _literal(text: str, *, replacement: bool = False) -> str:
    """A text as one side of sed's ``s/…/…/`` takes it."""
    special = "\\/&" if replacement else "\\/.*[]^$"
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)


def _paths(lock: Lock) -> Iterator[str]:
    """ComfyUI's ``extra_model_paths.yaml``, and links where a pack looks in ComfyUI's own ``models`` alone."""
    own = {folder for pack in lock.packs for folder in pack.own_folders}
    used = {weight.folder.split("/")[0] for weight in lock.weights}
    folders = sorted({*_FOLDERS, *used} - own - {"loras"})
    rows = ["ryla_models:", f"  base_path: {VOLUME}/models", *(f"  {name}: {name}" for name in folders)]
    rows += ["ryla_loras:", f"  base_path: {VOLUME}/loras", "  loras: ."]
    yield f"printf '%s\\n' \\\n    {_wrapped(map(shlex.quote, rows))} > {EXTRA_MODEL_PATHS}"
    for folder in sorted(own):
        yield f"rm -rf {COMFYUI}/models/{folder}"
        yield f"ln -s {VOLUME}/models/{folder} {COMFYUI}/models/{folder}"
