"""A server that cannot execute any more says so, and is ready again once it can."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ryla_graphs import Workflow
from ryla_graphs.engines import connect
from ryla_graphs.engines.comfyui import ComfyUI, diagnosis
from ryla_graphs.engines.comfyui.diagnosis import failure
from ryla_graphs.engines.events import Failed, Finished
from ryla_graphs.nodes import LoadImage, SaveImage
from ryla_graphs.problems import ExecutionFailed, OutOfMemory
from tests.engines.following import ERROR, WORKFLOW, followed, story
from tests.engines.stub import Script, serving

FAULT = ERROR | {"exception_message": "CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA\n"}


def test_a_broken_process_is_not_ready_until_it_is_restarted() -> None:
    with serving(Script(errors=[FAULT, None])) as (engine, _):
        assert engine.health().ready
        last = story(engine)[-1]
        assert isinstance(last, Failed) and isinstance(last.error, ExecutionFailed)
        health = engine.health()
        assert not health.ready and health.queued == 0
        assert "needs a restart" in health.reason and "device-side assert" in health.reason
        # That another run went well is no proof.
        story(engine)
        assert not engine.health().ready
        engine.client.request("POST", "/stub/restart")
        assert engine.health().ready and engine.health().reason == ""


def test_failures_in_a_row_give_a_server_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(diagnosis, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(diagnosis, "FAST_SECONDS", 60.0)
    with serving(Script(errors=[*[ERROR] * 4, None, *[ERROR] * 5])) as (engine, _):
        for _ in range(4):
            story(engine)
        assert engine.health().ready
        assert isinstance(story(engine)[-1], Finished)
        for _ in range(5):
            assert engine.health().ready
            story(engine)
        health = engine.health()
        assert not health.ready and "its last 5 runs failed at once" in health.reason
        now[0] += diagnosis.REST_SECONDS - 1
        assert not engine.health().ready
        now[0] += 1
        assert engine.health().ready


def test_bad_input_files_are_not_the_servers_fault() -> None:
    workflow = Workflow(SaveImage(images=LoadImage(image="a.png").named("photo").out.image)).compile()
    error = {"node_id": "photo", "node_type": "LoadImage", "exception_message": "cannot identify image file"}
    with serving(Script(error=error)) as (engine, _):
        for _ in range(8):
            assert followed(lambda: engine.start(workflow, {"a.png": b"x"}))[-1].kind == "failed"
        assert engine.health().ready


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("torch.OutOfMemoryError", "Allocation on device "),
        ("torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity"),
        ("RuntimeError", "HIP out of memory. Tried to allocate 20.00 MiB"),
        ("RuntimeError", "MPS backend out of memory (MPS allocated: 9 GB)"),
        ("torch.AcceleratorError", "CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        ("RuntimeError", "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: not enough memory"),
        ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        ("MemoryError", ""),
    ],
)
def test_messages_that_mean_out_of_memory(kind: str, text: str) -> None:
    shown = {"node_id": "sampler", "node_type": "KSampler", "exception_type": kind, "exception_message": text}
    error = failure(WORKFLOW, shown)
    assert isinstance(error, OutOfMemory) and error.node == "sampler"
    assert "\n" not in str(error)


@pytest.mark.parametrize("text", ["mat1 and mat2 shapes cannot be multiplied", "device mismatch", ""])
def test_other_words(text: str) -> None:
    error = failure(WORKFLOW, {"node_id": "sampler", "node_type": "KSampler", "exception_message": text})
    assert not isinstance(error, OutOfMemory)


def test_no_server_answers_is_not_ready() -> None:
    health = connect("http://127.0.0.1:9").health()
    assert not health.ready and "no ComfyUI answers at http://127.0.0.1:9" in health.reason and health.queued is None


def test_a_password_in_the_address_is_in_no_message() -> None:
    engine = ComfyUI("http://somebody:s3cret@127.0.0.1:9", headers={"X-Own": "1"})
    assert engine.client.headers == {"authorization": "Basic c29tZWJvZHk6czNjcmV0", "X-Own": "1"}
    assert "s3cret" not in engine.name + engine.health().reason
