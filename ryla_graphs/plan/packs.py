"""The node packs that classes come from: where to get them, which commit, and what is known to go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ryla_graphs.schema import NodeSchema

_CUSTOM = "custom_nodes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One node pack and the commit that the bundled catalog and ComfyUI 0.33 agree with."""

    title: str
    repository: str
    """On GitHub: ``cubiq/ComfyUI_InstantID``."""
    commit: str
    """The full hash."""
    folders: tuple[str, ...]
    """What ``/object_info`` calls its folder, in ``python_module``; the first is the pack's own."""
    warnings: tuple[str, ...] = ()
    """What one has to know before installing it."""

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

_ROWS = (
    Pack(
        title="InstantID",
        repository="cubiq/ComfyUI_InstantID",
        commit="1ef34ef573581bd9727c1e0ac05aa956b356a510",
        folders=("ComfyUI_InstantID",),
    ),
    Pack(
        title="PuLID for Flux",
        repository="lldacing/ComfyUI_PuLID_Flux_ll",
        commit="ba90657fe6ffa8072ac169a949bfa5e4153bf48a",
        # A server that has both packs names the folder that was loaded last.
        folders=("ComfyUI_PuLID_Flux_ll", "ComfyUI-PuLID-Flux"),
        warnings=(_PULID_FIX, _PULID_CLASH),
    ),
    Pack(
        title="Impact Pack",
        repository="ltdrdata/ComfyUI-Impact-Pack",
        # 8.22.2. Before version 8 it does not load beside the Subpack, which was a folder of its own then.
        commit="46f106861a648efd6a8fc84d4b3bad309b361ab6",
        folders=("ComfyUI-Impact-Pack",),
    ),
    Pack(
        title="Impact Subpack",
        repository="ltdrdata/ComfyUI-Impact-Subpack",
        commit="5b4e55058ae48e18e1c6d974000461ad1e240135",
        folders=("ComfyUI-Impact-Subpack",),
    ),
    Pack(
        title="VideoHelperSuite",
        repository="Kosinkadink/ComfyUI-VideoHelperSuite",
        commit="4ee72c065db22c9d96c2427954dc69e7b908444b",
        folders=("ComfyUI-VideoHelperSuite",),
    ),
    Pack(
        title="GGUF",
        repository="city96/ComfyUI-GGUF",
        commit="795e45156ece99afbc3efef911e63fcb46e6a20d",
        folders=("ComfyUI-GGUF",),
    ),
    Pack(
        title="SeedVR2 2.5.24",
        repository="numz/ComfyUI-SeedVR2_VideoUpscaler",
        commit="4490bd1f482e026674543386bb2a4d176da245b9",
        folders=("ComfyUI-SeedVR2_VideoUpscaler",),
    ),
)

PACKS: Mapping[str, Pack] = {folder: row for row in _ROWS for folder in row.folders}
"""The packs by the folders that a server may name for their classes."""


def folder_of(schema: NodeSchema) -> str | None:
    """The custom folder that a class comes from; None for ComfyUI's own classes."""
    module = schema.module
    return module.removeprefix(_CUSTOM).split(".")[0] if module.startswith(_CUSTOM) else None
