"""What the presets of Wan 2.2 share: two experts, one for the noisy steps and one for the rest."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import KSamplerAdvanced, LoraLoaderModelOnly, ModelSamplingSD3, SaveVideo
from ryla_graphs.presets.parameters import ActsWith, Parameters, WeightFile
from ryla_graphs.presets.parts.loras import Lora, Loras, apply_loras
from ryla_graphs.presets.parts.sampling import Conditionings, Loaded
from ryla_graphs.presets.parts.videos import save_video
from ryla_graphs.presets.parts.wan import Length, WanVideoParams, load_expert
from ryla_graphs.sockets import Latent, Model, Wan


class Speed(Parameters):
    """Whether few steps do; a base of its own, since other defaults follow from it."""

    four_steps: bool = Field(
        default=False,
        description="Draw in 4 steps at cfg 1 with LoRAs made for that, a tenth of the time and less motion",
    )


def _usual_steps(given: dict[str, Any]) -> int:
    return 4 if given["four_steps"] else 20


def _usual_cfg(given: dict[str, Any]) -> float:
    return 1.0 if given["four_steps"] else 3.5


def _half(given: dict[str, Any]) -> int:
    return int(given["steps"]) // 2


FourStepsName = Annotated[WeightFile, ActsWith("four_steps")]


class Wan22Params(WanVideoParams, Speed):
    """Parameters of every Wan 2.2 video of the 14B models. `loras` act on both experts."""

    steps: Annotated[int, Field(ge=2, le=200)] = Field(
        default_factory=_usual_steps, description="Sampling steps of both experts; if left out 20, with fourSteps 4"
    )
    cfg: Annotated[float, Field(ge=1, le=30)] = Field(
        default_factory=_usual_cfg,
        description="Guidance; if left out 3.5, with fourSteps 1, where negatives have no effect",
    )
    high_noise_steps: Annotated[int, Field(ge=1, le=199)] = Field(
        default_factory=_half, description="How many of the steps the first expert takes; half if left out"
    )
    length: Length = 81
    shift: float = Field(
        default=5.0, ge=0, le=100, description="How long sampling stays with coarse structure; 5 is usual"
    )
    high_noise_loras: Loras = Field(default=(), description="LoRAs of the first expert only, as in loras")
    low_noise_loras: Loras = Field(default=(), description="LoRAs of the second expert only, as in loras")
    high_noise_name: WeightFile = Field(
        default="wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
        description="The expert of the first steps, in models/diffusion_models",
    )
    low_noise_name: WeightFile = Field(
        default="wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
        description="The expert of the last steps, in models/diffusion_models",
    )
    high_four_steps_name: FourStepsName = Field(
        default="wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
        description="The LoRA that makes the first expert quick, in models/loras",
    )
    low_four_steps_name: FourStepsName = Field(
        default="wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
        description="The LoRA that makes the second expert quick, in models/loras",
    )

    @model_validator(mode="after")
    def _both_draw(self) -> Self:
        if self.high_noise_steps >= self.steps:
            raise ValueError(f"`highNoiseSteps` has to be below `steps`, which is {self.steps}: the second expert ends")
        return self

    @property
    def every_lora(self) -> tuple[Lora, ...]:
        """All LoRAs, whose trigger words the prompt gets."""
        return (*self.stack, *self.high_noise_loras, *self.low_noise_loras)


class Experts(NamedTuple):
    """Both models, and what they share."""

    high: Source[Model[Wan]]
    low: Source[Model[Wan]]
    shared: Loaded[Wan]


def load_experts(p: Wan22Params) -> Experts:
    """The loaders of both, with their LoRAs and the shift."""
    first = load_expert(p, p.high_noise_name, "high-noise-model")
    second = load_expert(p, p.low_noise_name, "low-noise-model")
    high = _ready(p, first, p.high_noise_loras, p.high_four_steps_name, "high-noise")
    return Experts(high, _ready(p, second, p.low_noise_loras, p.low_four_steps_name, "low-noise"), first)


def _ready(p: Wan22Params, loaded: Loaded[Wan], own: Loras, quick: str, name: str) -> Source[Model[Wan]]:
    model = apply_loras(apply_loras(loaded, p.stack, label=f"{name}-"), own, label=f"{name}-own-").model
    if p.four_steps:
        model = LoraLoaderModelOnly(model=model, lora_name=quick, strength_model=1.0).named(f"{name}-four-steps")
    return ModelSamplingSD3(model=model, shift=p.shift).named(f"{name}-shift")


def save_wan22(
    p: Wan22Params, experts: Experts, text: Conditionings[Wan], canvas: Source[Latent], prefix: str
) -> SaveVideo:
    """Sample a video, first with one expert, then with the other, and save it."""
    begun = _steps(p, experts.high, text, canvas, first=True).named("high-noise-sampler")
    ended = _steps(p, experts.low, text, begun, first=False).named("low-noise-sampler")
    return save_video(ended, experts.shared.vae, p.fps, prefix)


def _steps(
    p: Wan22Params, model: Source[Model[Wan]], text: Conditionings[Wan], canvas: Source[Latent], *, first: bool
) -> KSamplerAdvanced:
    return KSamplerAdvanced(
        model=model,
        add_noise="enable" if first else "disable",
        noise_seed=p.seed if first else 0,
        steps=p.steps,
        cfg=p.cfg,
        sampler_name="euler",
        scheduler="simple",
        positive=text.positive,
        negative=text.negative,
        latent_image=canvas,
        start_at_step=0 if first else p.high_noise_steps,
        end_at_step=p.high_noise_steps if first else p.steps,
        return_with_leftover_noise="enable" if first else "disable",
    )
