"""A pipeline whose own code fails while it is served: what callers get, and what the log has."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import requests
from mcp import Client

from ryla_graphs import RequestFailed, RylaClient
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.mcp import Api, mcp_server
from ryla_graphs.pipelines import Pipelines, load
from ryla_graphs.problems import PipelineFailed
from ryla_graphs.server import SqliteStore, create_app
from tests.server.live import listening

CODE = """
from pathlib import Path
from typing import Literal

from ryla_graphs import Workflow, presets
from ryla_graphs.nodes import EmptyImage, SaveImage

HERE = Path(__file__).parent


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def ratio(width: int) -> float:
    return 100 / (width - width)


def odd(
    how: Literal[
        "well", "raise", "deep", "file", "exit", "loop", "list", "name", "value", "node", "ctrl-c", "mute"
    ] = "well",
) -> Workflow:
    # Does as it is asked.
    if how == "raise":
        raise RuntimeError("no\\nat all")
    if how == "deep":
        ratio(3)
    if how == "file":
        Path(HERE, "nothing").read_text()
    if how == "exit":
        raise SystemExit(3)
    while how == "loop":
        pass
    if how == "list":
        return [Workflow(SaveImage(images=EmptyImage()))]
    if how == "name":
        presets.get("nothing-like-it")
    if how == "ctrl-c":
        raise KeyboardInterrupt
    if how == "mute":
        raise Mute
    if how == "value":
        raise ValueError("not like that")
    return Workflow(SaveImage(images=EmptyImage(width=0 if how == "node" else 64)))
"""


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(CODE.splitlines(), start=1) if text in line)


FAULTS = {
    "raise": (line_of('RuntimeError("no'), "RuntimeError: no"),
    "deep": (line_of("return 100"), "ZeroDivisionError: division by zero"),
    "file": (line_of("read_text()"), "FileNotFoundError: [Errno 2] No such file or directory: 'nothing'"),
    "exit": (line_of("raise SystemExit"), "SystemExit: 3"),
    "ctrl-c": (line_of("raise KeyboardInterrupt"), "RuntimeError: KeyboardInterrupt"),
    "mute": (line_of("raise Mute"), "Mute"),
    "list": (line_of("def odd"), "`odd` gave list, not a Workflow"),
    "name": (line_of("nothing-like-it"), "NotFound: there is no preset 'nothing-like-it'"),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Pipelines:
    file = tmp_path_factory.mktemp("failing") / "my_odd.py"
    file.write_text(CODE)
    return Pipelines(load([str(file)]))


@pytest.fixture(scope="module")
def address(own: Pipelines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(own, tmp_path_factory.mktemp("data")) as address:
        yield address


@contextmanager
def served(pipelines: Pipelines, folder: Path) -> Iterator[str]:
    with listening(create_app(Simulator(), SqliteStore(folder), pipelines=pipelines)) as address:
        yield address


def called(address: str, body: Any, path: str = "/odd", **headers: str) -> requests.Response:
    return requests.post(f"{address}{path}", json=body, headers=headers, timeout=60)


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("path", ["/odd", "/presets/odd/graph"])
def test_a_fault_names_the_pipeline_and_the_line(how: str, path: str, address: str) -> None:
    line, said = FAULTS[how]
    answer = called(address, {"how": how}, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "pipeline_failed")
    assert error["message"].startswith(f"pipeline 'odd' failed at my_odd.py:{line}: {said}")
    (row,) = error["problems"]
    assert (row["code"], row["preset"], row["source"]) == ("pipeline_failed", "odd", f"my_odd.py:{line}")
    assert not re.search(r"/\w+/", answer.text), "a folder of the server"


def test_one_that_loops_is_stopped_and_its_line_named(tmp_path: Path) -> None:
    (tmp_path / "my_odd.py").write_text(CODE)
    for seconds in (0.2, 2.0, 20.0):  # a slow machine may need more than the short ones for the one that does not loop
        loaded = load([str(tmp_path / "my_odd.py")], build_seconds=seconds)
        if not loaded.presets:
            continue
        with served(Pipelines(loaded), tmp_path / f"data-{seconds}") as address:
            answer = called(address, {"how": "loop"})
            assert answer.json()["error"]["code"] == "pipeline_failed"
            assert re.search(rf"at my_odd.py:\d\d: it did not end in {seconds:g} s", answer.text)
            well = called(address, {})
        if well.status_code == 200:
            break
    assert well.status_code == 200


def test_what_it_says_of_its_parameters_or_its_graph_is_no_fault(address: str) -> None:
    refused = called(address, {"how": "value"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_parameters")
    assert "not like that" in refused.text
    bad = called(address, {"how": "node"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "invalid_workflow")
    assert "my_odd.py:" in bad.text and not re.search(r"/\w+/", bad.text)


def test_the_log_has_the_traceback_under_the_id_of_the_answer(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "ryla_graphs.server"):
        drawn = called(address, {"how": "deep"}).headers["x-request-id"]
        given = called(address, {"how": "deep"}, **{"X-Request-Id": "mine-7"}).headers["x-request-id"]
        odd = called(address, {"how": "deep"}, **{"X-Request-Id": "a b"}).headers["x-request-id"]
    assert given == "mine-7" and len({drawn, given, odd}) == 3 and len(odd) == 36
    first = next(row for row in caplog.records if f"request={drawn}" in row.getMessage())
    assert "pipeline 'odd' failed" in first.getMessage() and first.exc_info is not None
    assert first.exc_info[1] is not None and isinstance(first.exc_info[1].__cause__, ZeroDivisionError)


def test_in_python_it_is_an_error_with_the_file(own: Pipelines) -> None:
    with pytest.raises(PipelineFailed, match=r"my_odd.py:\d+: ZeroDivisionError") as failed:
        own.get("odd").build(how="deep")
    assert (failed.value.pipeline, failed.value.place) == ("odd", f"my_odd.py:{FAULTS['deep'][0]}")


def test_our_client_raises_it(address: str) -> None:
    with RylaClient(address) as client, pytest.raises(RequestFailed) as failed:
        client.submit("odd", how="deep")
    assert (failed.value.code, failed.value.status) == ("pipeline_failed", 500)
    assert f"my_odd.py:{FAULTS['deep'][0]}" in str(failed.value)


def test_an_agent_gets_it(address: str) -> None:
    async def work() -> Any:
        async with Client(mcp_server(lambda _: Api(address))) as client:
            return await client.call_tool("run", {"pipeline": "odd", "parameters": {"how": "deep"}})

    result = anyio.run(work)
    assert result.is_error
    assert "pipeline 'odd' failed at my_odd.py" in json.dumps([part.text for part in result.content])
