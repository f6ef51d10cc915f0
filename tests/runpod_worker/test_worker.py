"""Our worker for RunPod: its jobs on the simulator, through the engine that sends them, and its image."""

from __future__ import annotations

import ast
import base64
import importlib
import subprocess
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.cli.lock import _dockerfile
from ryla_graphs.engines import Artifact
from ryla_graphs.engines.runpod.orders import order_of
from ryla_graphs.engines.runpod.ours import artifacts_of_ours
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.lockfile import Lock
from ryla_graphs.lockfile.image_commands import COMFYUI, pack_commands, pins_of, rule_commands
from ryla_graphs.nodes import EmptyImage, ImageInvert, LoadImage, PreviewAny, SaveImage
from ryla_graphs.problems import EngineError, EngineRefused, ExecutionFailed, InvalidSettings, RunLost
from ryla_graphs.runpod_deploy.dockerfile import dockerfile
from ryla_graphs.runpod_deploy.reports import ProgressReports
from ryla_graphs.runpod_deploy.worker import Worker
from tests.conftest import ROOT
from tests.engines.stub.script import PNG
from tests.server.scripted import ScriptedEngine, ending

PLAIN = Workflow(SaveImage(images=EmptyImage(width=8, height=8)).named("save"))
LOCK = Lock.read(ROOT / "ryla.lock")


def through(worker: Worker, workflow: Workflow, inputs: dict[str, bytes] | None = None) -> tuple[Artifact, ...]:
    """What the engine makes of what the worker gives, for what the engine sends."""
    compiled = workflow.compile()
    order = order_of(compiled, inputs or {}, str(uuid.uuid4()), "ryla", previews=False)

    def never(link: str) -> bytes:
        raise AssertionError(link)

    return artifacts_of_ours(worker.handle({"id": "j", "input": order.input}), compiled, never)


def worker(engine: Any = None) -> tuple[Worker, list[Any]]:
    reported: list[Any] = []
    return Worker(engine or Simulator(), lambda _, facts: reported.append(facts)), reported


def test_outputs_of_every_kind_and_progress() -> None:
    made, reported = worker()
    picture = LoadImage(image="face.png").out[0]
    both = Workflow(SaveImage(images=ImageInvert(image=picture)).named("save"), PreviewAny(source="hello").named("say"))
    outputs = through(made, both, {"face.png": PNG})
    assert {output.node: output.kind for output in outputs} == {"save": "image", "say": "text"}
    assert next(output for output in outputs if output.node == "say").read() == b"hello"
    assert reported and {"node", "class_type"} <= reported[0].keys()


def test_the_input_of_the_official_worker_is_taken_too() -> None:
    made, _ = worker()
    workflow = Workflow(SaveImage(images=LoadImage(image="face.png").out[0])).compile()
    images = [{"name": "face.png", "image": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}]
    answer = made.handle({"id": "j", "input": {"workflow": dict(workflow.document), "images": images}})
    assert [row["kind"] for row in answer["outputs"]] == ["image"]


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"workflow": "x"},
        {"workflow": {}},
        {"ryla_job": {"run": 1}},
        {"workflow": {"1": {"class_type": "No", "inputs": {}}}},
    ],
)
def test_an_input_that_is_none_is_refused(given: Any) -> None:
    made, _ = worker()
    failed = made.handle({"id": "j", "input": given})["failed"]
    assert failed["code"] == "engine_refused" and failed["message"]


def test_failures_keep_their_node() -> None:
    made, _ = worker(ScriptedEngine(ending(ExecutionFailed("boom", node="save", class_type="SaveImage"))))
    with pytest.raises(ExecutionFailed, match="boom") as failed:
        through(made, Workflow(SaveImage(images=EmptyImage(width=8, height=8)).named("save")))
    assert failed.value.node == "save"
    broken = ScriptedEngine(RunLost("gone"))
    broken.needs_restart = True  # type: ignore[attr-defined]
    answer = Worker(broken, lambda *_: None).handle(
        {
            "id": "j",
            "input": {"workflow": dict(Workflow(SaveImage(images=EmptyImage(width=8, height=8))).compile().document)},
        }
    )
    assert answer["refresh_worker"] and answer["failed"]["code"] == "run_lost"


