"""Where the face is in a picture: masks by a detector (Impact Pack), and pasting inside them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    BboxDetectorSEGS,
    FeatherMask,
    GrowMask,
    ImageCompositeMasked,
    ImpactSEGSOrderedFilter,
    SegsToCombinedMask,
    UltralyticsDetectorProvider,
)
from ryla_graphs.nodes._sockets import Segs
from ryla_graphs.presets.parameters import WeightFile
from ryla_graphs.problems import Problem
from ryla_graphs.sockets import Image, Mask

FACE_DETECTOR = "bbox/face_yolov8m.pt"
DetectorName = Annotated[
    WeightFile, Field(description="Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0")
]

NOTES = {
    "reference": "if the reference shows no face, the run ends with an error; if it shows several, the largest counts",
    "keypoints": "if the picture of the first stage shows no face, the run succeeds, but without likeness: the whole "
    "picture guides the second stage",
    "mask": "if no face is found, nothing is redrawn and the picture stays the same; if several are, all are redrawn",
    "largest": "if no face is found, the base picture comes back unchanged; if several are, the largest is redrawn",
    "detail": "if no face is found, the picture comes back unchanged; if several are, all are redrawn",
    "pulid": "if the reference shows no face, the server only logs a warning, and the picture shows some other face",
}
"""What happens if there is no face, or several, by the step that looks for faces."""


def face_notes(*steps: str) -> tuple[Problem, ...]:
    """Notes on missing faces, which a server only reports when it is too late."""
    return tuple(Problem(code="face_outcomes", message=NOTES[step]) for step in steps)


def face_detector(name: str) -> UltralyticsDetectorProvider:
    """The detector, loaded once for all pictures."""
    return UltralyticsDetectorProvider(model_name=name).named("face-detector")


def face_mask(
    detector: UltralyticsDetectorProvider, picture: Source[Image], *, largest_only: bool = False, label: str = ""
) -> FeatherMask:
    """The faces of a picture, somewhat larger than they are, faded out where they meet the picture's edge."""
    found: Source[Segs] = BboxDetectorSEGS(
        bbox_detector=detector.out.bbox_detector,
        image=picture,
        threshold=0.5,
        dilation=24,
        crop_factor=1.0,
        drop_size=10,
        labels="all",
    ).named(f"{label}faces")
    if largest_only:
        by_area = ImpactSEGSOrderedFilter(segs=found, target="area(=w*h)", order=True, take_start=0, take_count=1)
        found = by_area.named(f"{label}largest-face").out.filtered_segs
    area = SegsToCombinedMask(segs=found).named(f"{label}face-area")
    grown = GrowMask(mask=area, expand=16, tapered_corners=True).named(f"{label}grown-mask")
    return FeatherMask(mask=grown, left=24, top=24, right=24, bottom=24).named(f"{label}face-mask")


def paste(redrawn: Source[Image], into: Source[Image], mask: Source[Mask], *, label: str = "") -> ImageCompositeMasked:
    """A picture with the redrawn part put in: outside the mask no pixel changes."""
    return ImageCompositeMasked(destination=into, source=redrawn, x=0, y=0, resize_source=False, mask=mask).named(
        f"{label}pasted"
    )
