"""Flux.1 Dev: a picture from text."""

from __future__ import annotations

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxPictureParams, draw_flux
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


class FluxDevParams(FluxPictureParams):
    """Parameters of `flux_dev`."""


@preset("flux-dev", FluxDevParams, example={"prompt": "a red bicycle"})
def flux_dev(p: FluxDevParams) -> Workflow:
    """A picture from text with Flux.1 Dev.

    At a `cfg` of 1 the negative prompt has no effect, and the workflow says so. Above 1 it acts, and every step takes
    twice as long. The weights of Flux.1 Dev are licensed for non-commercial use.
    """
    saved = SaveImage(images=draw_flux(p), filename_prefix="flux_dev").named("save")
    return Workflow(saved).noting(negative_notice(p, CFG_ADVICE))
