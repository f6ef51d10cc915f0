"""SDXL: a picture from text, and from the forms of another picture."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CheckpointLoaderSimple, ControlNetLoader, SaveImage, SetUnionControlNetType
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import ActsWith, Steps, WeightFile
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.presets.parts.stable_diffusion import ControlledParams, draw, load_checkpoint
from ryla_graphs.sockets import SDXL, ControlNet
from ryla_graphs.workflow import Workflow

UNION = "xinsir-controlnet-union-sdxl-1.0-promax.safetensors"


def _net(given: dict[str, Any]) -> str | None:
    return None if given["control_image"] is None else UNION


class SdxlParams(ControlledParams):
    """Parameters of `sdxl`."""

    steps: Steps = 25
    checkpoint_name: WeightFile = Field(
        default="sd_xl_base_1.0.safetensors", description="SDXL model in models/checkpoints"
    )
    controlnet_name: Annotated[WeightFile | None, ActsWith("control_image")] = Field(
        default_factory=_net, description="ControlNet in models/controlnet, for one kind of map or for all"
    )


@preset("sdxl", SdxlParams, example={"prompt": "a red bicycle"})
def sdxl(p: SdxlParams) -> Workflow:
    """A picture from text with SDXL; a ControlNet adds edges, depth or pose of another one.

    There is no refiner, because fine-tuned models, which you can use as `checkpointName`, do not need one; the
    defaults suit the base model too. Models made for few steps (Turbo, Lightning, Hyper) need `steps` of 4 to 8, a
    `cfg` of 1 to 2, and `samplerName` euler with `scheduler` sgm_uniform. About 1024 x 1024 pixels work best, in any
    shape. The licence of the base model allows commercial use, except for a list of harmful uses.
    """
    loaded = load_checkpoint(p, CheckpointLoaderSimple[SDXL](ckpt_name=p.checkpoint_name).named("sdxl"))
    saved = SaveImage(images=draw(p, loaded, _controlnet(p)), filename_prefix="sdxl").named("save")
    return Workflow(saved).noting(negative_notice(p))


def _controlnet(p: SdxlParams) -> Source[ControlNet[SDXL]] | None:
    """The ControlNet, set to the kind of its map; one for a single kind ignores that."""
    if p.controlnet_name is None:
        return None
    net = ControlNetLoader[SDXL](control_net_name=p.controlnet_name).named("controlnet")
    match p.control:
        case "depth":
            return SetUnionControlNetType(control_net=net, type="depth").named("control-type")
        case "pose":
            return SetUnionControlNetType(control_net=net, type="openpose").named("control-type")
        case _:
            return SetUnionControlNetType(control_net=net, type="canny/lineart/anime_lineart/mlsd").named(
                "control-type"
            )
