"""The node packs that classes come from: where to get them, which commit, and known problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.catalog.store import bare, recordings
from ryla_graphs.software.registry import id_of

_CUSTOM = "custom_nodes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A text replacement in a pack's file, without which its pinned commit fails."""

    file: str
    """Below the pack's folder."""
    find: str
    """A part of one line; every occurrence in the file is replaced."""
    replace: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One node pack, at the commit that matches the bundled catalog and ComfyUI 0.33."""

    title: str
    repository: str
    """On GitHub: ``cubiq/ComfyUI_InstantID``."""
    commit: str
    """The full hash."""
    folders: tuple[str, ...]
    """The names of its folder in the ``python_module`` of ``/object_info``; the first is the pack's own."""
    warnings: tuple[str, ...] = ()
    """What users must know before installing it."""
    requires: tuple[str, ...] = ()
    """Python packages, as its ``requirements.txt`` lists them at that commit; their versions are in `pins`."""
    requires_source: str = "its requirements.txt at this commit"
    system: tuple[str, ...] = ()
    """Debian packages that it needs."""
    own_folders: tuple[str, ...] = ()
    """Folders of weights that it only looks for in ComfyUI's own ``models``, whatever the extra model paths are."""
    fixes: tuple[Fix, ...] = ()
    """What an image with ComfyUI 0.33 must change in it."""

    @property
    def registry_id(self) -> str | None:
        """Its id in the Comfy Registry; None if it is unknown."""
        return id_of(self.repository)

    @property
    def url(self) -> str:
        """The pinned commit's page."""
        return f"https://github.com/{self.repository}/tree/{self.commit}"


_PULID_FIX = (
    "from ComfyUI 0.3.67 on it needs the fix of its pull request 87 (November 2025), which this commit has not: "
    "without it sampling fails with an unexpected argument 'latent_shapes'"
)
_PULID_CLASH = (
    "balazik/ComfyUI-PuLID-Flux defines ApplyPulidFlux and its loaders too, and fails since ComfyUI 0.3.0: "
    "which of the two a server runs depends on their loading order, so install only this one"
)

_FACES = ("insightface", "onnxruntime-gpu")
_OPTIONAL_ARGUMENT = "ComfyUI since 0.3.67 passes `latent_shapes` to wrappers of the sampler"
_PULID_FIXES = (
    Fix(
        file="pulidflux.py",
        find="disable_pbar=False, seed=None):",
        replace="disable_pbar=False, seed=None, **more):",
        why=_OPTIONAL_ARGUMENT,
    ),
    Fix(
        file="pulidflux.py",
        find="denoise_mask, callback, disable_pbar, seed)",
        replace="denoise_mask, callback, disable_pbar, seed, **more)",
        why=_OPTIONAL_ARGUMENT,
    ),
    Fix(
        file="PulidFluxHook.py",
        find="attn_mask: Tensor = None,",
        replace="attn_mask: Tensor = None, **more,",
        why="ComfyUI since 0.19 passes `timestep_zero_index` to Flux's forward pass",
    ),
)

