"""What the presets of SDXL and of Stable Diffusion 1.5 share: a checkpoint, a sampler of one's choice, a ControlNet."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    ControlNetApplyAdvanced,
    EmptyLatentImage,
    ImageScale,
    KSampler,
    VAEDecode,
    VAELoader,
)
from ryla_graphs.presets.parameters import ActsWith, Strength, WeightFile
from ryla_graphs.presets.parts.control import READERS, Control, control_map
from ryla_graphs.presets.parts.loras import LoraParams, apply_loras, triggered
from ryla_graphs.presets.parts.pictures import GIVEN, Picture, load_picture
from ryla_graphs.presets.parts.sampling import Canvas, Conditionings, Loaded, Sampling, encode
from ryla_graphs.sockets import ControlNet, Family, Latent

SamplerName = Literal[
    "euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "dpmpp_sde", "uni_pc", "ddim", "lcm"
]
Scheduler = Literal["karras", "normal", "simple", "sgm_uniform", "exponential", "beta", "ddim_uniform"]


class CheckpointParams(LoraParams, Sampling):
    """Parameters of everything that a checkpoint of SDXL or SD 1.5 samples. Any fine-tuned one does."""

    cfg: float = Field(default=7.0, ge=1, le=30, description="Guidance; at 1 the negative prompt has no effect")
    sampler_name: SamplerName = Field(default="dpmpp_2m", description="The sampler: how each step is computed")
    scheduler: Scheduler = Field(default="karras", description="The scheduler: how the steps are spread over the noise")
    text_encoder: bool = Field(default=True, description="Apply the LoRAs to the text encoders too")
    vae_name: WeightFile | None = Field(default=None, description="VAE in models/vae instead of the checkpoint's own")


def _reader(given: dict[str, Any]) -> str | None:
    return None if given["control_image"] is None or given["control_is_map"] else READERS.get(given["control"])


class ControlledParams(Canvas, CheckpointParams):
    """Parameters of a new picture, which may take the edges, the depth or the pose of another one."""

    control_image: Picture | None = Field(
        default=None, description=f"A picture whose shapes guide the new one: {GIVEN}"
    )
    control: Annotated[Control, ActsWith("control_image")] = Field(
        default="canny", description="What to take from it: its edges, its depth, or the pose of a person"
    )
    control_is_map: Annotated[bool, ActsWith("control_image")] = Field(
        default=False, description="The picture already shows edges, depth or a skeleton; otherwise they are detected"
    )
    reader_name: Annotated[WeightFile | None, ActsWith("control_image")] = Field(
        default_factory=_reader,
        description="The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints)",
    )
    controlnet_strength: Annotated[Strength, ActsWith("control_image")] = 0.8
    controlnet_end: Annotated[float, ActsWith("control_image")] = Field(
        default=1.0, gt=0, le=1, description="Share of the steps in which it acts"
    )

    @model_validator(mode="after")
    def _reader_fits(self) -> Self:
        reads = self.control_image is not None and not self.control_is_map and self.control in READERS
        if reads and self.reader_name is None:
            raise ValueError(f"`control` {self.control} needs a `readerName`")
        if self.reader_name and not reads:
            raise ValueError("`readerName` has no effect with edges or with a map")
        return self


def load_checkpoint(p: CheckpointParams, loader: CheckpointLoaderSimple[Family]) -> Loaded[Family]:
    """What a loader gives, behind the LoRAs, with another VAE where one is asked for."""
    model, clip, vae = loader.out
    if p.vae_name is None:
        return apply_loras(Loaded(model, clip, vae), p.stack, text_encoder=p.text_encoder)
    other = VAELoader[Family](vae_name=p.vae_name).named("vae")
    return apply_loras(Loaded(model, clip, other), p.stack, text_encoder=p.text_encoder)


def sample(
    p: CheckpointParams,
    loaded: Loaded[Family],
    text: Conditionings[Family],
    canvas: Source[Latent],
    *,
    denoise: float = 1.0,
) -> VAEDecode:
    """A picture, drawn on a canvas."""
    latent = KSampler(
        model=loaded.model,
        seed=p.seed,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name=p.sampler_name,
        scheduler=p.scheduler,
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        denoise=denoise,
    ).named("sampler")
    return VAEDecode(samples=latent, vae=loaded.vae).named("picture")


def draw(p: ControlledParams, loaded: Loaded[Family], net: Source[ControlNet[Family]] | None) -> VAEDecode:
    """A new picture from the prompt, with what a ControlNet takes from the control picture."""
    text = encode(p, loaded.clip, triggered(p.prompt, p.stack))
    if net is not None and p.control_image is not None:
        text = _controlled(p, text, net, load_picture(p.control_image, "control"))
    canvas = EmptyLatentImage(width=p.width, height=p.height, batch_size=1).named("canvas")
    return sample(p, loaded, text, canvas)


def _controlled(
    p: ControlledParams, text: Conditionings[Family], net: Source[ControlNet[Family]], picture: Source[Any]
) -> Conditionings[Family]:
    """The prompts, and the map that guides them; the picture is cut to the shape of the new one."""
    cut = ImageScale(image=picture, upscale_method="lanczos", width=p.width, height=p.height, crop="center")
    fitting = cut.named("fitting")
    applied = ControlNetApplyAdvanced(
        positive=text.positive,
        negative=text.negative,
        control_net=net,
        image=fitting if p.control_is_map else control_map(p.control, fitting, p.reader_name),
        strength=p.controlnet_strength,
        start_percent=0.0,
        end_percent=p.controlnet_end,
    ).named("controlled")
    return Conditionings(applied.out.positive, applied.out.negative)
