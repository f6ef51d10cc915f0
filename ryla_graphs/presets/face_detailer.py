"""Impact Pack's FaceDetailer: every face of a picture, redrawn in more detail."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import CheckpointLoaderSimple, SaveImage
from ryla_graphs.nodes.packs.impact import FaceDetailer, SAMLoader
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Denoise, Prompt, WeightFile
from ryla_graphs.presets.parts.faces import FACE_DETECTOR, DetectorName, face_detector, face_notes
from ryla_graphs.presets.parts.loras import triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import encode, negative_notice
from ryla_graphs.presets.parts.stable_diffusion import CheckpointParams, load_checkpoint
from ryla_graphs.sockets import SDXL
from ryla_graphs.workflow import Workflow


class FaceDetailerParams(CheckpointParams):
    """Parameters of `face_detailer`."""

    image: Picture = Field(description=f"The picture: {GIVEN}")
    prompt: Prompt = "photo of a person, natural skin, detailed face"
    cfg: float = Field(default=5.0, ge=1, le=30, description="Guidance; at 1 the negative prompt has no effect")
    denoise: Denoise = 0.4
    crop_size: int = Field(
        default=1024,
        ge=64,
        le=2048,
        multiple_of=8,
        description="Side of the enlarged face with its surroundings, in pixels",
    )
    crop_factor: float = Field(
        default=2.5, ge=1, le=10, description="How much around a face the model sees; 1 is the face alone"
    )
    threshold: float = Field(default=0.5, gt=0, le=1, description="How sure the detector must be")
    feather: int = Field(default=8, ge=0, le=100, description="Pixels over which a face blends into the picture")
    detector_name: DetectorName = FACE_DETECTOR
    sam_name: WeightFile | None = Field(
        default=None, description="Segment Anything in models/sams, to follow outlines: sam_vit_b_01ec64.pth"
    )
    checkpoint_name: WeightFile = Field(
        default="RealVisXL_V5.0_fp16.safetensors", description="SDXL model in models/checkpoints"
    )


@preset("face-detailer", FaceDetailerParams, example={"image": "group.png"})
def face_detailer(p: FaceDetailerParams) -> Workflow:
    """A picture with every face redrawn in more detail, with SDXL and Impact Pack.

    Each face is cut out with its surroundings, enlarged to `cropSize`, redrawn, and put back, so that small faces in
    a large picture get eyes and teeth. `denoise` says how much is redrawn: at 0.3 the person stays the same, at 0.6
    hardly. All faces are drawn from one prompt; to get the face of a certain person, use `face-swap`. If no face is
    found, the picture comes back unchanged. The detector is under AGPL.
    """
    loaded = load_checkpoint(p, CheckpointLoaderSimple[SDXL](ckpt_name=p.checkpoint_name).named("sdxl"))
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    outlines = SAMLoader(model_name=p.sam_name, device_mode="AUTO").named("outlines") if p.sam_name else None
    detailed = FaceDetailer[SDXL](
        image=load_picture(p.image, "original"),
        model=loaded.model,
        clip=loaded.clip,
        vae=loaded.vae,
        positive=text.positive,
        negative=text.negative,
        bbox_detector=face_detector(p.detector_name).out.bbox_detector,
        sam_model_opt=outlines,
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name=p.sampler_name,
        scheduler=p.scheduler,
        denoise=p.denoise,
        guide_size=p.crop_size,
        guide_size_for=False,
        max_size=p.crop_size,
        feather=p.feather,
        bbox_threshold=p.threshold,
        bbox_crop_factor=p.crop_factor,
        wildcard="",
    ).named("detailed")
    saved = SaveImage(images=detailed.out.image, filename_prefix="face_detailer").named("save")
    return Workflow(saved).noting((*negative_notice(p), *face_notes("detail")))
