"""`run` with a workflow that is not compiled: the engine's own catalog judges it, and `partial` runs what is good."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import Workflow, catalogs
from ryla_graphs.engines import connect, run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Event, Finished, Queued
from ryla_graphs.engines.partial import optional
from ryla_graphs.engines.wire_format import load_event
from ryla_graphs.nodes import EmptyImage, ImageInvert, LoadImage, SaveImage, SaveLatent, VAEEncode, VAELoader
from ryla_graphs.problems import EngineRefused, InvalidWorkflow, OutputMissing
from tests.engines.following import NO_MEMORY, followed
from tests.engines.stub import HASTY, Script, file, serving
from tests.graphs import text_to_image

RUN = "9a2b0e52-6c7b-4a53-9a4d-3f3f0f0f0f0f"
SERVED = catalogs.bundled("core").entries()
OUTPUTS = {"save": {"images": [file("1.png"), file("2.png")]}}


def server(**facts: Any) -> Any:
    return serving(Script(object_info={**SERVED, **facts.pop("classes", {})}, **facts))


def test_the_engines_own_catalog_judges() -> None:
    loader = {"input": {"required": {"ckpt_name": [["mine.safetensors"], {}]}}, "output": ["MODEL", "CLIP", "VAE"]}
    with server(outputs=OUTPUTS) as (engine, _):
        assert len(run(engine, text_to_image()).outputs) == 2
    with server(classes={"CheckpointLoaderSimple": loader}) as (engine, stub):
        with pytest.raises(InvalidWorkflow, match=r"sd_xl_base_1\.0"):
            run(engine, text_to_image())
        assert stub.submitted == []
        assert text_to_image().validate() == []


def test_a_class_that_only_the_server_has() -> None:
    shout = {"input": {"required": {"image": ["IMAGE"]}}, "output": ["IMAGE"]}
    document = {
        "a": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "b": {"class_type": "Shout", "inputs": {"image": ["a", 0]}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["b", 0], "filename_prefix": "x"}},
    }
    with server(classes={"Shout": shout}, outputs=OUTPUTS) as (engine, _):
        assert len(run(engine, Workflow.load(document)).outputs) == 2
    with pytest.raises(InvalidWorkflow, match="Shout"):
        run(connect(), Workflow.load(document))


def test_files_that_are_brought_are_not_missed() -> None:
    load = {"input": {"required": {"image": [["other.png"], {"image_upload": True}]}}, "output": ["IMAGE", "MASK"]}
    workflow = Workflow(SaveImage(images=LoadImage(image="me.png").out.image).named("save"))
    with server(classes={"LoadImage": load}, outputs=OUTPUTS) as (engine, stub):
        run(engine, workflow, {"me.png": b"face"})
        assert list(stub.uploads.values()) == [b"face"]


def test_an_interrupt_while_the_server_takes_the_graph_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Script(waits=True)) as (engine, stub):
        request = engine.client.request

        def interrupted(method: str, path: str, **options: Any) -> Any:
            answer = request(method, path, **options)
            if path == "/prompt":
                raise KeyboardInterrupt
            return answer

        monkeypatch.setattr(engine.client, "request", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(engine, text_to_image().compile())
        assert stub.cancelled == [stub.submitted[0]["prompt_id"]]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_an_exit_cancels_the_run(ending: type[BaseException]) -> None:
    def end(event: Event) -> None:
        if event.kind == "node":
            raise ending

    with serving(Script(waits=True)) as (engine, stub):
        with pytest.raises(ending):
            run(engine, text_to_image().compile(), on_event=end)
        assert set(stub.cancelled) == {stub.submitted[0]["prompt_id"]}


def halves() -> Workflow:
    """One good output, and one behind a weight file that the server lacks."""
    picture = EmptyImage(width=64, height=64, color=0)
    latent = VAEEncode(pixels=picture, vae=VAELoader(vae_name="no_such.safetensors").named("vae"))
    good = SaveImage(images=ImageInvert(image=picture)).named("save")
    return Workflow(good, SaveLatent(samples=latent).named("bad"))


LOADER = {"input": {"required": {"vae_name": [["ae.safetensors"], {}]}}, "output": ["VAE"]}
REFUSED = {
    "vae": {
        "class_type": "VAELoader",
        "errors": [{"type": "value_not_in_list", "extra_info": {"input_name": "vae_name"}}],
        "dependent_outputs": ["bad"],
    }
}


def half_a_server(errors: dict[str, Any] = REFUSED, outputs: dict[str, Any] = OUTPUTS) -> Any:
    return server(classes={"VAELoader": LOADER}, refusal=(200, {"node_errors": errors}), outputs=outputs)


def test_the_good_part_runs_and_it_is_said() -> None:
    events: list[Event] = []
    with half_a_server() as (engine, stub):
        with pytest.raises(InvalidWorkflow, match="vae_name"):
            run(engine, halves())
        result = run(engine, halves(), partial=True, on_event=events.append)
        assert stub.cancelled == [] and "bad" in stub.submitted[0]["prompt"]
    assert [output.node for output in result.outputs] == ["save", "save"]
    assert [(problem.node, problem.input) for problem in result.left_out] == [("vae", "vae_name")]
    assert result.left_out[0].source and "test_judging.py:" in result.left_out[0].source
    assert isinstance(events[0], Queued) and [problem.node for problem in events[0].left_out] == ["vae"]
    again = load_event(events[0].to_dict(), lambda _: b"")
    assert isinstance(again, Queued) and again.left_out == events[0].left_out


def test_a_compiled_graph_has_no_catalog_to_ask_but_the_server() -> None:
    with half_a_server() as (engine, stub):
        with pytest.raises(EngineRefused, match="would leave out some outputs; `partial` runs the others"):
            run(engine, halves().compile())
        assert len(stub.cancelled) == 1
        assert [problem.node for problem in run(engine, halves().compile(), partial=True).left_out] == ["vae"]


def test_what_the_server_takes_it_delivers() -> None:
    with half_a_server({}) as (engine, _), pytest.raises(OutputMissing, match="SaveLatent 'bad' promised 1"):
        run(engine, halves().compile(), partial=True)
    with half_a_server(outputs={}) as (engine, _), pytest.raises(OutputMissing, match="SaveImage 'save' promised 1"):
        run(engine, halves(), partial=True)


def test_without_memory_the_same_part_runs_again() -> None:
    workflow = halves().compile()
    script = Script(refusal=(200, {"node_errors": REFUSED}), errors=[NO_MEMORY, None], outputs=OUTPUTS)
    with serving(script) as (engine, stub):
        last = followed(lambda: engine.start(optional(workflow)))[-1]
        assert last.kind == "finished" and len(stub.executed) == 2


@pytest.mark.parametrize("jobs_api", [True, False])
def test_a_part_that_is_resumed_misses_nothing_that_was_left_out(jobs_api: bool) -> None:
    workflow = optional(halves().compile())
    script = Script(refusal=(200, {"node_errors": REFUSED}), outputs=OUTPUTS, jobs_api=jobs_api)
    with serving(script) as (engine, _), ComfyUI(engine.client.address, patience=HASTY) as other:
        first = followed(lambda: engine.start(workflow, run_id=RUN))[-1]
        again = followed(lambda: other.resume(RUN, workflow))[-1]
        assert (first.kind, again.kind) == ("finished", "finished")
        assert isinstance(again, Finished) and [output.node for output in again.outputs] == ["save", "save"]
    script = Script(outputs=OUTPUTS, jobs_api=jobs_api)
    with serving(script) as (engine, _), ComfyUI(engine.client.address, patience=HASTY) as other:
        followed(lambda: engine.start(workflow, run_id=RUN))
        assert followed(lambda: other.resume(RUN, workflow))[-1].kind == "failed"


def test_nothing_good_is_no_part() -> None:
    vae = VAELoader(vae_name="no_such.safetensors")
    workflow = Workflow(SaveLatent(samples=VAEEncode(pixels=EmptyImage(), vae=vae)))
    with half_a_server() as (engine, stub):
        with pytest.raises(InvalidWorkflow, match="vae_name"):
            run(engine, workflow, partial=True)
        assert stub.submitted == []


def test_the_simulator_runs_the_good_part_too() -> None:
    picture = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    document = {
        "a": picture,
        "save": {"class_type": "SaveImage", "inputs": {"images": ["a", 0], "filename_prefix": "x"}},
        "bad": {"class_type": "SaveImage", "inputs": {"images": ["nowhere", 0], "filename_prefix": "x"}},
    }
    result = run(connect(), Workflow.load(document), partial=True)
    assert [output.node for output in result.outputs] == ["save"]
    assert [problem.node for problem in result.left_out] == ["bad"]
