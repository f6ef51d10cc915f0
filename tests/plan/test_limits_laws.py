"""Laws of limits: exact to the unit, monotone, closed to what is unknown, for classes with and without a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Limits, check
from ryla_graphs.plan.canvas import canvases
from ryla_graphs.plan.crowds import crowded
from ryla_graphs.problems import Problem
from ryla_graphs.shapes import AudioShape, ImageShape
from ryla_graphs.validation import View
from tests.plan.prompts import Prompt, flux, node, wan

LIFTED = dict.fromkeys(("megapixels", "pictures", "steps", "work", "together", "seconds", "nodes", "inputs"))
ASKED = {"text": node("GeminiNode", prompt="how many?", model="gemini-2.5-pro", seed=1)}
UNKNOWN = {**ASKED, "n": node("StringLength", string=["text", 0])}
"""A number that only a run can tell, at `["n", 0]`."""


def asked(prompt: Any, limits: Limits | None = None, **options: Any) -> list[Problem]:
    return check(View(prompt, options.pop("catalog", bundled())), limits, **options)


def only(**limits: Any) -> Limits:
    return Limits(**(LIFTED | limits))


def codes(problems: list[Problem]) -> list[str]:
    return sorted(problem.code for problem in problems)


def picture(width: Any = 8, height: Any = 8, batch_size: Any = 1) -> Prompt:
    canvas = node("EmptyImage", width=width, height=height, batch_size=batch_size, color=0)
    return {"canvas": canvas, "save": node("SaveImage", images=["canvas", 0], filename_prefix="x")}


def sound(duration: Any) -> Prompt:
    silence = node("EmptyAudio", duration=duration, sample_rate=44_100, channels=2)
    return {"silence": silence, "save": node("SaveAudio", audio=["silence", 0], filename_prefix="x")}


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 6), st.data())
def test_pictures_are_measured_to_the_pixel(width: int, height: int, batch: int, data: st.DataObject) -> None:
    pixels = width * height
    one, all_, count = (
        data.draw(st.none() | st.integers(most - 2, most + 2)) for most in (pixels, pixels * batch, batch)
    )
    limits = only(
        megapixels=None if one is None else one / 1e6, together=None if all_ is None else all_ / 1e6, pictures=count
    )
    large = (one is not None and pixels > one) or (all_ is not None and pixels * batch > all_)
    many = count is not None and batch > count
    problems = asked(picture(width, height, batch), limits)
    assert codes(problems) == ["too_large"] * large + ["too_many_pictures"] * many
    assert {problem.node for problem in problems} <= {"canvas"}


@pytest.mark.parametrize(
    ("limit", "fits", "more"),
    [
        ("megapixels", picture(4096, 4096), picture(4100, 4100)),
        ("pictures", picture(batch_size=512), picture(batch_size=513)),
        ("together", picture(1000, 1000, 2000), picture(1000, 1000, 2001)),
        ("seconds", sound(3600.0), sound(3600.1)),
        ("steps", flux(steps=250), flux(steps=251)),
        ("work", flux(width=1000, height=1000, batch_size=100, steps=200), flux(width=1000, height=1000, steps=20_001)),
        ("nodes", {str(n): node("X") for n in range(10_000)}, {str(n): node("X") for n in range(10_001)}),
        ("inputs", {"a": node("X", **dict.fromkeys(map(str, range(100_000))))}, None),
        ("inputs", picture(), {"a": node("X", **dict.fromkeys(map(str, range(100_001))))}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_usual_limits_are_as_they_are_written_down(limit: str, fits: Prompt, more: Prompt | None) -> None:
    limits = only(**{limit: getattr(Limits(), limit)})
    judge = crowded if limit in ("nodes", "inputs") else asked
    assert not judge(fits, limits)
    assert more is None or judge(more, limits)


LOOSER = st.tuples(*(st.none() | st.sampled_from([1, 1.5, 4, 100]) for _ in LIFTED))


@given(
    st.sampled_from([flux(), flux(batch_size=9, steps=99), wan(length=49), picture(900, 900, 40), sound(99.0)]),
    st.tuples(*(st.sampled_from([0.001, 0.1, 1, 1000]) for _ in LIFTED)),
    LOOSER,
)
def test_what_passes_a_limit_passes_each_that_allows_more(
    prompt: Prompt, strict: tuple[float, ...], factors: tuple[float | None, ...]
) -> None:
    first = {name: getattr(Limits(), name) * part for name, part in zip(LIFTED, strict, strict=True)}
    looser = {
        name: None if factor is None else first[name] * factor for name, factor in zip(first, factors, strict=True)
    }
    assert {*codes(asked(prompt, Limits(**looser)))} <= {*codes(asked(prompt, Limits(**first)))}


@given(st.sampled_from(["width", "height", "batch_size", "steps"]), st.integers(0, 4000), st.integers(0, 4000))
def test_who_asks_for_less_is_refused_no_more(name: str, value: int, more: int) -> None:
    asking: list[dict[str, Any]] = [{name: 16 + value}, {name: 16 + value + more}]
    less, larger = (asked(flux(**changes)) for changes in asking)
    assert {*codes(less)} <= {*codes(larger)}


@pytest.mark.parametrize(
    ("prompt", "holder", "name", "blamed"),
    [
        (flux(), "canvas", "width", "canvas"),
        (flux(), "canvas", "batch_size", "canvas"),
        (wan(), "canvas", "length", "canvas"),
        (picture(), "canvas", "height", "canvas"),
        (sound(1.0), "silence", "duration", "silence"),
        (flux(), "sampler", "steps", "sampler"),
    ],
)
def test_what_cannot_be_known_is_refused_where_a_limit_needs_it(
    prompt: Prompt, holder: str, name: str, blamed: str
) -> None:
    unknown = {**prompt, **UNKNOWN}
    if "clip" in prompt:  # the prompts of pictures have a text of their own
        unknown = {**prompt, "asked": ASKED["text"], "n": node("StringLength", string=["asked", 0])}
    unknown[holder] = node(prompt[holder]["class_type"], **prompt[holder]["inputs"] | {name: ["n", 0]})
    problems = asked(unknown)
    assert {(problem.code, problem.node) for problem in problems} == {("unbounded", blamed)}
    assert name in {problem.input for problem in problems}
    assert all("unknown until it runs" in problem.message and problem.given is None for problem in problems)
    assert all("into the node itself" in (problem.hint or "") for problem in problems)
    assert asked(unknown, refuse_unknown=False) == [] == asked(unknown, only())


def test_what_is_sure_to_be_too_much_is_refused_in_any_case() -> None:
    """A file holds one picture at least, and how many at most is unknown."""
    prompt = {"file": node("LoadImage", image="me.png")}
    prompt["save"] = node("SaveImage", images=["file", 0], filename_prefix="x")
    assert asked(prompt, only(pictures=1), refuse_unknown=False) == []
    assert codes(asked(prompt, only(pictures=1))) == ["unbounded"]
    assert codes(asked(prompt, only(pictures=0), refuse_unknown=False)) == ["too_many_pictures"]
    assert codes(asked(prompt, only(pictures=0))) == ["too_many_pictures"]


def test_a_bound_that_keeps_to_the_limit_is_enough() -> None:
    """A number of which only the bounds are known passes where both are within, and is refused where one is not."""
    clipped = {**UNKNOWN, **picture(10, 10)}
    clipped["file"] = node("LoadImage", image="me.png")
    clipped["half"] = node("ImageScaleBy", image=["file", 0], upscale_method="area", scale_by=0.5)
    clipped["save"] = node("SaveImage", images=["half", 0], filename_prefix="x")
    files = {"me.png": ImageShape(1, 100, 100)}
    assert asked(clipped, only(megapixels=0.01), files=files) == []
    assert codes(asked(clipped, only(megapixels=0.009), files=files)) == ["too_large"]
    assert codes(asked(clipped, only(megapixels=0.009))) == ["unbounded"]


def test_sound_of_a_file_and_of_a_video_counts() -> None:
    prompt = {**sound(1.0), "silence": node("LoadAudio", audio="me.wav")}
    files = {"me.wav": AudioShape(1, 2, 44_100 * 10)}
    assert asked(prompt, only(seconds=10), files=files) == []
    (problem,) = asked(prompt, only(seconds=9), files=files)
    assert (problem.code, problem.node, problem.input) == ("too_long", "silence", "audio")
    assert problem.hint == "send a shorter one" and "10 seconds of sound, 9 are allowed" in problem.message
    video = {**sound(10.0), **picture(8, 8, 4)}
    video["video"] = node("CreateVideo", images=["canvas", 0], fps=8.0, audio=["silence", 0])
    video["save"] = node("SaveVideo", video=["video", 0], filename_prefix="x", format="auto", codec="auto")
    assert codes(asked(video, only(seconds=9))) == ["too_long"]
    assert codes(asked(picture(8, 8, 4), only(seconds=0))) == []


def test_work_is_that_of_all_samplers_together() -> None:
    prompt = flux(width=1000, height=1000, steps=10)
    second = prompt["sampler"]["inputs"] | {"latent_image": ["sampler", 0], "steps": 30}
    prompt["again"] = node("KSampler", **second)
    prompt["picture"]["inputs"]["samples"] = ["again", 0]
    assert asked(prompt, only(work=40)) == []
    (problem,) = asked(prompt, only(work=10))
    assert (problem.code, problem.node, problem.given) == ("too_much_work", "again", 40)
    assert "ask for 25% of it" in (problem.hint or "")


SIDE, BATCH = 2048, 4
ENLARGED: Mapping[str, Prompt] = {
    "its sides are read off a picture": {
        "large": node("EmptyImage", width=SIDE, height=SIDE, batch_size=1, color=0),
        "sides": node("GetImageSize", image=["large", 0]),
        "latent": node("EmptyLatentImage", width=["sides", 0], height=["sides", 1], batch_size=BATCH),
    },
    "it is padded": {
        "small": node("EmptyImage", width=64, height=64, batch_size=BATCH, color=0),
        "more": node(
            "ImagePadForOutpaint", image=["small", 0], left=SIDE - 64, top=SIDE - 64, right=0, bottom=0, feathering=0
        ),
        "latent": node("VAEEncode", pixels=["more", 0], vae=["vae", 0]),
    },
    "two are stitched": {
        "half": node("EmptyImage", width=SIDE // 2, height=SIDE, batch_size=BATCH, color=0),
        "more": node(
            "ImageStitch",
            image1=["half", 0],
            image2=["half", 0],
            direction="right",
            match_image_size=True,
            spacing_width=0,
            spacing_color="white",
        ),
        "latent": node("VAEEncode", pixels=["more", 0], vae=["vae", 0]),
    },
}


@pytest.mark.parametrize("how", ENLARGED)
def test_a_sampler_works_on_what_its_latent_really_is(how: str) -> None:
    """However the latent became so large, its sampler does the work of a latent of that size."""
    plain = flux(width=SIDE, height=SIDE, batch_size=BATCH, steps=10)
    prompt = plain | ENLARGED[how]
    prompt["sampler"] = node("KSampler", **plain["sampler"]["inputs"] | {"latent_image": ["latent", 0]})
    (problem,), (expected,) = (asked(each, only(work=1)) for each in (prompt, plain))
    assert (problem.code, problem.node, problem.given) == ("too_much_work", "sampler", expected.given)
    sampled, usual = (canvases(View(each, bundled()))["sampler"] for each in (prompt, plain))
    assert (sampled.width, sampled.height, sampled.batch) == (usual.width, usual.height, usual.batch)


@pytest.mark.parametrize("most", [SIDE, None])
def test_work_that_only_a_run_can_tell_is_refused(most: int | None) -> None:
    prompt = flux(height=SIDE, steps=10) | UNKNOWN
    if most is not None:
        prompt["n"] = node("ComfyMathExpression", expression=f"min(a, {most})", **{"values.a": ["drawn", 0]})
        prompt["drawn"] = UNKNOWN["n"]
    prompt["canvas"]["inputs"]["width"] = ["n", 0]
    (problem,) = asked(prompt, only(work=1))
    assert (problem.code, problem.node) == ("unbounded", "sampler")
    assert ("any number of" if most is None else "up to 42 megapixel-steps") in problem.message
    assert asked(prompt, only(work=1), refuse_unknown=False) == []
    assert asked(prompt, only(work=42)) == [] or most is None


def test_the_inputs_to_lower_are_named() -> None:
    (large,) = asked(picture(20_000, 8, 1), only(megapixels=0.1))
    assert (large.input, large.hint) == ("width", "lower width and height")
    assert large.message == "20000x8 are 0.2 megapixels, 0.1 are allowed" and large.given == 0.2
    (together,) = asked(picture(1000, 1000, 10), only(together=9))
    assert together.message == "10 megapixels of all pictures together, 9 are allowed"
    (high,) = asked(picture(8, 20_000, 1), only(megapixels=0.1))
    assert high.input == "height"
    (long,) = asked(wan(length=33), only(pictures=9))
    assert (long.node, long.input) == ("canvas", "length")
    (many,) = asked(picture(8, 8, 10), only(pictures=9))
    assert (many.input, many.given) == ("batch_size", 10)
    (steps,) = asked(flux(steps=10), only(steps=9))
    assert (steps.input, steps.given) == ("steps", 10)
    prompt = flux()
    model, steps_of = {"model": ["model", 0]}, {"scheduler": "simple", "steps": 10, "denoise": 1.0}
    prompt["sigmas"] = node("BasicScheduler", **model, **steps_of)
    prompt["method"] = node("KSamplerSelect", sampler_name="euler")
    custom = {name: prompt["sampler"]["inputs"][name] for name in ("model", "positive", "negative", "latent_image")}
    custom |= {"add_noise": True, "noise_seed": 1, "cfg": 1.0, "sampler": ["method", 0], "sigmas": ["sigmas", 0]}
    prompt["sampler"] = node("SamplerCustom", **custom)
    (elsewhere,) = asked(prompt, only(steps=9))
    assert (elsewhere.node, elsewhere.input) == ("sampler", None)


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan"), -(10**400)])
def test_no_number_is_too_large_to_be_judged(value: Any) -> None:
    assert isinstance(asked(picture(value, value, value)), list)


NUMBERS = ("width", "panel_width", "height", "panel_height", "max_width", "max_height", "batch_size", "seed")
MINE = {
    "input": {"required": {**{name: ["INT", {}] for name in NUMBERS}, "width_factor": ["FLOAT", {}]}},
    "output": ["STRING"],
    "output_name": ["STRING"],
    "output_node": True,
    "python_module": "custom_nodes.Mine",
}


class TestAClassWithoutARule:
    """Of a pack that nothing is known about but the names of its inputs."""

    CATALOG = bundled() | Catalog({"Mine": MINE})

    def judged(self, limits: Limits | None = None, /, **inputs: Any) -> list[Problem]:
        return asked({"mine": node("Mine", **inputs), **UNKNOWN}, limits, catalog=self.CATALOG)

    @given(st.integers(0, 9000), st.integers(0, 9000))
    @example(8000, 8001)
    def test_each_side_may_be_four_of_the_largest_square(self, wide: int, high: int) -> None:
        limits = only(megapixels=4)
        sides = self.judged(limits, max_width=wide, max_height=high)
        too_wide = {name for name, size in (("max_width", wide), ("max_height", high)) if size > 8000}
        assert {problem.input for problem in sides} == too_wide
        assert all(problem.code == "too_large" and "8,000 are allowed" in problem.message for problem in sides)

    def test_limits_of_other_things_say_nothing_of_a_side(self) -> None:
        assert self.judged(only(pictures=1, steps=1), width=10**6) == []

    @given(st.integers(1, 3000), st.integers(1, 3000))
    @example(1000, 1000)
    @example(1111, 2000)
    def test_sides_of_any_name_make_one_picture(self, wide: int, high: int) -> None:
        problems = self.judged(only(megapixels=1), width=1, panel_width=wide, panel_height=high, height=1)
        assert (problems != []) is (wide * high > 1_000_000)
        for problem in problems:
            assert (problem.code, problem.input) == ("too_large", "panel_width")
            assert problem.given == round(wide * high / 1e6, 1)
            assert problem.hint == "lower panel_width and panel_height" and f"{wide}x{high}" in problem.message

    @pytest.mark.parametrize("more", [{"panel_width": 3000, "panel_height": 3000}, {"width": 3000, "height": 3000}])
    def test_a_node_is_refused_once(self, more: dict[str, int]) -> None:
        catalog = self.CATALOG | Catalog({"Mine": {**MINE, "output": ["IMAGE"], "output_name": ["IMAGE"]}})
        prompt = {"mine": node("Mine", **more), "save": node("SaveImage", images=["mine", 0], filename_prefix="x")}
        (problem,) = asked(prompt, only(megapixels=1), catalog=catalog)
        assert problem.code == "too_large"
        more |= {"max_width": 5000}
        prompt["mine"] = node("Mine", **more)
        inputs = [each.input for each in asked(prompt, only(megapixels=1), catalog=catalog)]
        assert inputs.count("panel_width") == 0 and "max_width" in inputs

    def test_what_only_bounds_a_side_makes_no_picture(self) -> None:
        assert self.judged(only(megapixels=1), max_width=3000, max_height=3000) == []

    @pytest.mark.parametrize(
        ("limits", "most"), [({"pictures": 9, "steps": 5}, 9), ({"pictures": 5, "steps": 9}, 9), ({"pictures": 9}, 9)]
    )
    def test_counts_keep_to_the_limit_of_pictures_or_steps(self, limits: Mapping[str, int], most: int) -> None:
        assert self.judged(only(**limits), batch_size=most) == []
        (problem,) = self.judged(only(**limits), batch_size=most + 1)
        assert (problem.code, problem.input, problem.given) == ("too_many_pictures", "batch_size", most + 1)
        assert problem.message == f"{most + 1}, {most} are allowed" and problem.hint is None
        assert self.judged(only(megapixels=1), batch_size=10**9) == []

    def test_what_cannot_be_known_is_refused(self) -> None:
        for name in ("width", "batch_size"):
            (problem,) = self.judged(**{name: ["n", 0]})
            assert (problem.code, problem.input, problem.given) == ("unbounded", name, None)
            assert problem.message.startswith("its value is unknown until it runs: ") and problem.hint
            assert not problem.message.endswith(": ")

    def test_other_numbers_and_other_kinds_are_its_own_affair(self) -> None:
        assert self.judged(seed=10**15) == self.judged(seed=["n", 0]) == []
        assert self.judged(width_factor=10.0**9) == self.judged(width="wide") == self.judged(width=None) == []
        assert self.judged(width=10**9) != []

    def test_core_classes_have_rules_or_make_nothing(self) -> None:
        catalog = bundled() | Catalog({"Mine": {**MINE, "python_module": "comfy_extras.nodes_mine"}})
        assert asked({"mine": node("Mine", width=10**9)}, catalog=catalog) == []
