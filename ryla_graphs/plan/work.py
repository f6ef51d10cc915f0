"""The limit on the work of all samplers together, and how measures are held to numbers that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from ryla_graphs.plan.allowed import Limits
from ryla_graphs.plan.canvas import LARGEST
from ryla_graphs.plan.stages import Sampling
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.shapes import Amount
from ryla_graphs.shapes import Unknown as UnknownShape
from ryla_graphs.shapes.unknown import Number, bounds


def of_work(sampled: Sequence[Sampling], made: Sequence[Amount], allowed: Limits, refuse: bool) -> Iterator[Problem]:
    """The problem of samplers that ask for too much; with `refuse` also if only a run can tell how much."""
    if allowed.work is None or not sampled:
        return
    pixels = _pixels(made)
    work = {sampling.node.id: _work(sampling, pixels.get(sampling.node.id)) for sampling in sampled}
    least = sum(low for low, _ in work.values())
    most = sum(high for _, high in work.values())
    limit = allowed.work
    if most <= limit or (least <= limit and not refuse):
        return
    largest = max((sampling.node for sampling in sampled), key=lambda node: work[node.id][least <= limit])
    subject = AtNode(largest.id, largest.class_type)
    expected = f"at most {limit:,.0f}: megapixels times pictures or frames times evaluations"
    if least > limit:
        yield Problem(
            code="too_much_work",
            message=f"the prompt asks for {least:,.0f} megapixel-steps, {limit:,.0f} are allowed",
            subject=subject,
            given=round(least),
            expected=expected,
            hint=f"ask for {limit / least:.0%} of it, in size, batch, length or steps; or send several prompts",
        )
    else:
        how_much = "any number of megapixel-steps" if most == inf else f"up to {most:,.0f} megapixel-steps"
        message = f"the prompt may ask for {how_much}, which only a run can tell; {limit:,.0f} are allowed"
        hint = "write sizes and batches into the nodes themselves"
        yield Problem(code="unbounded", message=message, subject=subject, expected=expected, hint=hint)


def _pixels(made: Sequence[Amount]) -> Mapping[str, tuple[float, float]]:
    """The least and the most pixels of the first output of each node that holds pictures or latents."""
    found: dict[str, tuple[float, float]] = {}
    slots: dict[str, int] = {}
    for amount in made:
        if amount.kind != "audio" and slots.setdefault(amount.node, amount.slot) == amount.slot:
            least, most = found.get(amount.node, (0.0, 0.0))
            low, high = bounds(held(amount.pixels))
            found[amount.node] = least + max(0.0, min(low, HUGE)), most + (high if high == inf else min(high, HUGE))
    return found


def _work(sampling: Sampling, pixels: tuple[float, float] | None) -> tuple[float, float]:
    """The least and the most megapixels times evaluations of one sampler."""
    if pixels is None or sampling.crops:
        pixels = sampling.canvas.pixels, sampling.canvas.pixels
    least, most = (held * sampling.evaluations / 1e6 for held in pixels)
    return least, most


def held(measure: Number) -> Number:
    """The measure, clamped to what a float can hold; NaN, which no limit bounds, counts as the largest."""
    if isinstance(measure, UnknownShape):
        return measure
    return HUGE if measure != measure else max(-HUGE, min(measure, HUGE))


HUGE = float(LARGEST**2)
