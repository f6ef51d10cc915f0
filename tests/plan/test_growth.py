"""Plans and limits take time in proportion to the nodes of a graph, however these are linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Limits, check, plan_of
from ryla_graphs.plan.canvas import LARGEST, canvases
from ryla_graphs.plan.carrying import MOST
from ryla_graphs.validation import View
from tests.growth import growth
from tests.plan.prompts import Prompt, node, planned

LINEAR = 2.5
"""Less than half of the way from linear, 2, to quadratic, 4; each of these was above 3 before it was mended."""


def sampler(model: str = "load", positive: str = "text") -> dict[str, Any]:
    return node("KSampler", model=[model, 0], seed=1, steps=1, cfg=1.0, sampler_name="euler", scheduler="normal",
                positive=[positive, 0], negative=["text", 0], latent_image=["empty", 0], denoise=1.0)  # fmt: skip


def base(**more: Any) -> Prompt:
    return {
        "load": node("UNETLoader", unet_name="flux1-kontext-dev.safetensors", weight_dtype="default"),
        "clip": node("DualCLIPLoader", clip_name1="clip_l.safetensors", clip_name2="t5xxl.safetensors", type="flux"),
        "text": node("CLIPTextEncode", text="x", clip=["clip", 0]),
        "empty": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        **more,
    }  # fmt: skip


def saved(graph: Prompt, of: str) -> None:
    graph[f"save {of}"] = node("SaveLatent", samples=[of, 0], filename_prefix="x")


def merges(count: int) -> Prompt:
    """Each sampler has all the models before it."""
    graph, last = base(), "load"
    for number in range(count):
        graph[f"u{number}"] = node("UNETLoader", unet_name=f"flux1-dev-{number}.safetensors", weight_dtype="default")
        graph[f"m{number}"] = node("ModelMergeSimple", model1=[last, 0], model2=[f"u{number}", 0], ratio=0.5)
        last = f"m{number}"
        graph[f"k{number}"] = sampler(last)
        saved(graph, f"k{number}")
    return graph


def loras(count: int) -> Prompt:
    """Each sampler takes the model further down one chain."""
    graph, last = base(), "load"
    for number in range(count):
        graph[f"a{number}"] = node(
            "LoraLoaderModelOnly", model=[last, 0], lora_name=f"{number}.safetensors", strength_model=1.0
        )
        last = f"a{number}"
        graph[f"k{number}"] = sampler(last)
        saved(graph, f"k{number}")
    return graph


def references(count: int) -> Prompt:
    """Each sampler attends to one picture more than the one before it."""
    graph, last = base(), "text"
    for number in range(count):
        graph[f"r{number}"] = node("ReferenceLatent", conditioning=[last, 0], latent=["empty", 0])
        last = f"r{number}"
        graph[f"k{number}"] = sampler(positive=last)
        saved(graph, f"k{number}")
    return graph


def schedules(count: int) -> Prompt:
    """Each sampler takes the steps that the splits before it leave."""
    graph, last = base(sigmas=node("ManualSigmas", sigmas="1,0"), noise=node("DisableNoise"),
                       guider=node("BasicGuider", model=["load", 0], conditioning=["text", 0]),
                       euler=node("KSamplerSelect", sampler_name="euler")), "sigmas"  # fmt: skip
    for number in range(count):
        graph[f"s{number}"] = node("SplitSigmas", sigmas=[last, 0], step=1)
        last = f"s{number}"
        graph[f"k{number}"] = node("SamplerCustomAdvanced", noise=["noise", 0], guider=["guider", 0],
                                   sampler=["euler", 0], sigmas=[last, 0], latent_image=["empty", 0])  # fmt: skip
        saved(graph, f"k{number}")
    return graph


def fan(count: int) -> Prompt:
    """Samplers that share all they take."""
    graph = base()
    for number in range(count):
        graph[f"k{number}"] = sampler() | {"_meta": {"title": str(number)}}
        graph[f"k{number}"]["inputs"]["seed"] = number
        saved(graph, f"k{number}")
    return graph


GRAPHS = (merges, loras, references, schedules, fan)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_a_plan_grows_with_the_nodes(graph: Callable[[int], Prompt]) -> None:
    def work(count: int) -> Callable[[], object]:
        view = View(graph(count), bundled())
        return lambda: plan_of(view)

    assert growth(work, 150) < LINEAR


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_limits_grow_with_the_nodes(graph: Callable[[int], Prompt]) -> None:
    def work(count: int) -> Callable[[], object]:
        view = View(graph(count), bundled())
        return lambda: check(view, Limits(chain=None))

    assert growth(work, 150) < LINEAR


def test_of_more_files_than_are_counted_singly_the_memory_is_unknown() -> None:
    few, many = planned(merges(MOST // 2)), planned(merges(MOST + 1))
    assert few.peak_bytes is not None
    assert many.peak_bytes is None
    assert f"how much memory more than {MOST} files takes is unknown" in [each.what for each in many.unknowns]
    assert len(many.weights) > MOST, "the files themselves are all listed"


def test_of_more_pictures_than_are_counted_singly_the_cost_is_unknown() -> None:
    few, many = planned(references(MOST)), planned(references(MOST + 1))
    assert few.peak_bytes is not None
    assert many.peak_bytes is None
    assert any("so many reference pictures" in each.what for each in many.unknowns)


def upscaled(count: int) -> Prompt:
    graph = {"load": node("LoadImage", image="a.png"), "model": node("UpscaleModelLoader", model_name="4x.pth")}
    last = "load"
    for number in range(count):
        graph[f"u{number}"] = node("ImageUpscaleWithModel", upscale_model=["model", 0], image=[last, 0])
        last = f"u{number}"
    return {**graph, "save": node("PreviewImage", images=[last, 0])}


def test_a_picture_that_grows_beyond_every_number_is_planned_and_refused() -> None:
    view = View(upscaled(1_200), bundled())
    assert plan_of(view).pixels == LARGEST**2
    assert "unbounded" in [problem.code for problem in check(view, Limits(chain=None))]


def test_a_canvas_keeps_its_latest_assumptions() -> None:
    assumed = canvases(View(upscaled(300), bundled()))["u299"].assumed
    assert len(assumed) < 100
    assert "'u299'" in assumed[-1]
