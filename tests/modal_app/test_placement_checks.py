"""What is refused before a GPU is paid for: weights that are not on the volume, classes that no container has."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from modal.exception import Error as ModalError

from ryla_graphs import CompiledWorkflow, Workflow, catalogs, presets
from ryla_graphs.modal_deploy.placement import VolumeFiles, gpu_for, missing, placing
from ryla_graphs.modal_deploy.reported import Reported
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.problems import CannotRunHere, EngineUnreachable
from ryla_graphs.prompt import Prompt
from ryla_graphs.server.job_options import NO_OPTIONS, JobOptions
from ryla_graphs.weights import needed

SETTINGS = ModalSettings()


class Volume:
    """A volume of Modal's that gives one listing after the other, and then the last one again."""

    def __init__(self, *listings: set[str] | Exception) -> None:
        self.listings = [*listings]
        self.asked = 0

    def listdir(self, path: str, *, recursive: bool) -> list[Any]:
        assert (path, recursive) == ("/", True)
        listing = self.listings[min(self.asked, len(self.listings) - 1)]
        self.asked += 1
        if isinstance(listing, Exception):
            raise listing
        rows = [(name, "FILE") for name in listing] + [("vae", "DIRECTORY")]
        return [SimpleNamespace(path=f"/{name}", type=SimpleNamespace(name=kind)) for name, kind in rows]

    def files(self, seconds: float = 1000.0) -> VolumeFiles:
        return VolumeFiles(cast("Any", self), seconds)


class Containers:
    """What GPU containers have reported."""

    def __init__(self, circuit: str = "", lacking: Mapping[str, str] | None = None) -> None:
        self._circuit, self._lacking = circuit, lacking or {}

    def circuit(self) -> str:
        return self._circuit

    def lacking(self) -> Mapping[str, str]:
        return self._lacking


def compiled(name: str = "flux-lora") -> CompiledWorkflow:
    preset = presets.get(name)
    return preset.build(preset.example).compile()


def files_of(workflow: CompiledWorkflow) -> set[str]:
    prompt = Prompt(workflow.document, catalogs.bundled())
    return {f"{need.folder}/{need.name}" for need in needed(prompt) if need.folder != "loras"}


def place(workflow: CompiledWorkflow, volume: Volume | None = None, containers: Containers | None = None) -> str | None:
    reported = cast("Reported", containers) if containers is not None else None
    return placing(SETTINGS, volume.files() if volume else None, reported)(workflow, NO_OPTIONS)


def test_a_listing_is_remembered_for_its_time_and_has_files_alone() -> None:
    volume = Volume({"vae/ae.safetensors"}, set())
    files = volume.files()
    assert files() == files() == {"vae/ae.safetensors"} and volume.asked == 1
    assert files(fresh=True) == files() == set() and volume.asked == 2
    again = Volume(set())
    for _ in range(3):
        again.files(seconds=0)()
    forgetful = again.files(seconds=-1)
    assert forgetful() == forgetful() and again.asked == 5


def test_where_all_is_there_the_plan_chooses() -> None:
    workflow = compiled()
    volume = Volume(files_of(workflow))
    assert place(workflow, volume, Containers()) == place(workflow) == gpu_for(SETTINGS, workflow, NO_OPTIONS)
    assert volume.asked == 1, "what is on the volume is not listed again"


def test_each_file_that_is_missing_is_reported_with_the_command_that_brings_it() -> None:
    workflow = compiled()
    wanted = sorted(files_of(workflow))
    with pytest.raises(CannotRunHere) as raised:
        place(workflow, Volume(set(wanted[1:])))
    (problem,) = raised.value.problems
    assert (problem.code, problem.given) == ("weights_missing", wanted[0].partition("/")[2])
    assert problem.hint == "modal run runtime_modal.py::pull --preset flux-lora"
    with pytest.raises(CannotRunHere) as raised:
        place(Workflow.load(workflow.document).compile(), Volume(set()))
    assert len(raised.value.problems) == len(wanted)
    assert all(f"pull --file {problem.given}" in (problem.hint or "") for problem in raised.value.problems)


def test_a_pull_that_has_just_ended_counts() -> None:
    workflow = compiled()
    volume = Volume(set(), files_of(workflow))
    assert missing(workflow.document, volume.files()) == [] and volume.asked == 2


def test_a_folder_of_files_is_there_where_a_file_is_below_it() -> None:
    workflow = compiled()
    first, *others = sorted(files_of(workflow))
    assert missing(workflow.document, Volume({f"{first}/part-1.safetensors", *others}).files()) == []
    assert len(missing(workflow.document, Volume({f"{first}-1.safetensors", *others}).files())) == 1


def test_where_modal_is_silent_the_worker_looks() -> None:
    assert missing(compiled().document, Volume(ModalError("no answer")).files()) == []


def test_a_class_that_containers_lack_is_refused() -> None:
    workflow = compiled()
    lacking = Containers(
        lacking={"LoraLoaderModelOnly": "the pack did not load", "LoraLoader": "the pack did not load"}
    )
    with pytest.raises(CannotRunHere, match="the pack did not load"):
        place(workflow, None, lacking)
    assert place(workflow, None, Containers(lacking={"Other": "x"})) == place(workflow)


def test_an_open_circuit_takes_nothing() -> None:
    with pytest.raises(EngineUnreachable, match="failed to start"):
        place(compiled(), None, Containers("the last 3 GPU containers failed to start"))


def test_the_name_of_a_gpu_that_is_not_offered_is_cut() -> None:
    with pytest.raises(CannotRunHere) as raised:
        gpu_for(SETTINGS, compiled(), JobOptions(gpu="X" * 60))
    (problem,) = raised.value.problems
    assert problem.given == "X" * 40 and f"'{'X' * 40}'" in problem.message
