"""Which GPU a graph gets on Modal: the caller's, RYLA's, or the plan's."""

from __future__ import annotations

import pytest

from ryla_graphs import CompiledWorkflow, presets
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.modal_deploy.placement import gpu_for
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.plan import GPUS
from ryla_graphs.problems import CannotRunHere
from ryla_graphs.ryla import GPU_WISHES
from ryla_graphs.server.job_options import NO_OPTIONS, JobOptions

SETTINGS = ModalSettings()


def compiled(name: str) -> CompiledWorkflow:
    preset = presets.get(name)
    return preset.build(preset.example).compile()


@pytest.mark.parametrize("name", presets.NAMES)
def test_a_preset_gets_rylas_gpu_where_it_fits_and_one_that_fits_otherwise(name: str) -> None:
    workflow = compiled(name)
    chosen = gpu_for(SETTINGS, workflow, NO_OPTIONS)
    wanted = GPU_WISHES.get(name)
    assert workflow.plan.on(chosen or SETTINGS.fallback[0]).runs
    if wanted is not None and workflow.plan.on(wanted).runs:
        assert wanted == (chosen or SETTINGS.fallback[0])


@pytest.mark.parametrize("name", presets.NAMES)
def test_only_what_fits_the_whole_list_is_left_to_it(name: str) -> None:
    workflow = compiled(name)
    if gpu_for(SETTINGS, workflow, NO_OPTIONS) is None:
        assert all(workflow.plan.on(gpu).runs for gpu in SETTINGS.fallback)


@pytest.mark.parametrize("gpu", GPUS)
def test_a_pinned_gpu_is_that_one_or_none(gpu: str) -> None:
    workflow = compiled("flux-dev")
    try:
        assert gpu_for(SETTINGS, workflow, JobOptions(gpu=gpu)) == gpu
    except CannotRunHere:
        assert not workflow.plan.on(gpu).runs


def test_who_says_what_it_may_cost_gets_none_that_costs_more() -> None:
    workflow = compiled("flux-dev")
    alone = Pricing.of(SETTINGS).alone
    usd = alone(workflow.plan.on("L40S"))
    assert usd is not None and usd > 5 * (workflow.plan.on("L40S").usd_an_image or 1)  # cold start and idle window
    chosen = gpu_for(SETTINGS, workflow, JobOptions(max_cost_usd=usd))
    assert chosen is not None and (alone(workflow.plan.on(chosen)) or 0) <= usd
    with pytest.raises(CannotRunHere, match="costs more"):
        gpu_for(SETTINGS, workflow, JobOptions(max_cost_usd=usd / 1000))


def test_a_gpu_that_is_not_offered() -> None:
    settings = ModalSettings(gpus=("L4", "A10"), fallback=("A10",))
    with pytest.raises(CannotRunHere, match="no GPU 'H100'"):
        gpu_for(settings, compiled("flux-dev"), JobOptions(gpu="H100"))
    assert gpu_for(settings, compiled("sdxl-instantid"), NO_OPTIONS) is None
