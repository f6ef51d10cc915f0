"""Limits count whatever makes or multiplies pixels, pictures, sound or steps, and refuse what they cannot bound."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs, presets
from ryla_graphs.plan import Limits, check
from ryla_graphs.plan.crowds import crowded
from ryla_graphs.problems import Problem
from ryla_graphs.prompt.files import input_files
from ryla_graphs.shapes import ImageShape
from ryla_graphs.testing import mutations
from ryla_graphs.validation import View
from tests.plan.prompts import flux, wan

HUGE = 16_384


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def saved(**nodes: dict[str, Any]) -> dict[str, Any]:
    last = list(nodes)[-1]
    return {**nodes, "save": node("SaveImage", images=[last, 0], filename_prefix="x")}


def asked(prompt: Any, limits: Limits | None = None) -> list[Problem]:
    return check(View(prompt, catalogs.bundled()), limits)


def codes(prompt: Any) -> set[str]:
    return {problem.code for problem in asked(prompt)}


def picture(**changes: Any) -> dict[str, Any]:
    return node("EmptyImage", **({"width": 512, "height": 512, "batch_size": 1, "color": 0} | changes))


@pytest.mark.parametrize("name", presets.NAMES)
def test_every_preset_keeps_to_the_limits(name: str) -> None:
    preset = presets.get(name)
    view = preset.build(preset.example).compile().view
    files = {file.name: ImageShape(1, 768, 1024) for file in input_files(view)}
    assert check(view, files=files) == []


def test_what_is_usual_passes() -> None:
    assert asked(flux()) == [] and asked(wan(length=81, steps=50)) == []


@pytest.mark.parametrize(
    ("changes", "code", "number"),
    [
        ({"width": HUGE, "height": HUGE}, "too_large", "canvas"),
        ({"batch_size": 4096, "width": 64, "height": 64}, "too_many_pictures", "canvas"),
        ({"steps": 10_000, "width": 64, "height": 64}, "too_many_steps", "sampler"),
        ({"steps": 126, "cfg": 4.0}, "too_many_steps", "sampler"),
        ({"batch_size": 512, "steps": 100}, "too_much_work", "sampler"),
    ],
)
def test_too_much_is_refused_at_the_node_that_asks_for_it(changes: dict[str, Any], code: str, number: str) -> None:
    problems = asked(flux(**changes))
    (problem,) = (each for each in problems if each.code == code and each.node == number)
    assert (problem.tier, problem.level) == (3, "error")
    assert problem.given is not None and "at most" in (problem.expected or "") and problem.hint
    assert "allowed" in problem.message


def test_a_photo_that_is_too_large_is_spoken_of_as_a_photo() -> None:
    view = View(saved(photo=node("LoadImage", image="me.jpg")), catalogs.bundled())
    (problem,) = check(view, files={"me.jpg": ImageShape(1, 5472, 7296)})
    assert (problem.node, problem.input) == ("photo", "image")
    assert problem.message == "the picture has 39.9 megapixels (7296x5472), 16.8 are allowed"
    assert problem.hint == "scale it down before you send it"


@pytest.mark.parametrize("hops", [1, 2, 7])
@pytest.mark.parametrize(("name", "value", "code"), [("steps", 9999, "too_many_steps"), ("width", HUGE, "too_large")])
def test_primitives_hide_nothing(hops: int, name: str, value: int, code: str) -> None:
    chain = {f"p{n}": node("PrimitiveInt", value=[f"p{n + 1}", 0] if n + 1 < hops else value) for n in range(hops)}
    prompt = flux(height=HUGE) if name == "width" else flux(width=64, height=64)
    prompt["canvas" if name == "width" else "sampler"]["inputs"][name] = ["p0", 0]
    assert code in codes({**prompt, **chain})


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        (saved(a=picture(width=HUGE, height=HUGE)), "too_large"),
        (saved(a=picture(batch_size=4096)), "too_many_pictures"),
        (saved(a=picture(width=4096, height=4096, batch_size=512)), "too_large"),
        (saved(a=picture(batch_size=64), b=node("RepeatImageBatch", image=["a", 0], amount=64)), "too_many_pictures"),
        (
            saved(
                a=picture(),
                b=node("ImageScale", image=["a", 0], width=HUGE, height=HUGE, upscale_method="area", crop="disabled"),
            ),
            "too_large",
        ),
        (
            {
                "a": node("EmptyLatentImage", width=HUGE, height=HUGE, batch_size=4096),
                "b": node("SaveLatent", samples=["a", 0], filename_prefix="x"),
            },
            "too_large",
        ),
    ],
)
def test_what_no_sampler_touches_counts_too(prompt: Any, code: str) -> None:
    assert code in codes(prompt)


def test_what_only_a_run_can_tell_is_refused_and_never_counted_as_one() -> None:
    length = node("StringLength", string=["text", 0])
    prompt = saved(
        text=node("GeminiNode", prompt="how many?", model="gemini-2.5-pro", seed=1),
        n=length,
        a=picture(batch_size=["n", 0]),
    )
    problems = asked(prompt)
    assert [(problem.code, problem.node, problem.input) for problem in problems] == [("unbounded", "a", "batch_size")]
    assert check(View(prompt, catalogs.bundled()), refuse_unknown=False) == []


def test_a_graph_of_too_many_nodes_is_refused_before_anything_is_looked_at() -> None:
    assert codes({str(n): picture() for n in range(10_001)}) == {"too_many_nodes"}


def test_a_switch_of_endless_inputs_is_refused_before_anything_is_looked_at() -> None:
    switch = node("Any Switch (rgthree)", **{f"any_{number:02}": ["a", 0] for number in range(100_001)})
    assert codes({"a": picture(), "b": switch}) == {"too_many_inputs"}


def inverted(count: int, *, first: str) -> dict[str, Any]:
    """A chain of so many nodes, the first one linked to a node."""
    links = [first, *(f"i{number}" for number in range(count))]
    return {f"i{number}": node("ImageInvert", image=[links[number], 0]) for number in range(count)}


@pytest.mark.parametrize("first", ["a", "i699"], ids=["a chain", "a cycle"])
def test_a_chain_on_which_comfyui_stops_is_refused_even_if_no_output_needs_it(first: str) -> None:
    prompt = saved(a=picture(), **inverted(700, first=first))
    assert codes(prompt) == {"chain_too_long"}
    shorter = saved(a=picture(), **inverted(600, first=first if first == "a" else "i599"))
    assert codes(shorter) == set()


@pytest.mark.parametrize(
    "long",
    [
        {"a": picture() | {"_meta": {"title": "x" * 4_000_001}}},
        {"a": picture(), "x" * 4_000_001: picture()},
        {"a": picture(), "b": node("CLIPTextEncode", text="x" * 2_000_001), "c": node("Note", text="x" * 2_000_001)},
    ],
    ids=["a title", "an id", "two prompts that no output uses"],
)
def test_a_graph_of_endless_texts_is_refused(long: dict[str, Any]) -> None:
    assert codes(long) == {"too_many_characters"}
    assert "too_many_characters" not in codes({"a": picture() | {"_meta": {"title": "x" * 3_900_000}}})


def test_as_many_characters_as_are_allowed_pass() -> None:
    prompt = saved(a=picture())
    count = sum(len(text) for text in json.dumps(prompt).split('"')[1::2])
    assert asked(prompt, Limits(characters=count)) == []
    assert [problem.code for problem in asked(prompt, Limits(characters=count - 1))] == ["too_many_characters"]


def test_limits_can_be_lifted() -> None:
    everything = flux(width=HUGE, height=HUGE, batch_size=4096, steps=10_000)
    lifted = dict.fromkeys(field.name for field in fields(Limits))
    assert asked(everything) and asked(everything, Limits(**lifted)) == []


def test_a_batch_that_is_linked_to_nothing_is_unknown() -> None:
    prompt = flux()
    number = next(number for number, body in prompt.items() if "batch_size" in body["inputs"])
    prompt[number]["inputs"]["batch_size"] = ["404", 0]
    assert "unbounded" in codes(prompt)


@given(st.data())
def test_nothing_is_raised_whatever_the_prompt_holds(data: st.DataObject) -> None:
    asked(data.draw(mutations(data.draw(st.sampled_from([flux(), wan()])), most=5)))


def test_what_is_exactly_at_a_limit_passes_and_one_more_does_not() -> None:
    sized = saved(canvas=picture(width=1000, height=1000, batch_size=4))
    for limits, passes in ((Limits(megapixels=1, pictures=4), True), (Limits(megapixels=0.99), False)):
        assert (asked(sized, limits) == []) is passes
    assert asked(sized, Limits(pictures=3)) != []
    assert asked(flux(steps=20), Limits(steps=20)) == [] != asked(flux(steps=20), Limits(steps=19))
    prompt = saved(canvas=picture())
    inputs = sum(len(body["inputs"]) for body in prompt.values())
    assert crowded(prompt, Limits(nodes=2, inputs=inputs)) is None
    for limits in (Limits(nodes=1), Limits(inputs=inputs - 1)):
        assert crowded(prompt, limits) is not None
