"""Flux.1 Dev with a union ControlNet: a picture that takes its forms from another one."""

from __future__ import annotations

from pydantic import Field

from ryla_graphs.nodes import ControlNetApplyAdvanced, ControlNetLoader, EmptySD3LatentImage, SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Strength, WeightFile
from ryla_graphs.presets.parts.control import ControlParams, guide
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxParams, Guided, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.sampling import Conditionings, negative_notice
from ryla_graphs.sockets import Flux1
from ryla_graphs.workflow import Workflow


class FluxControlnetParams(ControlParams, Guided, FluxParams):
    """Parameters of `flux_controlnet`."""

    controlnet_strength: Strength = 0.7
    controlnet_end: float = Field(
        default=0.8, gt=0, le=1, description="Share of the steps after which the prompt acts alone"
    )
    controlnet_name: WeightFile = Field(
        default="FLUX.1-dev-ControlNet-Union-Pro-2.0.safetensors", description="Union ControlNet in models/controlnet"
    )


@preset(
    "flux-controlnet",
    FluxControlnetParams,
    example={"prompt": "a marble statue", "controlImage": "me.png"},
    min_comfyui="0.6.0",  # the first whose ImageScaleToTotalPixels keeps to `resolution_steps`
)
def flux_controlnet(p: FluxControlnetParams) -> Workflow:
    """A picture with the edges, depth or pose of another one, with Flux.1 Dev and a union ControlNet.

    `control` says what to take from the picture. ComfyUI's own nodes detect it, with Depth Anything 3 for depth, and
    SDPose for the pose of one person. Set `controlIsMap` if the picture already shows edges, depth or a skeleton.
    Lower `controlnetStrength` and `controlnetEnd` give the prompt more freedom. The default ControlNet recognises the
    kind of map by itself; one that needs the kind as an input (Union-Pro 1) does not work here. The weights of Flux.1
    Dev and of this ControlNet are licensed for non-commercial use.
    """
    loaded = load_flux(p)
    guided = guide(p)
    text = flux_text(p, loaded, p.prompt)
    controlled = ControlNetApplyAdvanced(
        positive=text.positive,
        negative=text.negative,
        control_net=ControlNetLoader[Flux1](control_net_name=p.controlnet_name).named("controlnet"),
        image=guided.map,
        strength=p.controlnet_strength,
        start_percent=0.0,
        end_percent=p.controlnet_end,
        vae=loaded.vae,
    ).named("controlled")
    canvas = EmptySD3LatentImage(width=guided.width, height=guided.height, batch_size=1).named("canvas")
    conditionings = Conditionings(controlled.out.positive, controlled.out.negative)
    picture = sample_flux(p, loaded, conditionings, canvas)
    saved = SaveImage(images=picture, filename_prefix="flux_controlnet").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
