"""The shell commands that build a worker's image from a lock, for Modal and for a Dockerfile alike.

Packs are fetched at their commit and patched if the lock says so; their Python packages cannot replace pinned ones.
Weights and LoRAs come from folders that are mounted into the container.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from ryla_graphs.lockfile.classes import core_classes, level_of
from ryla_graphs.lockfile.lock import FILE, Lock, LockedPack
from ryla_graphs.software.packs import PACKS

COMFYUI, HOME = "/opt/ComfyUI", "/opt/ryla"
"""Where ComfyUI and our own files are in the image."""
LOCK_PATH = f"{HOME}/{FILE}"
EXTRA_MODEL_PATHS = f"{HOME}/extra_model_paths.yaml"
"""The file for ComfyUI's ``--extra-model-paths-config``."""
SYSTEM = ("ffmpeg", "git", "libgl1", "libglib2.0-0")
"""Debian packages of every worker: git for fetching, the others for OpenCV and video nodes."""
COMPILER = ("gcc", "libc6-dev")
"""What triton compiles with, if a graph may compile its model."""
COMPILING = "TorchCompileModel"
FOLDERS = (
    *("audio_encoders", "background_removal", "checkpoints", "clip_vision", "configs", "controlnet", "diffusers"),
    *("diffusion_models", "embeddings", "gligen", "hypernetworks", "latent_upscale_models", "model_patches"),
    *("photomaker", "style_models", "text_encoders", "upscale_models", "vae", "vae_approx"),
)
"""ComfyUI's own folders of weights; LoRAs have a separate folder."""
PINS_FILE, RULES_FILE = f"{HOME}/pins.txt", f"{HOME}/rules.txt"
"""All pins of a lock; and the same as rules for uv, with the packages that must not be installed."""
UV_VERSION = "0.8.17"
UNWANTED = {
    "opencv-python": "opencv-python-headless",
    "opencv-contrib-python": "opencv-python-headless",
    "opencv-contrib-python-headless": "opencv-python-headless",
    "onnxruntime": "onnxruntime-gpu",
}
"""Packages that write the same module as another one: if that is pinned, the last one installed would win."""
TOKEN = "GITHUB_TOKEN"
"""The variable in the secret for private packs."""


def in_order(packs: Iterable[LockedPack]) -> list[LockedPack]:
    """Packs by how rarely they change: pinned ones, then those that a user added, then local folders."""
    return sorted(packs, key=lambda pack: (pack.path is not None, pack.own_requirements, pack.folder not in PACKS))


def system_of(lock: Lock) -> tuple[str, ...]:
    """The Debian packages that every worker of this ComfyUI needs; what a pack needs comes with the pack."""
    return (*SYSTEM, *(COMPILER if COMPILING in core_classes(level_of(lock.comfyui)) else ()))


def apt(packages: Iterable[str]) -> str:
    """Install Debian packages without recommended ones: for ffmpeg alone, those are 300 desktop packages."""
    install = f"apt-get install -q -y --no-install-recommends {shlex.join(sorted(packages))}"
    return f"apt-get update -q && {install} && rm -rf /var/lib/apt/lists/*"


def comfyui_commands(lock: Lock) -> Iterator[str]:
    """Fetch ComfyUI at its commit, and write the rules for packages that are not pinned."""
    core = lock.comfyui
    yield from fetch(core.repository, core.commit or f"refs/tags/v{core.version}", COMFYUI)
    if core.own_requirements or any(pack.own_requirements for pack in lock.packs):
        yield from rule_commands(lock)
    if core.own_requirements:
        yield f"python -m pip install --no-cache-dir -r {COMFYUI}/requirements.txt"


def extra_model_paths(lock: Lock, *, models: str, loras: str) -> str:
    """The content of ComfyUI's ``extra_model_paths.yaml``: a folder of weights, and a separate one of LoRAs.

    It omits folders that a pack looks for only in ComfyUI's own ``models``; `paths_commands` links those.
    """
    own = _own_folders(lock)
    used = {weight.folder.split("/")[0] for weight in lock.weights}
    folders = sorted({*FOLDERS, *used} - own - {"loras"})
    lines = ["ryla_models:", f"  base_path: {models}", *(f"  {name}: {name}" for name in folders)]
    lines += ["ryla_loras:", f"  base_path: {loras}", "  loras: ."]
    return "\n".join(lines) + "\n"


