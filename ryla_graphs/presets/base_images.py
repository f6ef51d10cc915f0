"""Several pictures of one prompt, each with a seed of its own."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Seed
from ryla_graphs.presets.parts.flux import CFG_ADVICE, FluxPictureParams, flux_canvas, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.sampling import negative_notice
from ryla_graphs.workflow import Workflow


def _counted(given: dict[str, Any]) -> tuple[int, ...]:
    """One seed after the other, from the first; after the last of all comes 0."""
    return tuple((given["seed"] + place) % 2**64 for place in range(given["count"]))


class BaseImagesParams(FluxPictureParams):
    """Parameters of `base_images`."""

    count: int = Field(default=4, ge=1, le=16, description="How many pictures")
    seeds: tuple[Seed, ...] = Field(
        default_factory=_counted, description="The seed of each picture; if left out they count up from seed"
    )

    @model_validator(mode="after")
    def _a_seed_for_each(self) -> Self:
        if len(self.seeds) != self.count:
            raise ValueError(f"count is {self.count}, but there are {len(self.seeds)} seeds")
        if len(set(self.seeds)) < self.count:
            raise ValueError("the same seed twice would give the same picture twice")
        if "seed" in self.model_fields_set and self.seeds[0] != self.seed:
            raise ValueError(f"seeds begin with {self.seeds[0]}, but seed is {self.seed}: leave one of them out")
        return self


@preset("base-images", BaseImagesParams, example={"prompt": "a portrait of a woman"})
def base_images(p: BaseImagesParams) -> Workflow:
    """Several pictures of one prompt with Flux.1 Dev, each with a seed of its own, all in one graph.

    Gives a user several pictures to choose from. The weights are loaded and the prompt is encoded only once. Each
    seed is reported in `compiled.parameters["seeds"]` and in the file name. With `flux-dev`, the seed gives the same
    picture again, unlike the seed of a batch. The weights of Flux.1 Dev are licensed for non-commercial use.
    """
    loaded = load_flux(p)
    text, canvas = flux_text(p, loaded, p.prompt), flux_canvas(p)
    saved = []
    for place, seed in enumerate(p.seeds, start=1):
        picture = sample_flux(p, loaded, text, canvas, seed=seed, label=f"{place}-")
        saved.append(SaveImage(images=picture, filename_prefix=f"base_images/seed_{seed}").named(f"{place}-save"))
    return Workflow(*saved).noting(negative_notice(p, CFG_ADVICE))