def test_no_progress_comes_after_the_end() -> None:
    """RunPod's SDK sends each update from a thread; one that came late would bring the job back to life."""
    sent: list[float] = []

    def send(_: Any) -> None:
        def late() -> None:
            time.sleep(0.1)
            sent.append(time.monotonic())

        threading.Thread(target=late).start()

    reports = ProgressReports(send, seconds=0)
    reports.put({"node": "1"})
    reports.put({"node": "2"})
    reports.close()
    assert len(sent) == 1 and sent[0] <= time.monotonic()

    def fails(_: Any) -> None:
        raise EngineError("no network")

    ProgressReports(fails).put({})


def test_the_dockerfile_has_what_the_lock_has(tmp_path: Path) -> None:
    """`ryla-graphs lock --dockerfile` writes it; tests of the README run that command."""
    text = dockerfile(LOCK)
    assert text == dockerfile(LOCK) and f"FROM python:{LOCK.python}-slim" in text
    assert LOCK.comfyui.commit is None or LOCK.comfyui.commit in text
    for pack in LOCK.packs:
        assert f"https://github.com/{pack.repository}.git {pack.commit}" in text
    assert all(pin in text for pin in (*LOCK.requirements, *LOCK.comfyui.requirements))
    commands = "\n".join(part for part in text.split("\nRUN ")[1:])
    shell = commands.partition("\nCOPY ")[0].replace("\n# ", "\n: ")
    assert subprocess.run(["sh", "-n"], input=shell, text=True, capture_output=True, check=False).stderr == ""
    file = tmp_path / "Dockerfile"
    assert _dockerfile(LOCK, file, check=True) and not file.exists()
    assert _dockerfile(LOCK, file, check=False) and not _dockerfile(LOCK, file, check=True)
    assert file.read_text() == text


def test_a_pack_in_the_dockerfile_is_brought_as_in_an_image_on_modal(tmp_path: Path) -> None:
    """The same commands, whose effect tests of `modal_app` show: fixes, packages within the pins, install scripts."""
    mine = replace(LOCK.packs[0], folder="mine", path="./mine", own_requirements=True, system=("libsndfile1",))
    lock = replace(LOCK, packs=(mine, *LOCK.packs))
    text = dockerfile(lock)
    for pack in lock.packs:
        assert " \\\n && ".join(pack_commands(pack, COMFYUI, pins_of(lock))) in text
    assert "COPY ./mine /opt/ComfyUI/custom_nodes/mine\n" in text and "libsndfile1" in text
    assert text.index("custom_nodes/mine") > text.index(f"custom_nodes/{LOCK.packs[-1].folder}")
    rules = " \\\n && ".join(rule_commands(lock))
    assert text.count(rules) == 1 and text.index(rules) < text.index("runpod==")


@pytest.mark.parametrize("path", ["../mine", "/home/me/mine", "~/mine", "packs/../../mine"])
def test_a_pack_that_docker_does_not_see_is_reported(path: str) -> None:
    lock = replace(LOCK, packs=(replace(LOCK.packs[0], path=path),))
    with pytest.raises(InvalidSettings, match="move it into the project"):
        dockerfile(lock)


def test_errors_of_other_versions_are_reported() -> None:
    refused = {"ryla": 1, "failed": {"code": "engine_refused", "message": "x"}}
    with pytest.raises(EngineRefused):
        artifacts_of_ours(refused, PLAIN.compile(), lambda _: b"")


def test_the_entry_point_imports_names_that_exist() -> None:
    """Read without RunPod's SDK, which may not be installed."""
    tree = ast.parse((ROOT / "runtime_runpod.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [node for node in imports if (node.module or "").startswith("ryla_graphs")]
    missing = [
        f"{node.module}.{name.name}"
        for node in own
        for name in node.names
        if not hasattr(importlib.import_module(node.module or ""), name.name)
    ]
    assert own and missing == []
