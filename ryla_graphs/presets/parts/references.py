"""Pictures that a model looks at while it draws another one: Kontext, Flux.2."""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import ReferenceLatent, VAEEncode
from ryla_graphs.presets.parts.sampling import NO_NEGATIVE_AT, Conditionings, Sampling
from ryla_graphs.sockets import Conditioning, Family, Image, Latent, Vae


def encoded(pictures: Mapping[str, Source[Image]], vae: Source[Vae[Family]]) -> dict[str, Source[Latent]]:
    """Pictures as latents, for `refer`, by the same names."""
    return {name: VAEEncode(pixels=picture, vae=vae).named(f"{name}-latent") for name, picture in pictures.items()}


def refer(p: Sampling, text: Conditionings[Family], references: Mapping[str, Source[Latent]]) -> Conditionings[Family]:
    """The prompts, with references to look at; the negative one only where samplers do not drop it."""
    positive = _looking(text.positive, references, "seen")
    if p.cfg <= NO_NEGATIVE_AT:
        return Conditionings(positive, text.negative)
    return Conditionings(positive, _looking(text.negative, references, "avoided"))


def _looking(
    text: Source[Conditioning[Family]], references: Mapping[str, Source[Latent]], label: str
) -> Source[Conditioning[Family]]:
    for name, latent in references.items():
        text = ReferenceLatent(conditioning=text, latent=latent).named(f"{label}-{name}")
    return text
