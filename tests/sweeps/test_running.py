"""Sweeps that run: every cell saved by name, and what fails loses nothing else."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import Workflow, presets
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines import Artifact, Health, Inputs, Run, connect
from ryla_graphs.engines.events import Cancelled as CancelledEvent
from ryla_graphs.engines.events import Event, Failed, Queued
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.nodes import EmptyImage, ImageInvert, LoadImage, PreviewAny, PreviewImage, SaveImage
from ryla_graphs.presets.flux_dev import flux_dev
from ryla_graphs.problems import EngineRefused, EngineUnreachable, ExecutionFailed
from ryla_graphs.sweeps import CellResult, Grid, grid, run_grid, save_sweep

SMALL: dict[str, Any] = {"prompt": "a red bicycle", "width": 64, "height": 64, "steps": 1}


def two_by_two() -> Grid:
    return grid(flux_dev, {"seed": [1, 2], "guidance": [2.5, 3.5]}, SMALL)


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


class Engine(Simulator):
    """The simulator, but one run at a time, and what `fail` does to a run happens."""

    slots = 1

    def __init__(self, fail: Callable[[CompiledWorkflow], Run | None] = lambda _: None) -> None:
        super().__init__()
        self.started: list[CompiledWorkflow] = []
        self._fail = fail

    def start(self, workflow: CompiledWorkflow, inputs: Inputs | None = None, **options: Any) -> Any:
        self.started.append(workflow)
        return self._fail(workflow) or super().start(workflow, inputs, **options)


class Endless:
    """A run that ends when it is cancelled."""

    id = "endless"

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def events(self) -> Iterator[Event]:
        yield Queued(self.id)
        if self.cancelled.wait(60):
            yield CancelledEvent(self.id)

    def cancel(self) -> None:
        self.cancelled.set()


@pytest.mark.parametrize("one_graph", [False, True])
def test_every_cell_is_saved_under_its_name(one_graph: bool, tmp_path: Path) -> None:
    made = two_by_two()
    saved = save_sweep(made, run_grid(connect(), made, one_graph=one_graph), tmp_path, engine="simulator")
    names = {f"guidance={guidance},seed={seed}" for guidance in (2.5, 3.5) for seed in (1, 2)}
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.png" for name in names} | {
        "contact_sheet.png",
        "sweep.json",
    }
    manifest = json.loads((tmp_path / "sweep.json").read_text())
    assert manifest == json.loads(json.dumps(saved.manifest))
    assert manifest["axes"] == {"seed": [1, 2], "guidance": [2.5, 3.5]} and manifest["fixed"] == SMALL
    assert manifest["engine"] == "simulator" and manifest["simulated"] is True and manifest["preset"] == "flux-dev"
    for cell, row in zip(made, manifest["cells"], strict=True):
        assert row["name"] == cell.name and row["values"] == cell.values and row["seed"] == cell.values["seed"]
        assert row["files"] == [f"{cell.name}.png"] and row["error"] is None
        assert row["parameters"]["guidance"] == cell.values["guidance"]
    with Image.open(tmp_path / "contact_sheet.png") as sheet:
        assert "SIMULATED" in sheet.info["simulated"]


def test_both_ways_give_the_same_pictures(tmp_path: Path) -> None:
    for way in (False, True):
        made = two_by_two()
        save_sweep(made, run_grid(connect(), made, one_graph=way), tmp_path / str(way))
    for path in (tmp_path / "True").glob("*seed*.png"):
        with Image.open(path) as one, Image.open(tmp_path / "False" / path.name) as other:
            assert one.tobytes() == other.tobytes()


def test_nothing_on_disk_is_overwritten(tmp_path: Path) -> None:
    for seed in (1, 2):
        made = grid(flux_dev, {"guidance": [2.5]}, SMALL, seed=seed)
        save_sweep(made, run_grid(connect(), made), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}{number}{suffix}"
        for name, suffix in (("guidance=2.5", ".png"), ("contact_sheet", ".png"), ("sweep", ".json"))
        for number in ("", "_00002_")
    }
    again = json.loads((tmp_path / "sweep_00002_.json").read_text())
    assert again["cells"][0]["files"] == ["guidance=2.5_00002_.png"]
    assert again["contact_sheet"] == "contact_sheet_00002_.png"


def test_a_cell_that_fails_loses_no_other(tmp_path: Path) -> None:
    def load(image: str) -> Workflow:
        return Workflow(SaveImage(images=ImageInvert(image=LoadImage(image=image).named("photo").out.image)))

    made = grid(load, {"image": ["good.png", "bad.png", "fine.png"]})
    inputs = {"good.png": png("red"), "bad.png": b"no picture", "fine.png": png("blue")}
    saved = save_sweep(made, run_grid(connect(), made, inputs), tmp_path)
    assert list(saved.failures) == ["image=bad.png"] and "LoadImage 'photo'" in saved.failures["image=bad.png"]
    files = {cell["name"]: cell["files"] for cell in saved.manifest["cells"]}
    assert files == {
        "image=good.png": ["image=good.png.png"],
        "image=bad.png": [],
        "image=fine.png": ["image=fine.png.png"],
    }
    assert saved.manifest["cells"][1]["code"] == "node_failed"


def test_one_graph_that_fails_keeps_the_cells_that_had_arrived(tmp_path: Path) -> None:
    def load(image: str) -> Workflow:
        return Workflow(SaveImage(images=LoadImage(image=image).named("photo").out.image).named("save"))

    made = grid(load, {"image": ["good.png", "bad.png", "fine.png"]})
    inputs = {"good.png": png("red"), "bad.png": b"no picture", "fine.png": png("blue")}
    saved = save_sweep(made, run_grid(connect(), made, inputs, one_graph=True), tmp_path)
    assert [cell["files"] for cell in saved.manifest["cells"]] == [["image=good.png.png"], [], []]
    assert list(saved.failures) == ["image=bad.png", "image=fine.png"]


def test_a_cell_that_is_refused_loses_no_other() -> None:
    def fail(workflow: CompiledWorkflow) -> None:
        if workflow.parameters["seed"] == 2:
            raise EngineRefused("not this one")

    results = list(run_grid(Engine(fail), two_by_two()))
    assert [str(result.error) for result in results if result.error] == ["not this one"] * 2
    assert all(result.outputs for result in results if not result.error)


def test_an_engine_that_is_not_there_is_reported_at_once() -> None:
    class Gone(Engine):
        def health(self) -> Health:
            return Health(ready=False, reason="nothing answers")

    engine = Gone()
    with pytest.raises(EngineUnreachable, match="nothing answers"):
        run_grid(engine, two_by_two())
    assert engine.started == []


def test_once_the_engine_is_gone_the_rest_is_not_tried(tmp_path: Path) -> None:
    def fail(workflow: CompiledWorkflow) -> None:
        if len(engine.started) == 2:
            raise EngineUnreachable("gone")

    engine = Engine(fail)
    made = two_by_two()
    saved = save_sweep(made, run_grid(engine, made), tmp_path)
    assert len(engine.started) == 2
    assert list(saved.failures.values()) == ["gone"] * 3
    assert len(list(tmp_path.glob("*seed*.png"))) == 1


def test_inputs_that_no_cell_names_are_refused() -> None:
    engine = Engine()
    with pytest.raises(EngineRefused, match=r"names no input file 'me\.png'"):
        run_grid(engine, two_by_two(), {"me.png": b""})
    assert engine.started == []


def test_as_many_run_at_once_as_the_engine_takes() -> None:
    together = threading.Barrier(2, timeout=60)

    class Two(Engine):
        slots = 2

    def fail(workflow: CompiledWorkflow) -> None:
        together.wait()

    assert len(list(run_grid(Two(fail), two_by_two()))) == 4


def test_stopping_cancels_what_runs_and_begins_nothing_more() -> None:
    endless = Endless()
    engine = Engine(lambda workflow: endless if len(engine.started) == 2 else None)
    results = run_grid(engine, two_by_two())
    assert next(iter(results)).error is None
    results.close()  # type: ignore[attr-defined]
    assert endless.cancelled.is_set() or len(engine.started) == 1
    assert len(engine.started) <= 2


def test_an_interrupt_leaves_what_there_is(tmp_path: Path) -> None:
    made = two_by_two()

    def interrupted() -> Iterator[CellResult]:
        yield next(iter(run_grid(connect(), made)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_sweep(made, interrupted(), tmp_path)
    manifest = json.loads((tmp_path / "sweep.json").read_text())
    assert sorted(str(cell["error"]) for cell in manifest["cells"]) == ["None", *["did not run"] * 3]
    assert (tmp_path / "contact_sheet.png").exists()


def test_an_output_that_can_no_longer_be_read_is_a_failure_of_its_cell(tmp_path: Path) -> None:
    def gone() -> bytes:
        raise EngineUnreachable("the file is gone")

    made = grid(flux_dev, {"seed": [1]}, SMALL)
    (result,) = run_grid(connect(), made)
    lost = Artifact("save", "image", "x.png", read=gone)
    saved = save_sweep(made, [CellResult(result.cell, (lost,))], tmp_path)
    assert saved.failures == {"seed=1": "the file is gone"}


def test_several_outputs_have_different_names(tmp_path: Path) -> None:
    def views(color: int) -> Workflow:
        image = EmptyImage(width=32, height=32, color=color)
        front = SaveImage(images=image).named("front")
        return Workflow(front, PreviewImage(images=image).named("side"), PreviewAny(source="said").named("row"))

    made = grid(views, {"color": [0, 255]})
    saved = save_sweep(made, run_grid(connect(), made, one_graph=True), tmp_path)
    assert [sorted(cell["files"]) for cell in saved.manifest["cells"]] == [
        [f"color={colour},{name}" for name in ("front.png", "row.txt", "side.png")] for colour in (0, 255)
    ]


def test_batches_are_numbered(tmp_path: Path) -> None:
    def batch(color: int) -> Workflow:
        return Workflow(SaveImage(images=EmptyImage(width=32, height=32, batch_size=2, color=color)))

    made = grid(batch, {"color": [0]})
    saved = save_sweep(made, run_grid(connect(), made), tmp_path)
    assert saved.manifest["cells"][0]["files"] == ["color=0,1.png", "color=0,2.png"]


def test_a_run_that_breaks_is_reported_with_its_reason() -> None:
    class Broken(Endless):
        def events(self) -> Iterator[Event]:
            yield Failed(self.id, ExecutionFailed("no memory", node="sampler"))

    results = list(run_grid(Engine(lambda _: Broken()), two_by_two()))
    assert {str(result.error) for result in results} == {"no memory"}


@pytest.mark.parametrize("name", ["character-sheet", "wan-t2v"])
def test_other_presets_leave_a_sheet_too(name: str, tmp_path: Path) -> None:
    preset = presets.get(name)
    made = grid(preset, {"seed": [1, 2]}, preset.example)
    inputs = {"me.png": png("tan")} if "referenceImage" in preset.example else {}
    saved = save_sweep(made, run_grid(connect(), made, inputs), tmp_path)
    assert not saved.failures and saved.contact_sheet.exists()
