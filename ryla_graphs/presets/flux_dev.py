"""Flux.1 Dev: a picture from text."""

from __future__ import annotations

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.flux import FluxParams, load_flux, negative_notice, sample_flux
from ryla_graphs.workflow import Workflow


class FluxDevParams(FluxParams):
    """Parameters of `flux_dev`."""


@preset("flux-dev", FluxDevParams)
def flux_dev(p: FluxDevParams) -> Workflow:
    """A picture from text with Flux.1 Dev.

    At a `cfg` of 1 the negative prompt has no effect, and the workflow says so; above 1 it acts, and
    every step costs twice.
    """
    picture = sample_flux(p, load_flux(p), p.prompt)
    saved = SaveImage(images=picture, filename_prefix="flux_dev").named("save")
    return Workflow(saved).noting(negative_notice(p))
