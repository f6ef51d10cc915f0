"""What part of a picture is to be redrawn: a mask beside it, or the picture's own transparency."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ryla_graphs.graph.wires import Source
from ryla_graphs.presets.parameters import Parameters
from ryla_graphs.presets.parts.pictures import GIVEN, MaskPicture, Picture, load_mask, load_with_alpha
from ryla_graphs.problems import Problem
from ryla_graphs.sockets import Image, Mask


class MaskedParams(Parameters):
    """A picture, and what of it is redrawn."""

    base_image: Picture = Field(description=f"The picture to work on: {GIVEN}")
    mask_image: MaskPicture | None = Field(
        default=None,
        description="Picture of the same shape, white where to draw; without it, what is transparent is drawn",
    )

    @property
    def redraws_by_mask(self) -> bool:
        """Whether a mask says what is redrawn; a preset may have another way."""
        return True

    @model_validator(mode="after")
    def _some_mask(self) -> Self:
        if self.redraws_by_mask and self.mask_image is None and not isinstance(self.base_image, str):
            raise ValueError("`maskImage` is needed: a picture of another graph has no transparency")
        return self


def load_masked(p: MaskedParams) -> tuple[Source[Image], Source[Mask]]:
    """The picture, and the mask of what is redrawn."""
    picture, alpha = load_with_alpha(p.base_image, "base")
    mask = alpha if p.mask_image is None else load_mask(p.mask_image)
    assert mask is not None, "the parameters were checked"
    return picture, mask


def mask_notes(p: MaskedParams) -> tuple[Problem, ...]:
    """A note on pictures without transparency, which no server reports."""
    if p.mask_image is not None:
        return ()
    message = "without `maskImage`, the transparent part of `baseImage` is redrawn; without transparency, nothing is"
    return (Problem(code="mask_outcomes", message=message, parameters=("maskImage", "baseImage")),)