_ROWS = (
    Pack(
        title="InstantID",
        repository="cubiq/ComfyUI_InstantID",
        commit="1ef34ef573581bd9727c1e0ac05aa956b356a510",
        folders=("ComfyUI_InstantID",),
        requires=_FACES,
        own_folders=("insightface",),
    ),
    Pack(
        title="PuLID for Flux",
        repository="lldacing/ComfyUI_PuLID_Flux_ll",
        commit="ba90657fe6ffa8072ac169a949bfa5e4153bf48a",
        # A server with both packs reports the folder that was loaded last.
        folders=("ComfyUI_PuLID_Flux_ll", "ComfyUI-PuLID-Flux"),
        warnings=(_PULID_FIX, _PULID_CLASH),
        requires=("cython", "facexlib", *_FACES, "ftfy", "timm"),
        own_folders=("insightface", "facexlib"),
        fixes=_PULID_FIXES,
    ),
    Pack(
        title="Impact Pack",
        repository="ltdrdata/ComfyUI-Impact-Pack",
        # 8.22.2. Before version 8 it does not load together with the Subpack, which was a separate folder then.
        commit="46f106861a648efd6a8fc84d4b3bad309b361ab6",
        folders=("ComfyUI-Impact-Pack",),
        requires=(
            *("segment-anything", "scikit-image", "piexif", "transformers", "opencv-python-headless", "GitPython"),
            *("scipy>=1.11.4", "dill", "matplotlib"),
        ),
        requires_source=(
            "its requirements.txt of October 2024; that of this commit was not seen. It may also ask for sam2, "
            "which is not on PyPI in the form it wants and serves video only"
        ),
    ),
    Pack(
        title="Impact Subpack",
        repository="ltdrdata/ComfyUI-Impact-Subpack",
        commit="5b4e55058ae48e18e1c6d974000461ad1e240135",
        folders=("ComfyUI-Impact-Subpack",),
        requires=("matplotlib", "ultralytics", "numpy", "opencv-python-headless", "dill"),
        own_folders=("ultralytics",),
    ),
    Pack(
        title="VideoHelperSuite",
        repository="Kosinkadink/ComfyUI-VideoHelperSuite",
        commit="4ee72c065db22c9d96c2427954dc69e7b908444b",
        folders=("ComfyUI-VideoHelperSuite",),
        requires=("opencv-python", "imageio-ffmpeg"),
        system=("ffmpeg",),
    ),
    Pack(
        title="GGUF",
        repository="city96/ComfyUI-GGUF",
        commit="795e45156ece99afbc3efef911e63fcb46e6a20d",
        folders=("ComfyUI-GGUF",),
        requires=("gguf>=0.13.0", "sentencepiece", "protobuf"),
    ),
    Pack(
        title="SeedVR2 2.5.24",
        repository="numz/ComfyUI-SeedVR2_VideoUpscaler",
        commit="4490bd1f482e026674543386bb2a4d176da245b9",
        folders=("ComfyUI-SeedVR2_VideoUpscaler",),
        requires=(
            *("torch", "torchvision", "safetensors", "numpy", "tqdm", "psutil", "einops", "omegaconf>=2.3.0"),
            *("diffusers>=0.33.1", "peft>=0.17.0", "rotary_embedding_torch>=0.5.3", "opencv-python", "gguf"),
            "matplotlib",
        ),
        system=("ffmpeg",),
    ),
)

PACKS: Mapping[str, Pack] = {folder: row for row in _ROWS for folder in row.folders}
"""The packs by the folders that a server may report for their classes."""


_COMES_WITH_COMFYUI = frozenset({"websocket_image_save"})


def folder_of(schema: NodeSchema) -> str | None:
    """The custom folder that a class comes from; None for ComfyUI's own classes, and those bundled with it."""
    module = schema.module
    folder = module.removeprefix(_CUSTOM).split(".")[0] if module.startswith(_CUSTOM) else None
    return None if folder in _COMES_WITH_COMFYUI else folder


def pack_in(folder: str) -> Pack | None:
    """The pack in a folder of a server: a pinned one, or one whose classes are bundled; None if it is neither."""
    return PACKS.get(folder) or _recorded().get(bare(folder))


def pack_of(repository: str) -> Pack | None:
    """The pack of a repository on GitHub, in upper or lower case: a pinned one, or one whose classes are bundled."""
    wanted = repository.casefold()
    every = (*_ROWS, *_recorded().values())
    return next((pack for pack in every if pack.repository.casefold() == wanted), None)


@cache
def _recorded() -> Mapping[str, Pack]:
    """The packs whose classes are bundled, by folder; whether they work in an image is unknown."""
    return {
        bare(each.folder): Pack(
            title=each.folder,
            repository=each.repository,
            commit=each.pack["commit"],
            folders=(each.folder,),
            requires=tuple(each.pack.get("python_requirements", ())),
        )
        for each in recordings().values()
        if each.folder and each.folder not in _COMES_WITH_COMFYUI
    }
