"""Write `ryla_graphs/nodes/` from the bundled catalogs.

python -m tools.generate_nodes [--out ryla_graphs/nodes]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from ryla_graphs.catalogs import NAMES, bundled
from ryla_graphs.codegen import render_package

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


def files() -> dict[str, str]:
    """File name to source."""
    packs = {name: bundled(name) for name in NAMES if name != "core"}
    return render_package(bundled("core"), {**packs, "impact": packs["impact"].subset(IMPACT)})


def main(argv: Iterable[str] | None = None) -> None:
    """Write the package, and take away what no longer belongs to it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("ryla_graphs/nodes"))
    out: Path = parser.parse_args(list(argv) if argv is not None else None).out
    out.mkdir(parents=True, exist_ok=True)
    made = files()
    for stale in out.glob("*.py"):
        if stale.name not in made:
            stale.unlink()
    for name, text in made.items():
        (out / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} files in {out}")


if __name__ == "__main__":
    main()
