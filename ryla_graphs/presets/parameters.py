"""The parameters of presets: their base class, and the types that many presets share."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from ryla_graphs.presets import forms

SEED_LIMIT = 2**53
"""Drawn seeds are below this, so that JavaScript clients can hold them exactly."""


def random_seed() -> int:
    """A fresh seed."""
    return secrets.randbelow(SEED_LIMIT)


DRAWN = (-1, "-1", "random")
"""What people say where they want a drawn seed."""


def drawn_below(limit: int) -> BeforeValidator:
    """Makes a seed of a parameter draw one where that is asked for."""
    return BeforeValidator(lambda given: secrets.randbelow(limit) if given in DRAWN else given)


@dataclass(frozen=True)
class ActsWith:
    """Marks a parameter that has an effect only where another one is given."""

    other: str


@dataclass(frozen=True)
class ReplacedBy:
    """Marks a parameter that has no effect where another one is given."""

    other: str


@dataclass(frozen=True)
class ShowsPerson:
    """Marks a picture of the person whose face the result is to have."""


class Parameters(BaseModel):
    """The base class of parameter models. Names work in camelCase and snake_case.

    Unknown names, and parameters that would have no effect, are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        field_title_generator=forms.title,
        json_schema_extra=forms.complete,
    )

    only_with: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Parameters that have an effect only where another one is given, by that one: `ActsWith` for whole bases."""

    @model_validator(mode="after")
    def _nothing_is_idle(self) -> Self:
        for name, fact in type(self).model_fields.items():
            reason = self._idle(name, fact)
            if reason and getattr(self, name) != self._usual(fact):
                raise ValueError(f"`{to_camel(name)}` has no effect {reason}")
        return self

    def _idle(self, name: str, fact: FieldInfo) -> str | None:
        """Why a parameter has no effect with the others, where it has none."""
        needed = [other for other, names in self.only_with.items() if name in names]
        for other in (*needed, *(mark.other for mark in fact.metadata if isinstance(mark, ActsWith))):
            if not getattr(self, other):
                return f"without `{to_camel(other)}`"
        for mark in fact.metadata:
            if isinstance(mark, ReplacedBy) and getattr(self, mark.other):
                return f"together with `{to_camel(mark.other)}`, which replaces it"
        return None

    def _usual(self, fact: FieldInfo) -> Any:
        """The value of a parameter that is not given."""
        if fact.default_factory_takes_validated_data:
            return fact.get_default(call_default_factory=True, validated_data=dict(self))
        return fact.default


Prompt = Annotated[
    str, Field(min_length=1, max_length=20_000, description="What to show, in words", json_schema_extra=forms.PROMPT)
]
Seed = Annotated[
    int,
    drawn_below(SEED_LIMIT),
    Field(
        ge=0,
        le=2**64 - 1,
        description="Same seed, same picture; drawn if left out, or if it is -1 or `random`",
        json_schema_extra=forms.SEED,
    ),
    WithJsonSchema(forms.seed_below(2**64)),
]
Pixels = Annotated[
    int,
    Field(ge=64, le=8192, multiple_of=16, description="In pixels, a multiple of 16", json_schema_extra=forms.PIXELS),
]
Steps = Annotated[int, Field(ge=1, le=200, description="Sampling steps", json_schema_extra=forms.STEPS)]
Denoise = Annotated[
    float, Field(gt=0, le=1, description="How much is redrawn; 1 redraws all of it", json_schema_extra=forms.FRACTION)
]
Megapixels = Annotated[
    float, Field(ge=0.1, le=4, description="The picture is scaled to this size, in 1024 x 1024 pixels, first")
]
WeightFile = Annotated[str, Field(min_length=1, max_length=255, json_schema_extra=forms.WEIGHTS)]
Strength = Annotated[
    float, Field(ge=0, le=3, description="0 has no effect, 1 is full strength", json_schema_extra=forms.FRACTION)
]
WeightDtype = Annotated[
    Literal["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"],
    Field(description="Precision to load the diffusion model in; fp8 takes half the memory of bf16"),
]