def paths_commands(lock: Lock, *, models: str, loras: str) -> Iterator[str]:
    """Make ComfyUI and its packs look for weights in these folders."""
    lines = extra_model_paths(lock, models=models, loras=loras).splitlines()
    yield f"mkdir -p {HOME} && printf '%s\\n' {shlex.join(lines)} > {EXTRA_MODEL_PATHS}"
    for folder in sorted(_own_folders(lock)):
        yield f"rm -rf {COMFYUI}/models/{folder} && ln -s {models}/{folder} {COMFYUI}/models/{folder}"


def _own_folders(lock: Lock) -> set[str]:
    return {folder for pack in lock.packs for folder in pack.own_folders}


def pins_of(lock: Lock) -> list[str]:
    """All pins of a lock."""
    lists = (lock.comfyui.requirements, lock.requirements, *(pack.requirements for pack in lock.packs))
    return sorted({pin for pins in lists for pin in pins})


def rule_commands(lock: Lock) -> Iterator[str]:
    """Write the files that restrict the packs' unpinned packages, and install uv.

    For uv the pins are overrides: whatever a pack requests, it gets the pinned version. A package under a marker that
    never holds is never installed.
    """
    pins = pins_of(lock)
    never = [f"{name} ; sys_platform == 'never'" for name in unwanted(pins)]
    yield f"mkdir -p {HOME} && printf '%s\\n' {shlex.join(pins)} > {PINS_FILE}"
    yield f"printf '%s\\n' {shlex.join([*pins, *never])} > {RULES_FILE}"
    yield f"python -m pip install -q --no-cache-dir uv=={UV_VERSION}"


def unwanted(pins: Iterable[str]) -> Mapping[str, str]:
    """The packages that must not get into an image with these pins, and the pin that each would overwrite."""
    pinned = {pin.partition("==")[0]: pin for pin in pins}
    return {name: pinned[instead] for name, instead in UNWANTED.items() if instead in pinned}


def pack_commands(pack: LockedPack, comfyui: str, pins: Iterable[str]) -> Iterator[str]:
    """Install one pack into ``custom_nodes``."""
    folder = f"{comfyui}/custom_nodes/{pack.folder}"
    if pack.path is None:
        yield from fetch(pack.repository, pack.commit, folder)
    for fix in pack.fixes:
        file = shlex.quote(f"{folder}/{fix.file}")
        edit = shlex.quote(f"s/{_escaped(fix.find)}/{_escaped(fix.replace, replacement=True)}/g")
        # Fails if the text is missing, instead of building an image that fails later.
        yield f"grep -qF -- {shlex.quote(fix.find)} {file} && sed -i {edit} {file}"
    if pack.own_requirements:
        asked, script = f"{folder}/requirements.txt", f"{folder}/install.py"
        yield f"if [ -f {asked} ]; then {install(asked)}; fi"
        # Such a script calls pip, which supports constraints but not overrides.
        yield f"if [ -f {script} ]; then cd {folder} && PIP_CONSTRAINT={PINS_FILE} python install.py; fi"
        yield from _put_right(pins)


def install(asked: str) -> str:
    """The command that installs a file of requirements within the rules."""
    return f"python -m uv pip install --system --no-cache --compile-bytecode -r {asked} --override {RULES_FILE}"


def _put_right(pins: Iterable[str]) -> Iterator[str]:
    """Remove what an `install.py` may have installed, and restore what it has overwritten."""
    for name, pin in unwanted(pins).items():
        back = f"python -m pip install -q --no-cache-dir --no-deps --force-reinstall {pin}"
        gone = f"python -m pip uninstall -q -y {name} && {back}"
        yield f"if python -m pip show -q {name} 2>/dev/null; then {gone}; fi"


def fetch(repository: str, commit: str, folder: str) -> Iterator[str]:
    """Fetch one commit from GitHub; a private one with the token from the build's secret, which is left in no file."""
    basic = f'$(printf %s "x-access-token:${TOKEN}" | base64 -w0)'
    header = f'"http.https://github.com/.extraHeader=Authorization: Basic {basic}"'
    yield f"git init -q {folder}"
    git = f"git ${{{TOKEN}:+-c {header}}}" if repository not in _public() else "git"
    yield f"{git} -C {folder} fetch -q --depth 1 https://github.com/{repository}.git {commit}"
    yield f"git -C {folder} checkout -q FETCH_HEAD"


def _public() -> frozenset[str]:
    return frozenset(pack.repository for pack in PACKS.values())


def _escaped(text: str, *, replacement: bool = False) -> str:
    """A text escaped so that either side of sed's ``s/…/…/`` takes it literally."""
    special = "\\/&" if replacement else "\\/.*[]^$"
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)
