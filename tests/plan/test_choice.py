"""Which GPU is taken, and what is refused before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import presets
from ryla_graphs.plan import GPUS, Choice, Limits, Plan, check, choose_gpu
from ryla_graphs.problems import CannotRunHere, NotFound
from ryla_graphs.ryla import GPU_WISHES
from tests.plan.prompts import flux, node, planned, pulid

FLUX = planned(flux())
FP8 = planned(flux(dtype="fp8_e4m3fn"))


def chosen(plan: Plan, **wishes: Any) -> Choice:
    """The choice, where there is one."""
    choice = choose_gpu(plan, **wishes)
    assert choice is not None
    return choice


def test_the_preferred_one_where_it_fits() -> None:
    choice = chosen(FLUX, preferred="L40S")
    assert (choice.gpu.name, choice.reason) == ("L40S", "L40S is preferred, and it fits")


def test_another_where_the_preferred_one_does_not_fit() -> None:
    choice = chosen(FLUX, allowed=["T4", "A10", "L40S", "H100"], preferred="A10")
    assert choice.gpu.name == "L40S"
    assert choice.reason.startswith("A10 was preferred, but 'sampler' needs 23.2 GiB and 21.5 GiB are free")
    assert chosen(FP8, preferred="A10").gpu.name == "A10"


def test_of_those_that_cost_alike_the_one_with_the_cheapest_second() -> None:
    choice = chosen(FLUX)
    row = FLUX.on(choice.gpu.name)
    assert choice.gpu.name == FLUX.recommended
    assert FLUX.cheapest is not None and FLUX.fastest == "B200"
    cheapest = FLUX.on(FLUX.cheapest)
    assert row.usd is not None and cheapest.usd is not None and row.usd <= 1.25 * cheapest.usd
    assert row.card.container_usd_per_second <= cheapest.card.container_usd_per_second
    assert row.in_time


def test_a_slow_one_streams_where_nothing_else_is_allowed() -> None:
    choice = chosen(FLUX, allowed=["A10"])
    assert choice.gpu.name == "A10" and "streaming weights, which is slow" in choice.reason


def test_none_that_can() -> None:
    with pytest.raises(CannotRunHere) as caught:
        choose_gpu(planned(pulid()), allowed=["T4"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.tier) == ("no_gpu_fits", 3)
    assert "T4: PuLID for Flux does not work below compute capability 8.0" in problem.message
    assert problem.hint


def test_none_that_is_cheap_enough() -> None:
    with pytest.raises(CannotRunHere) as caught:
        choose_gpu(FLUX, max_cost_usd=0.001)
    (problem,) = caught.value.problems
    assert (problem.code, problem.tier, problem.expected) == ("too_expensive", 3, "at most $0.001")
    choice = chosen(FLUX, preferred="L40S", max_cost_usd=0.0065)
    assert "L40S was preferred, but an image would cost $0.0070" in choice.reason
    assert (FLUX.on(choice.gpu.name).usd_an_image or 1) <= 0.0065


def test_what_has_no_known_price_is_too_much_for_any_limit() -> None:
    unknown = planned(flux(unet="unknown_model.safetensors"))
    with pytest.raises(CannotRunHere, match="an unknown amount") as caught:
        choose_gpu(unknown, max_cost_usd=100.0)
    assert caught.value.problems[0].code == "too_expensive"


def test_what_fits_nowhere_is_not_called_too_expensive() -> None:
    with pytest.raises(CannotRunHere) as caught:
        choose_gpu(planned(pulid()), allowed=["T4"], max_cost_usd=100.0)
    assert caught.value.problems[0].code == "no_gpu_fits"


def test_what_a_deployment_adds_counts() -> None:
    assert chosen(FLUX, allowed=["L40S"], max_cost_usd=0.01)
    with pytest.raises(CannotRunHere, match="costs more"):
        choose_gpu(FLUX, allowed=["L40S"], max_cost_usd=0.01, cost=lambda row: (row.usd or 0) + 0.05)


def test_what_is_unknown_goes_where_it_is_wanted_and_else_nothing_is_recommended() -> None:
    unknown = planned(flux(unet="unknown_model.safetensors"))
    wanted = chosen(unknown, preferred="L40S")
    assert wanted.gpu.name == "L40S"
    assert "whether it fits is unknown" in wanted.reason
    assert choose_gpu(unknown, allowed=["T4", "H100", "L40S"]) is None
    assert choose_gpu(unknown) is None and unknown.recommended is None


def test_what_takes_an_unknown_time_goes_where_a_second_is_cheapest() -> None:
    prompt = {
        "file": node("LoadImage", image="me.png"),
        "dit": node("SeedVR2LoadDiTModel", model="seedvr2_ema_3b_fp8_e4m3fn.safetensors", device="cuda:0"),
        "vae": node("SeedVR2LoadVAEModel", model="ema_vae_fp16.safetensors", device="cuda:0"),
        "large": node(
            "SeedVR2VideoUpscaler", image=["file", 0], dit=["dit", 0], vae=["vae", 0], seed=1, resolution=1080
        ),
        "save": node("SaveImage", images=["large", 0], filename_prefix="x"),
    }
    plan = planned(prompt)
    assert not plan.knows("seconds") and plan.on("L4").seconds is None
    choice = chosen(plan, allowed=["H100", "L4"])
    assert choice.gpu.name == "L4" and "how long it takes is unknown" in choice.reason


@pytest.mark.parametrize("name", ["H1000", ""])
def test_a_gpu_that_does_not_exist(name: str) -> None:
    with pytest.raises(NotFound, match="there is no GPU"):
        choose_gpu(FLUX, allowed=[name])


def test_the_defaults_name_gpus() -> None:
    assert set(GPU_WISHES.values()) <= set(GPUS)
    assert GPU_WISHES["flux-dev"] == "L40S"


def test_a_refusal_names_the_parameters_to_lower() -> None:
    compiled = presets.get("flux-dev").build(prompt="x", steps=100, seed=1).compile()
    problems = [compiled.explain(problem) for problem in check(compiled.view, Limits(steps=50, megapixels=0.5))]
    assert {(p.code, p.parameters) for p in problems} == {
        ("too_large", ("width",)),
        ("too_many_steps", ("steps",)),
    }
    assert all(problem.source for problem in problems)
