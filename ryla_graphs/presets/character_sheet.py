"""One person from several sides, in one graph."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import SaveImage
from ryla_graphs.presets.base import preset
from ryla_graphs.presets.parameters import Parameters, Prompt
from ryla_graphs.presets.parts.flux import FluxPictureParams, flux_canvas, flux_text, load_flux, sample_flux
from ryla_graphs.presets.parts.second_stage import SecondStageParams, load_second_stage, refine, second_stage_notes
from ryla_graphs.sockets import Conditioning
from ryla_graphs.workflow import Workflow

ViewName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Name of the output; lowercase letters, digits, - and _"),
]


class View(Parameters):
    """One picture of the sheet."""

    name: ViewName
    prompt: Prompt = Field(
        default_factory=lambda given: given["name"].replace("-", " ").replace("_", " "),
        description="Angle or pose, added to the prompt; by default the name",
    )


VIEWS = (
    View(name="front", prompt="front view, looking at the camera"),
    View(name="three-quarter-left", prompt="three-quarter view, face turned to the left"),
    View(name="three-quarter-right", prompt="three-quarter view, face turned to the right"),
    View(name="profile-left", prompt="side view, profile facing left"),
    View(name="profile-right", prompt="side view, profile facing right"),
)


class CharacterSheetParams(SecondStageParams, FluxPictureParams):
    """Parameters of `character_sheet`."""

    views: tuple[View, ...] = Field(
        default=VIEWS, min_length=1, max_length=16, description="The pictures, each with name and prompt"
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [view.name for view in self.views]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each view needs a name of its own; repeated: {', '.join(twice)}")
        return self


@preset(
    "character-sheet",
    CharacterSheetParams,
    example={"prompt": "a woman in a red coat, plain grey background", "referenceImage": "me.png"},
)
def character_sheet(p: CharacterSheetParams) -> Workflow:
    """One person from several sides: a picture for each angle or pose, all in one graph.

    Each view is drawn and redrawn as in `flux-instantid`, with the words of the view after the prompt. All views
    share the seed, the loaders and the reference, so the weights are loaded only once. The output of the view `front`
    is the node `front-save`, and its file name begins with `character_sheet/front`. It costs as much as that many
    single pictures. A view without a face, such as one from behind, gets no likeness. The weights of Flux.1 Dev and
    of InsightFace's antelopev2 are licensed for non-commercial use.
    """
    flux, stage = load_flux(p), load_second_stage(p)
    canvas = flux_canvas(p)
    negative: Source[Conditioning] | None = None
    saved = []
    for view in p.views:
        label, prompt = f"{view.name}-", f"{p.prompt}, {view.prompt}"
        text = flux_text(p, flux, prompt, negative=negative, label=label)
        negative = text.negative
        drawn = sample_flux(p, flux, text, canvas, label=label)
        picture = refine(p, stage, drawn, prompt, label=label)
        saved.append(SaveImage(images=picture, filename_prefix=f"character_sheet/{view.name}").named(f"{label}save"))
    return Workflow(*saved).noting(second_stage_notes(p))
