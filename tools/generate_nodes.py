"""Write `ryla_graphs/nodes/` from the bundled catalogs.

python -m tools.generate_nodes [--out ryla_graphs/nodes]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from ryla_graphs import sockets
from ryla_graphs.catalogs import NAMES, bundled
from ryla_graphs.codegen import render_package, render_packs
from ryla_graphs.codegen.package import places, socket_classes

IMPACT = (
    *("AddMask", "BboxDetectorCombined_v2", "BboxDetectorSEGS", "BitwiseAndMask", "BitwiseAndMaskForEach"),
    *("CLIPSegDetectorProvider", "EmptySegs", "ImageListToImageBatch", "ImpactCount_Elts_in_SEGS", "ImpactDilateMask"),
    *("ImpactDilateMaskInSEGS", "ImpactFlattenMask", "ImpactGaussianBlurMask", "ImpactGaussianBlurMaskInSEGS"),
    *("ImpactSEGSConcat", "ImpactSEGSLabelFilter", "ImpactSEGSOrderedFilter", "ImpactSEGSPicker"),
    *("ImpactSEGSRangeFilter", "ImpactSEGSToMaskBatch", "ImpactSEGSToMaskList", "ImpactSegsAndMask"),
    *("ImpactSegsAndMaskForEach", "ImpactSimpleDetectorSEGS", "ImpactSimpleDetectorSEGSPipe"),
    *("ImpactSimpleDetectorSEGS_for_AD", "MaskListToMaskBatch", "MaskToSEGS", "MaskToSEGS_for_AnimateDiff"),
    *("MasksToMaskList", "MediaPipeFaceMeshToSEGS", "ONNXDetectorProvider", "ONNXDetectorSEGS", "SAMDetectorCombined"),
    *("SAMDetectorSegmented", "SAMLoader", "SEGSToImageList", "SegmDetectorCombined_v2", "SegmDetectorSEGS"),
    *("SegsToCombinedMask", "SubtractMask", "SubtractMaskForEach", "ToBinaryMask", "UltralyticsDetectorProvider"),
)
"""The classes of the Impact Pack that have been typed since before all of it was bundled."""


PACKS = {
    "animatediff_evolved": "Kosinkadink/ComfyUI-AnimateDiff-Evolved",
    "comfy_mtb": "melMass/comfy_mtb",
    "comfyroll": "Suzie1/ComfyUI_Comfyroll_CustomNodes",
    "controlnet_aux": "Fannovel16/comfyui_controlnet_aux",
    "custom_scripts": "pythongosssss/ComfyUI-Custom-Scripts",
    "easy_use": "yolain/ComfyUI-Easy-Use",
    "efficiency": "jags111/efficiency-nodes-comfyui",
    "essentials": "cubiq/ComfyUI_essentials",
    "florence2": "kijai/ComfyUI-Florence2",
    "impact": "ltdrdata/ComfyUI-Impact-Pack",
    "inpaint": "Acly/comfyui-inpaint-nodes",
    "inspire": "ltdrdata/ComfyUI-Inspire-Pack",
    "ipadapter_plus": "cubiq/ComfyUI_IPAdapter_plus",
    "kjnodes": "kijai/ComfyUI-KJNodes",
    "rgthree": "rgthree/rgthree-comfy",
    "segment_anything_2": "kijai/ComfyUI-segment-anything-2",
    "ultimate_sd_upscale": "ssitu/ComfyUI_UltimateSDUpscale",
    "use_everywhere": "chrisgoringe/cg-use-everywhere",
    "wan_video_wrapper": "kijai/ComfyUI-WanVideoWrapper",
    "was_node_suite": "WASasquatch/was-node-suite-comfyui",
}
"""The twenty packs that published graphs use most, and what their packages below `nodes.packs` are called."""


def files() -> dict[str, str]:
    """File name to source."""
    packs = {name: bundled(name) for name in NAMES if name != "core"}
    packs["impact"] = packs["impact"].subset(IMPACT)
    made = render_package(bundled("core"), packs)
    own = [schema for catalog in (bundled("core"), *packs.values()) for schema in catalog.values()]
    known = {**{t: socket.__name__ for t, socket in sockets.BUILTIN.items()}, **socket_classes(own)}
    popular = {module: bundled(repository) for module, repository in PACKS.items()}
    below = render_packs(popular, known, places(bundled("core"), packs))
    return {**made, **{f"packs/{name}": text for name, text in below.items()}}


def main(argv: Iterable[str] | None = None) -> None:
    """Write the package, and remove what no longer belongs to it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("ryla_graphs/nodes"))
    out: Path = parser.parse_args(list(argv) if argv is not None else None).out
    out.mkdir(parents=True, exist_ok=True)
    made = files()
    for stale in out.rglob("*.py"):
        if stale.relative_to(out).as_posix() not in made:
            stale.unlink()
    for name, text in made.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} files in {out}")


if __name__ == "__main__":
    main()
