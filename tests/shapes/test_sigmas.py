"""Noise levels are those of ComfyUI's schedulers, for whatever samples."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.shapes.models import model_of
from ryla_graphs.shapes.models.formats import OF_VARIANTS, SAMPLINGS
from ryla_graphs.shapes.models.noise import Cascade, Continuous, Diffusion, Flow, FluxFlow, Sampling
from ryla_graphs.shapes.registry import NodeFails
from ryla_graphs.shapes.rules.sampling.beta import beta_quantile
from ryla_graphs.shapes.rules.sampling.gits import MOST, gits_levels
from ryla_graphs.shapes.rules.sampling.schedulers import SCHEDULERS
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import LatentShape, Opaque, Sigmas
from tests.shapes.rules import outputs

FAMILIES = sorted({*SAMPLINGS.values(), *OF_VARIANTS.values()}, key=repr)
SDXL = model_of("checkpoints", "sd_xl_base_1.0.safetensors")
SCHNELL = model_of("diffusion_models", "flux1-schnell.safetensors")
DEV = model_of("diffusion_models", "flux1-dev.safetensors")
LEVELS = Sigmas((8.0, 4.0, 2.0, 1.0, 0.0))


def levels(class_type: str, **inputs: Any) -> tuple[Any, ...]:
    found = outputs(class_type, **inputs)
    assert isinstance(found, Sigmas)
    return found.values


def of(model: Any, scheduler: str, steps: int, denoise: float = 1.0) -> tuple[Any, ...]:
    return levels("BasicScheduler", model=model, scheduler=scheduler, steps=steps, denoise=denoise)


def test_schedules_of_models() -> None:
    # One step of every thousandth: a flow without shift falls straight.
    assert of(SCHNELL, "simple", 4) == pytest.approx((1, 0.75, 0.5, 0.25, 0))
    assert of(SCHNELL, "simple", 4, denoise=0.5) == pytest.approx((0.5, 0.375, 0.25, 0.125, 0))
    assert of(SCHNELL, "simple", 4, denoise=0) == ()
    # Stable Diffusion's first and last levels, as everybody quotes them.
    assert of(SDXL, "normal", 20)[0] == pytest.approx(14.6146, abs=1e-4)
    assert of(SDXL, "normal", 20)[-2] == pytest.approx(0.0292, abs=1e-4)
    assert of(SDXL, "sgm_uniform", 20)[-2] > of(SDXL, "normal", 20)[-2]
    # A shift keeps both ends of a flow, and raises what is between: exp(1.15) / (exp(1.15) + 1/t - 1).
    middle = math.exp(1.15) / (math.exp(1.15) + 1)
    assert of(DEV, "simple", 2) == pytest.approx((1, middle, 0))


def test_models_that_sample_otherwise() -> None:
    shifted = outputs("ModelSamplingSD3", model=SCHNELL, shift=3.0)
    assert of(shifted, "simple", 2) == pytest.approx((1, 3 * 0.5 / (1 + 2 * 0.5), 0))
    flux = outputs("ModelSamplingFlux", model=SCHNELL, max_shift=1.15, base_shift=0.5, width=1024, height=1024)
    assert of(flux, "simple", 2) == pytest.approx(of(DEV, "simple", 2), abs=1e-4)
    zero = outputs("ModelSamplingDiscrete", model=SDXL, sampling="v_prediction", zsnr=True)
    assert of(zero, "normal", 4)[0] > 4000
    quick = outputs("ModelSamplingDiscrete", model=SDXL, sampling="lcm", zsnr=False)
    assert of(quick, "sgm_uniform", 4)[0] == pytest.approx(of(SDXL, "sgm_uniform", 4)[0], rel=1e-3)
    edm = outputs("ModelSamplingContinuousEDM", model=SDXL, sampling="edm", sigma_max=80.0, sigma_min=0.002)
    assert of(edm, "exponential", 3) == pytest.approx((80, 0.4, 0.002, 0))


def test_schedules_without_a_model() -> None:
    assert levels("ExponentialScheduler", steps=3, sigma_max=8.0, sigma_min=2.0) == pytest.approx((8, 4, 2, 0))
    assert levels("KarrasScheduler", steps=3, sigma_max=16.0, sigma_min=1.0, rho=2.0) == pytest.approx((16, 6.25, 1, 0))
    assert levels("PolyexponentialScheduler", steps=3, sigma_max=8.0, sigma_min=2.0, rho=1.0) == pytest.approx(
        (8, 4, 2, 0)
    )
    # The last level of one that has no zero is as low as it may be.
    assert levels("LaplaceScheduler", steps=5, sigma_max=14.6, sigma_min=0.03, mu=0.0, beta=0.5)[-1] == 0.03
    assert levels("VPScheduler", steps=1, beta_d=0.0, beta_min=math.log(2), eps_s=0.5) == pytest.approx((1, 0))
    assert len(levels("Flux2Scheduler", steps=9, width=512, height=512)) == 10
    assert levels("Flux2Scheduler", steps=9, width=9, height=9)[0] == 1
    assert levels("ManualSigmas", sigmas="1.0, .5 and -0.25!") == (1, 0.5, -0.25)


def test_tables() -> None:
    turbo = levels("SDTurboScheduler", model=SDXL, steps=1, denoise=1.0)
    assert turbo == pytest.approx((14.6146, 0), abs=1e-4)
    assert levels("AlignYourStepsScheduler", model_type="SDXL", steps=10, denoise=1.0)[1] == pytest.approx(6.3184, 1e-4)
    # The step that is not denoised is the first, and the end is zero always.
    half = levels("AlignYourStepsScheduler", model_type="SD1", steps=10, denoise=0.5)
    assert half == levels("AlignYourStepsScheduler", model_type="SD1", steps=10, denoise=1.0)[-6:]
    assert len(levels("OptimalStepsScheduler", model_type="Wan", steps=7, denoise=1.0)) == 8
    with pytest.raises(NodeFails):
        outputs("GITSScheduler", coeff=9.9, steps=4, denoise=1.0)


def test_ltxv() -> None:
    video = LatentShape((1, 128, 13, 16, 24), space=32, time=8)
    stretched = levels("LTXVScheduler", steps=8, latent=video, terminal=0.1)
    assert stretched[0] == 1
    assert stretched[-2:] == pytest.approx((0.1, 0))
    assert stretched != levels("LTXVScheduler", steps=8, terminal=0.1)
    assert math.isnan(levels("LTXVScheduler", steps=1)[0])


def test_what_nodes_do_with_levels() -> None:
    high, low = outputs("SplitSigmas", sigmas=LEVELS, step=2)
    assert (high.values, low.values) == ((8, 4, 2), (2, 1, 0))
    high, low = outputs("SplitSigmasDenoise", sigmas=LEVELS, denoise=0.5)
    assert (high.values, low.values) == ((8, 4, 2), (2, 1, 0))
    assert levels("FlipSigmas", sigmas=LEVELS) == (0.0001, 1, 2, 4, 8)
    assert levels("SetFirstSigma", sigmas=LEVELS, sigma=136.0) == (136, 4, 2, 1, 0)
    extended = levels("ExtendIntermediateSigmas", sigmas=LEVELS, steps=2, start_at_sigma=4.0, end_at_sigma=2.0,
                      spacing="linear")  # fmt: skip
    assert extended == (8, 4, 3, 2, 1.5, 1, 0)
    with pytest.raises(NodeFails):
        outputs("SetFirstSigma", sigmas=Sigmas(()), sigma=1.0)


def test_what_is_unknown() -> None:
    with pytest.raises(Undecided):
        outputs("BasicScheduler", model=Opaque("MODEL", {"unknown": "new"}), scheduler="simple", steps=4, denoise=1.0)
    with pytest.raises(Undecided):
        outputs("GITSScheduler", coeff=Unknown("a number", 0), steps=4, denoise=1.0)
    with pytest.raises(Undecided, match="not worked out"):
        outputs("KarrasScheduler", steps=10**12)


@given(st.sampled_from(FAMILIES), st.sampled_from(sorted(SCHEDULERS)), st.integers(2, 60))
def test_schedules_fall_to_zero(sampling: Sampling, scheduler: str, steps: int) -> None:
    found = SCHEDULERS[scheduler](sampling, steps)
    assert all(math.isfinite(level) for level in found)
    assert all(first >= second - 1e-9 for first, second in pairwise(found))
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert found[0] <= sampling.at(-1) * (1 + 1e-6)
    # Beta leaves out what it would say twice, and DDIM may take one more than it was asked for.
    assert len(found) <= steps + 1 or scheduler == "ddim_uniform"


@given(st.sampled_from(FAMILIES), st.floats(0.05, 0.95))
def test_clocks_run_both_ways(sampling: Sampling, part: float) -> None:
    level = sampling.at(round(part * (sampling.count - 1)))
    again = sampling.sigma(sampling.time(level))
    if isinstance(sampling, (Cascade, Flow, FluxFlow)):
        # Their time knows nothing of the shift, so the way back shifts once more.
        assert again >= level * (1 - 1e-9)
    else:
        assert again == pytest.approx(level, rel=1e-3)


@given(st.sampled_from(FAMILIES))
def test_tables_rise(sampling: Sampling) -> None:
    table = [sampling.at(index) for index in range(sampling.count)]
    assert all(first <= second for first, second in pairwise(table))
    assert sampling.at(-1) == table[-1]
    assert sampling.at_percent(1) == 0
    assert sampling.at_percent(0.3) >= sampling.at_percent(0.7)


@given(st.sampled_from([0.8, 1.0, 1.2, 1.5]), st.integers(2, MOST))
def test_gits_falls(coefficient: float, steps: int) -> None:
    found = gits_levels(coefficient, steps)
    assert len(found) == steps + 1
    assert all(first > second for first, second in pairwise(found))


@given(st.floats(0.001, 0.999), st.floats(0.2, 6), st.floats(0.2, 6))
def test_quantiles_of_beta(part: float, first: float, second: float) -> None:
    # Turned round, the distribution is that of the numbers turned round.
    found = beta_quantile(part, first, second)
    assert 0 <= found <= 1
    assert found == pytest.approx(1 - beta_quantile(1 - part, second, first), abs=1e-6)
    assert beta_quantile(part, 1, 1) == pytest.approx(part, abs=1e-9)
    assert beta_quantile(part, first, 1) == pytest.approx(part ** (1 / first), abs=1e-6)


def test_samplings_of_names() -> None:
    assert SDXL.facts["sampling"] == Diffusion()
    assert model_of("checkpoints", "svd_xt.safetensors").facts["sampling"] == Continuous(0.002, 700.0)
    assert model_of("diffusion_models", "wan2.1_t2v_1.3B_fp16.safetensors").facts["sampling"] == Flow(8.0)
    assert "unknown" in model_of("checkpoints", "abc.safetensors").facts
