"""Limits on what one prompt may request: pixels, pictures, sound and steps, checked before anything is submitted.

Everything a node makes or multiplies counts, sampled or not; `shapes` says how much that is. An amount that only a
run can tell is never counted as one: a limit that must hold refuses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ryla_graphs.plan.canvas import LARGEST, number_of
from ryla_graphs.plan.stages import Sampling, samplings
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import PromptNode, Unknown
from ryla_graphs.prompt.files import takes_input_file
from ryla_graphs.shapes import Amount, amounts, evaluate
from ryla_graphs.shapes import Unknown as UnknownShape
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Number, bounds
from ryla_graphs.validation.depth import Chain, longest_chain
from ryla_graphs.validation.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment allows; None for no limit."""

    megapixels: float | None = 16.8
    """Of one picture or frame, in 10^6 pixels: 4096 x 4096."""
    pictures: int | None = 512
    """Pictures or frames that one node works on at once."""
    steps: int | None = 250
    """Evaluations of a model by one sampler, each step with a negative prompt counted twice."""
    work: float | None = 20_000.0
    """Of all samplers together: megapixels times pictures or frames times evaluations. Flux.1 Dev at 1024 x 1024
    with 20 steps is 21, a Wan video of 81 frames of 832 x 480 with 30 steps and a negative prompt 1,941."""
    together: float | None = 2_000.0
    """Of all pictures or frames that one node gives, in 10^6 pixels: 24 GB as ComfyUI keeps pictures in memory."""
    seconds: float | None = 3_600.0
    """Of sound that one node gives."""
    nodes: int | None = 10_000
    """Nodes of the graph."""
    inputs: int | None = 100_000
    """Inputs of all its nodes together: a switch takes as many as it is given."""
    chain: int | None = 700
    """Nodes in one chain. At a few more than `validation.depth.MAX_DEPTH`, which packs that wrap ComfyUI's functions
    lower, ComfyUI accepts a graph and then runs nothing until it is restarted."""
    characters: int | None = 4_000_000
    """Of all texts of the graph together: prompts, names, titles. Every job stores its graph."""


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
    if allowed.characters is not None and (count := _characters(view.document)) > allowed.characters:
        return [_too_many("characters", count, allowed.characters, "shorten its texts, and send files as `inputs`")]
    if allowed.chain is not None and (chained := longest_chain(view)).nodes > allowed.chain:
        return [_too_long_a_chain(chained, allowed.chain)]
    shapes = evaluate(view, files=files or {}, guess=True)
    made = list(amounts(shapes))
    found = [*_of_amounts(view, allowed, made, refuse_unknown)]
    if refuse_unknown:
        found += _of_classes_without_rule(view, allowed, {problem.node for problem in found})
    sampled = list(samplings(view, shapes))
    for sampling in sampled:
        found += _of_steps(sampling, allowed, refuse_unknown)
    return [*found, *_of_work(sampled, made, allowed, refuse_unknown and not found)]


def crowded(prompt: Any, limits: Limits) -> Problem | None:
    """The problem of a prompt with too many nodes or inputs, which could take seconds to validate."""
    if not isinstance(prompt, Mapping):
        return None  # it is not a prompt, which validation reports
    if limits.nodes is not None and len(prompt) > limits.nodes:
        return _too_many("nodes", len(prompt), limits.nodes)
    if limits.inputs is not None:
        bodies = (body.get("inputs") for body in prompt.values() if isinstance(body, (dict, Mapping)))
        count = sum(len(inputs) for inputs in bodies if isinstance(inputs, (dict, Mapping)))
        if count > limits.inputs:
            return _too_many("inputs", count, limits.inputs)
    return None


def _too_many(what: str, count: int, limit: int, hint: str = "send several graphs") -> Problem:
    return Problem(
        code=f"too_many_{what}",
        message=f"{count:,} {what}, {limit:,} are allowed",
        given=count,
        expected=f"at most {limit:,}",
        hint=hint,
    )


def _too_long_a_chain(chained: Chain, limit: int) -> Problem:
    return Problem(
        code="chain_too_long",
        message=f"a chain of {chained.nodes:,} nodes, {limit:,} are allowed",
        subject=AtNode(chained.end, chained.class_type),
        given=chained.nodes,
        expected=f"at most {limit:,}",
        hint="save an intermediate result, and continue in another workflow",
    )


def _characters(value: Any) -> int:
    """The characters of all texts in JSON, keys included."""
    count, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            count += len(item)
        elif isinstance(item, (list, tuple)):
            stack += item
        elif isinstance(item, (dict, Mapping)):
            stack += item.keys()
            stack += item.values()
    return count


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
        yield "too_large", _held(amount.width * amount.height) / 1e6, allowed.megapixels, "megapixels"
        yield "too_many_pictures", _held(amount.pictures), allowed.pictures, "pictures or frames"
    if amount.kind in ("image", "mask", "video"):
        yield "too_large", _held(amount.pixels) / 1e6, allowed.together, "megapixels of all pictures together"
    if amount.kind in ("audio", "video"):
        yield "too_long", _held(amount.seconds), allowed.seconds, "seconds of sound"


def _held(measure: Number) -> Number:
    """The measure, clamped to what a float can hold; NaN, which no limit bounds, counts as the largest."""
    if isinstance(measure, UnknownShape):
        return measure
    return _HUGE if measure != measure else max(-_HUGE, min(measure, _HUGE))


_HUGE = float(LARGEST**2)


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


def _of_work(sampled: Sequence[Sampling], made: Sequence[Amount], allowed: Limits, refuse: bool) -> Iterator[Problem]:
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
            low, high = bounds(_held(amount.pixels))
            found[amount.node] = least + max(0.0, min(low, _HUGE)), most + (high if high == inf else min(high, _HUGE))
    return found


def _work(sampling: Sampling, pixels: tuple[float, float] | None) -> tuple[float, float]:
    """The least and the most megapixels times evaluations of one sampler."""
    if pixels is None or sampling.crops:
        pixels = sampling.canvas.pixels, sampling.canvas.pixels
    least, most = (held * sampling.evaluations / 1e6 for held in pixels)
    return least, most
