"""Limits on what one prompt may request: pixels, pictures, sound and steps, checked before anything is submitted.

Everything a node makes or multiplies counts, sampled or not; `shapes` says how much that is. An amount that only a
run can tell is never counted as one: a limit that must hold refuses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from ryla_graphs.plan.allowed import Limits
from ryla_graphs.plan.canvas import number_of
from ryla_graphs.plan.crowds import chained, crowded, wordy
from ryla_graphs.plan.stages import Sampling, samplings
from ryla_graphs.plan.work import held, of_work
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode, Unknown
from ryla_graphs.prompt.files import takes_input_file
from ryla_graphs.shapes import Amount, amounts, evaluate
from ryla_graphs.shapes import Unknown as UnknownShape
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Number, bounds
from ryla_graphs.validation.view import View


def check(
    view: View, limits: Limits | None = None, *, files: Mapping[str, Any] | None = None, refuse_unknown: bool = True
) -> list[Problem]:
    """What a graph requests, or may request, beyond the limits; empty if it keeps to them.

    `files` has the shapes of input files by name (`shapes.ImageShape` and its like). With `refuse_unknown` false, only
    what is certainly too much is refused. The problems name the inputs to lower if they can be found, so that
    `CompiledWorkflow.explain` finds the preset parameters behind them.
    """
    allowed = limits or Limits()
    if (crowd := crowded(view.document, allowed)) is not None:
        return [crowd]
    if (texts := wordy(view.document, allowed)) is not None:
        return [texts]
    if (chain := chained(view, allowed)) is not None:
        return [chain]
    shapes = evaluate(view, files=files or {}, guess=True)
    made = list(amounts(shapes))
    found = [*_of_amounts(view, allowed, made, refuse_unknown)]
    if refuse_unknown:
        found += _of_classes_without_rule(view, allowed, {problem.node for problem in found})
    sampled = list(samplings(view, shapes))
    for sampling in sampled:
        found += _of_steps(sampling, allowed, refuse_unknown)
    return [*found, *of_work(sampled, made, allowed, refuse_unknown and not found)]


def _of_amounts(view: View, allowed: Limits, made: Sequence[Amount], refuse: bool) -> Iterator[Problem]:
    blamed: dict[str, set[str]] = {}
    for amount in made:
        for code, measure, limit, words in _measured(amount, allowed):
            if limit is None:
                continue
            low, high = bounds(measure)
            if high <= limit or (low <= limit and not refuse):
                continue
            # Nodes downstream of one that makes too much make too much as well; only the first is named.
            verdict = code if low > limit else "unbounded"
            before = blamed.setdefault(verdict, set())
            if before.isdisjoint([amount.node, *view.links[amount.node]]):
                yield _too_much(view, amount, verdict, measure, limit, words)
            before.add(amount.node)


def _measured(amount: Amount, allowed: Limits) -> Iterator[tuple[str, Number, float | None, str]]:
    """The code, the measure, its limit and its unit for everything that is limited."""
    if amount.kind != "audio":
        yield "too_large", held(amount.width * amount.height) / 1e6, allowed.megapixels, "megapixels"
        yield "too_many_pictures", held(amount.pictures), allowed.pictures, "pictures or frames"
    if amount.kind in ("image", "mask", "video"):
        yield "too_large", held(amount.pixels) / 1e6, allowed.together, "megapixels of all pictures together"
    if amount.kind in ("audio", "video"):
        yield "too_long", held(amount.seconds), allowed.seconds, "seconds of sound"


_NAMES = {
    "too_large": ("width", "height", "megapixels", "scale_by", "upscale_by", "resolution"),
    "too_many_pictures": ("batch_size", "length", "amount", "frames", "num_frames", "video_frames", "multiplier"),
    "too_long": ("seconds", "duration", "seconds_total"),
}
"""The inputs that decide a measure, by name."""


def _too_much(view: View, amount: Amount, code: str, measure: Number, limit: float, unit: str) -> Problem:
    node = view.nodes.get(amount.node)
    kind = next(kind for kind in _NAMES if kind == code or unit in _UNITS[kind])
    file = next((name for name in node.inputs if takes_input_file(node.schema, name)), None) if node else None
    name = file or (_blamed(view, node, kind) if node else None)
    if isinstance(measure, UnknownShape):
        message = f"how many {unit} it gives is unknown until it runs ({measure.reason}); {limit:,g} are allowed"
    elif kind == "too_large" and unit == "megapixels":
        size = f"{amount.width}x{amount.height}"
        held = f"the picture has {measure:.1f} megapixels ({size})" if file else f"{size} are {measure:.1f} megapixels"
        message = f"{held}, {limit:g} are allowed"
    else:
        message = f"{measure:,.0f} {unit}, {limit:,g} are allowed"
    return Problem(
        code=code,
        message=message,
        subject=AtNode(amount.node, amount.class_type, name),
        given=None if isinstance(measure, UnknownShape) else round(measure, 1),
        expected=f"at most {limit:,g} {unit}",
        hint=_hint(code, kind, file),
    )


def _blamed(view: View, node: PromptNode, kind: str) -> str | None:
    """The input that makes a measure too large: an unknown one, otherwise the largest."""
    numbers = {name: number_of(view, node, name) for name in _NAMES[kind] if name in node.inputs}
    return max(numbers, key=lambda name: inf if (number := numbers[name]) is None else number, default=None)


_UNITS = {
    "too_large": ("megapixels", "megapixels of all pictures together"),
    "too_many_pictures": ("pictures or frames",),
    "too_long": ("seconds of sound",),
}
_HINTS = {
    "too_large": "lower width and height",
    "too_many_pictures": "lower the batch or the length, and submit several prompts",
    "too_long": "make it shorter",
}

_OF_FILES = {
    "too_large": "scale it down before you send it",
    "too_many_pictures": "send a shorter one",
    "too_long": "send a shorter one",
}


def _hint(code: str, kind: str, file: str | None) -> str | None:
    if file is not None:
        return None if code == "unbounded" else _OF_FILES[kind]
    return "write the number into the node itself" if code == "unbounded" else _HINTS[kind]


_SIDES = ("width", "height", "side", "resolution")
_COUNTS = ("batch", "count", "amount", "length", "frames", "number", "repeat", "steps")


def _of_classes_without_rule(view: View, allowed: Limits, blamed: Collection[str | None]) -> Iterator[Problem]:
    """A class without a rule is judged by its own numbers: sides and counts must be known, and within the limits."""
    for number in sorted(view.reached & view.nodes.keys()):
        node = view.nodes[number]
        if rule.get(node.class_type) is None and not node.schema.module.startswith(("nodes", "comfy_extras")):
            numbers = [name for name, spec in node.known.items() if spec.type == "INT" and name in node.inputs]
            found = [problem for name in numbers if (problem := _of_number(view, node, name, allowed)) is not None]
            yield from found
            if not found and number not in blamed:
                yield from _of_area(view, node, numbers, allowed)


_BOUNDS = ("max", "tile")
"""Words that mark a side as a maximum, or as the size of a part, rather than the size of a picture."""


def _of_area(view: View, node: PromptNode, numbers: Sequence[str], allowed: Limits) -> Iterator[Problem]:
    """The largest width and the largest height may belong to one picture, whatever their names begin with."""
    sized = [name for name in numbers if not any(word in name for word in _BOUNDS)]
    width, height = (
        max(((number_of(view, node, name) or 0, name) for name in sized if side in name), default=(0, ""))
        for side in ("width", "height")
    )
    megapixels = width[0] * height[0] / 1e6
    if allowed.megapixels is not None and megapixels > allowed.megapixels:
        yield Problem(
            code="too_large",
            message=f"{width[0]}x{height[0]} are {megapixels:.1f} megapixels, {allowed.megapixels:g} are allowed",
            subject=AtNode(node.id, node.class_type, width[1]),
            given=round(megapixels, 1),
            expected=f"at most {allowed.megapixels:g} megapixels",
            hint=f"lower {width[1]} and {height[1]}",
        )


def _of_number(view: View, node: PromptNode, name: str, allowed: Limits) -> Problem | None:
    side, counted = any(word in name for word in _SIDES), any(word in name for word in _COUNTS)
    limit = None if allowed.megapixels is None else int((allowed.megapixels * 1e6) ** 0.5 * 4)
    if not side:
        limit = max(filter(None, (allowed.pictures, allowed.steps)), default=None) if counted else None
    if limit is None:
        return None
    found = view.value(node, name)
    subject, expected = AtNode(node.id, node.class_type, name), f"at most {limit:,}"
    if isinstance(found, Unknown):
        message, hint = f"its value is unknown until it runs: {found.why}", _hint("unbounded", "", None)
        return Problem(code="unbounded", message=message, subject=subject, expected=expected, hint=hint)
    if not isinstance(found.value, (int, float)) or found.value <= limit:
        return None
    code, message = "too_large" if side else "too_many_pictures", f"{found.value:,}, {limit:,} are allowed"
    return Problem(code=code, message=message, subject=subject, given=found.value, expected=expected)


def _of_steps(sampling: Sampling, allowed: Limits, refuse: bool) -> Iterator[Problem]:
    if allowed.steps is None:
        return
    node = sampling.node
    name = "steps" if "steps" in node.inputs else None
    if sampling.evaluations > allowed.steps:
        yield Problem(
            code="too_many_steps",
            message=f"its model is evaluated {sampling.evaluations:,} times, {allowed.steps:,} are allowed",
            subject=AtNode(node.id, node.class_type, name),
            given=sampling.evaluations,
            expected=f"at most {allowed.steps:,}; a step with a negative prompt counts twice",
            hint="lower steps, or set cfg to 1 where the model needs no negative prompt",
        )
    elif refuse and not sampling.steps_known:
        yield Problem(
            code="unbounded",
            message="how many steps it takes is unknown until it runs",
            subject=AtNode(node.id, node.class_type, name),
            expected=f"at most {allowed.steps:,} steps",
            hint="write the number of steps into the node itself",
        )
