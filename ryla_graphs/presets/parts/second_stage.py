"""The second stage of the two-stage presets: SDXL with InstantID redraws what another model drew."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CLIPTextEncode, UltralyticsDetectorProvider
from ryla_graphs.presets.parameters import ActsWith, Denoise, Steps
from ryla_graphs.presets.parts.faces import FACE_DETECTOR, DetectorName, face_detector, face_mask, face_notes, paste
from ryla_graphs.presets.parts.instantid import (
    FaceTools,
    IdentityParams,
    Redraw,
    identify,
    load_face_tools,
    load_sdxl,
    redraw,
)
from ryla_graphs.presets.parts.loras import Loras, apply_loras, triggered
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded, Sampling
from ryla_graphs.problems import Problem
from ryla_graphs.sockets import SDXL, Conditioning, Image


def _usual_denoise(given: dict[str, Any]) -> float:
    return 0.7 if given["face_only"] else 0.55


class SecondStageParams(IdentityParams, Sampling):
    """How the face gets into the picture."""

    face_only: bool = Field(
        default=False,
        description="Redraw the faces alone and keep every other pixel of the first stage; needs Impact Pack",
    )
    detector_name: Annotated[DetectorName, ActsWith("face_only")] = FACE_DETECTOR
    refine_steps: Steps = 30
    refine_cfg: float = Field(
        default=4.5, ge=1, le=30, description="Guidance of the second stage; 4 to 5 suit InstantID"
    )
    refine_denoise: Denoise = Field(
        default_factory=_usual_denoise,
        description="How much the second stage redraws; if left out 0.55, with faceOnly 0.7",
    )
    refine_loras: Loras = Field(default=(), description="LoRAs of SDXL for the second stage, as in loras")


class SecondStage(NamedTuple):
    """What is loaded once, however many pictures are redrawn."""

    sdxl: Loaded[SDXL]
    tools: FaceTools
    negative: Source[Conditioning[SDXL]]
    detector: UltralyticsDetectorProvider | None


def load_second_stage(p: SecondStageParams) -> SecondStage:
    """The loaders, and the negative prompt."""
    sdxl = apply_loras(load_sdxl(p), p.refine_loras, label="refine-")
    negative = CLIPTextEncode(clip=sdxl.clip, text=p.negative_prompt).named("refine-negative")
    detector = face_detector(p.detector_name) if p.face_only else None
    return SecondStage(sdxl, load_face_tools(p), negative, detector)


def refine(
    p: SecondStageParams, stage: SecondStage, picture: Source[Image], prompt: str, *, label: str = ""
) -> Source[Image]:
    """A picture with the face of the reference: pose and place are the picture's, identity the reference's."""
    text = CLIPTextEncode(clip=stage.sdxl.clip, text=triggered(prompt, p.refine_loras)).named(f"{label}refine-prompt")
    conditionings = Conditionings(text, stage.negative)
    identity = identify(p, stage.sdxl, stage.tools, conditionings, keypoints=picture, label=label)
    how = Redraw(p.refine_steps, p.refine_cfg, p.refine_denoise, p.seed)
    if stage.detector is None:
        return redraw(stage.sdxl, identity, picture, how, label=label)
    mask = face_mask(stage.detector, picture, label=label)
    redrawn = redraw(stage.sdxl, identity, picture, how, mask=mask, label=label)
    return paste(redrawn, into=picture, mask=mask, label=label)


def second_stage_notes(p: SecondStageParams) -> tuple[Problem, ...]:
    """What becomes of faces that are missing or too many."""
    return face_notes("reference", "keypoints", *(["mask"] if p.face_only else []))
