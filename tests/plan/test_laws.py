"""Laws of plans: more work never costs less, and nothing but the graph decides."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow
from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Plan, plan_of
from ryla_graphs.testing import graphs
from ryla_graphs.validation import View
from tests.plan.prompts import Prompt, flux, node, planned, sdxl, wan, z_image

PIPELINES: dict[str, Callable[..., Prompt]] = {"flux": flux, "sdxl": sdxl, "z-image": z_image, "wan": wan}
side = st.integers(1, 128).map(lambda sixteenths: sixteenths * 16)


@given(
    st.sampled_from(sorted(PIPELINES)),
    side,
    side,
    st.integers(1, 60),
    st.integers(1, 6),
    st.sampled_from(["width", "height", "steps", "batch_size"]),
    st.integers(1, 4),
)
def test_more_work_never_costs_less(
    name: str, width: int, height: int, steps: int, batch: int, more: str, times: int
) -> None:
    asked = {"width": width, "height": height, "steps": steps, "batch_size": batch}
    little = planned(PIPELINES[name](**asked))
    much = planned(PIPELINES[name](**(asked | {more: asked[more] * times})))
    assert much.peak_bytes is not None and little.peak_bytes is not None
    assert much.resident_bytes is not None and little.resident_bytes is not None
    assert much.peak_bytes >= little.peak_bytes
    assert much.resident_bytes >= little.resident_bytes
    for before, after in zip(little.gpus, much.gpus, strict=True):
        order = ("resident", "swap", "offload", "no")
        assert before.fit is not None and after.fit is not None
        assert order.index(after.fit) >= order.index(before.fit)
        if after.seconds is not None:
            assert before.seconds is not None and after.seconds >= before.seconds
            assert before.usd is not None and after.usd is not None and after.usd >= before.usd


@given(graphs(bundled()), st.randoms(use_true_random=False))
def test_the_order_of_nodes_changes_nothing(workflow: Workflow, random_: random.Random) -> None:
    prompt = workflow.compile().prompt
    shuffled = list(prompt.items())
    random_.shuffle(shuffled)
    assert plan_of(View(dict(shuffled), bundled())) == planned(prompt)


def test_a_file_that_loaders_of_two_families_name_is_as_large_as_one_of_them_says() -> None:
    """`UNETLoader` takes a file of any family, the other a Flux."""
    plain = {
        "plain": node("UNETLoader", unet_name="mine.safetensors", weight_dtype="default"),
        "shown": node("PreviewAny", source=["plain", 0]),
    }
    options = {"cache_threshold": 0.0, "attention": "nunchaku-fp16", "cpu_offload": "auto", "device_id": 0}
    of_flux = {
        "flux": node(
            "NunchakuFluxDiTLoader",
            model_path="mine.safetensors",
            data_type="bfloat16",
            i2f_mode="enabled",
            **options,
        ),
        "seen": node("PreviewAny", source=["flux", 0]),
    }
    (file,), (same,) = planned(plain | of_flux).weights, planned(of_flux | plain).weights
    assert file == same and file.size == 23_800_000_000 and file.nodes == ("flux", "plain")
    assert planned(plain).weights[0].size is None


@given(graphs(bundled()))
def test_a_plan_reads_back_from_its_json(workflow: Workflow) -> None:
    plan = workflow.compile().plan
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@given(graphs(bundled()))
def test_what_nothing_needs_changes_nothing(workflow: Workflow) -> None:
    prompt = workflow.compile().prompt
    beside = {"spare": node("UNETLoader", unet_name="flux1-dev.safetensors"), "more": node("PulidFluxEvaClipLoader")}
    assert planned(beside | prompt | {"last": beside["spare"]}) == planned(prompt)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_step_and_an_image_cost_what_they_cost(name: str) -> None:
    """Twice the steps double the sampler's work, twice the batch that of all that comes of it."""
    one, two = (planned(PIPELINES[name](steps=steps)) for steps in (10, 20))
    assert _work(two, "sample") == pytest.approx(2 * _work(one, "sample"), rel=1e-3)
    assert _work(two, "decode") == _work(one, "decode")
    batch = planned(PIPELINES[name](steps=10, batch_size=2))
    assert _work(batch, "sample") == pytest.approx(2 * _work(one, "sample"), rel=1e-3)
    assert _work(batch, "decode") == pytest.approx(2 * _work(one, "decode"), rel=1e-3)
    assert batch.pixels == 2 * one.pixels
    assert batch.images == (1 if name == "wan" else 2) * one.images  # ComfyUI joins a batch of videos into one


def _work(plan: Plan, kind: str) -> float:
    return sum(stage.tera_operations or 0 for stage in plan.stages if stage.kind == kind)
