"""An agent at work, by the SDK's own client: from a wish in words, through wrong graphs, to a picture."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

from ryla_graphs import connect, create_app
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.mcp import Api, Limits, mcp_server
from ryla_graphs.mcp.gate import objection
from ryla_graphs.server import SqliteStore
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.settings import Settings
from tests.pipelines.own import written
from tests.server.clients import TestClient
from tests.server.live import listening

MOST_SCHEMA = 12_000
"""Bytes of all tools' schemas: what every conversation of an agent pays."""
SMALL = {"width": 64, "height": 64, "steps": 2}
WRONG: dict[str, Any] = {
    "1": {"class_type": "EmptyImag", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "agent"}},
}


@asynccontextmanager
async def agent(folder: Path, limits: Limits | None = None, **given: Any) -> AsyncIterator[Any]:
    """The SDK's client on tools in this process."""
    app = create_app(connect("simulator"), SqliteStore(folder))
    async with app.router.lifespan_context(app), Client(mcp_server(lambda _: Api(app=app), limits, **given)) as client:
        yield client


def texts(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


def run(work: Callable[[], Any]) -> None:
    anyio.run(work)


def test_from_a_wish_through_two_wrong_graphs_to_a_picture(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as client:
            assert "flux-dev" in texts(await client.call_tool("list_pipelines", {"search": "text"}))
            unknown = texts(await client.call_tool("validate", {"graph": WRONG}))
            assert "not valid" in unknown and "missing_node_type" in unknown
            assert "EmptyImage" in texts(await client.call_tool("search_nodes", {"query": "EmptyImag"})).splitlines()
            shown = json.loads(texts(await client.call_tool("show_node", {"class_type": "EmptyImage"})))
            assert "width" in shown["input"]["required"]
            graph = WRONG | {"1": {"class_type": "EmptyImage", "inputs": {**WRONG["1"]["inputs"], "width": 0}}}
            small = texts(await client.call_tool("validate", {"graph": graph}))
            assert "value_smaller_than_min" in small
            assert "error" in texts(await client.call_tool("explain_problem", {"code": "value_smaller_than_min"}))
            graph["1"]["inputs"]["width"] = 64
            assert texts(await client.call_tool("validate", {"graph": graph})).startswith("valid")
            seen: list[float] = []

            async def hear(progress: float, *_: Any) -> None:
                seen.append(progress)

            done = await client.call_tool("run", {"graph": graph}, progress_callback=hear)
            assert not done.is_error
            assert json.loads(done.content[0].text)["state"] == "succeeded"
            assert [part.mime_type for part in done.content if part.type == "image"] == ["image/jpeg"]

    run(work)


def test_a_pipeline_runs_by_its_name_and_its_job_is_found_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path, pipelines_as_tools=("flux-dev",)) as client:
            described = texts(await client.call_tool("describe", {"pipeline": "flux-dev"}))
            assert "prompt (string): required" in described
            plan = texts(await client.call_tool("plan", {"pipeline": "flux-dev", "parameters": {"prompt": "a"}}))
            assert "recommended" in plan and "$" in plan
            done = await client.call_tool("flux_dev", {"parameters": {"prompt": "a red bicycle", **SMALL}})
            job = json.loads(done.content[0].text)
            again = await client.call_tool("job", {"id": job["id"]})
            assert json.loads(again.content[0].text) == job

    run(work)


def test_nonsense_is_answered_with_a_word_on_what_to_do(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as client:
            for tool, given, word in [
                ("run", {}, "give `pipeline`"),
                ("run", {"pipeline": "flux-dev", "parameters": {"prompt": "a", "steps": 999}}, "999"),
                ("run", {"pipeline": "../jobs", "parameters": {}}, "no pipeline"),
                ("run", {"graph": {}}, "prompt_no_outputs"),
                ("describe", {"pipeline": "flux-dve"}, "flux-dev"),
                ("job", {"id": "x"}, "job"),
                ("explain_problem", {"code": "value_smaler_than_min"}, "value_smaller_than_min"),
                ("convert", {"graph": {"a": 1}, "to": "python"}, "a"),
                ("show_node", {"class_type": "KSamplr"}, "KSampler"),
            ]:
                answer = await client.call_tool(tool, given)
                assert answer.is_error, tool
                assert word in texts(answer), (tool, texts(answer))

    run(work)


def test_all_tools_together_are_small(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as client:
            tools = (await client.list_tools()).tools
            schema = json.dumps([tool.model_dump(exclude_none=True, mode="json") for tool in tools])
            assert len(schema) < MOST_SCHEMA
            assert {tool.name for tool in tools} >= {
                "list_pipelines",
                "describe",
                "validate",
                "plan",
                "run",
                "job",
                "convert",
            }

    run(work)


def test_read_only_tools_run_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path, Limits(read_only=True)) as client:
            assert "run" not in {tool.name for tool in (await client.list_tools()).tools}

    run(work)


@pytest.mark.parametrize(
    ("plan", "engine", "word"),
    [
        ({"gpus": [{"gpu": "L4", "usd": 0.5}], "recommended": "L4", "services": []}, "comfyui", "about $0.5000"),
        ({"gpus": [{"gpu": "L4", "usd": 0.05}], "recommended": "L4", "services": []}, "comfyui", None),
        ({"gpus": [{"gpu": "L4", "usd": None}], "recommended": None, "services": []}, "comfyui", "unknown"),
        ({"gpus": [{"gpu": "L4", "usd": 0.01}], "recommended": "L4", "services": [{"x": 1}]}, "comfyui", "unknown"),
        (None, "comfyui", "unknown"),
        (None, "simulator", None),
    ],
)
def test_what_costs_more_than_the_limit_needs_a_person(plan: Any, engine: str, word: str | None) -> None:
    why = objection(plan, Limits(max_usd=0.1), engine)
    assert why is None if word is None else word in (why or "")


class Costly(Simulator):
    """A simulator that is taken for an engine with a GPU."""

    name = "costly"


@pytest.mark.parametrize(("answer", "runs"), [(True, True), (False, False), (None, False)])
def test_a_person_is_asked_before_money_is_spent(tmp_path: Path, answer: bool | None, runs: bool) -> None:
    asked: list[str] = []

    async def person(_: Any, question: Any) -> ElicitResult:
        asked.append(question.message)
        return ElicitResult(action="accept", content={"run_it": bool(answer)})

    async def work() -> None:
        app = create_app(Costly(), SqliteStore(tmp_path))
        tools = mcp_server(lambda _: Api(app=app), Limits(max_usd=0))
        asks: Any = None if answer is None else person
        agent: Any = Client(tools, mode="legacy", elicitation_callback=asks)
        async with app.router.lifespan_context(app), agent as client:
            done = await client.call_tool("run", {"pipeline": "flux-dev", "parameters": {"prompt": "a", **SMALL}})
            assert done.is_error is not runs, texts(done)

    run(work)
    assert all("the limit is $0 a run" in question for question in asked)
    assert len(asked) == (answer is not None)


def test_a_token_is_asked_for_at_the_door_and_each_caller_sees_only_their_jobs(tmp_path: Path) -> None:
    tokens = Tokens.parse("ann:" + "a" * 32 + ",bob:" + "b" * 32)
    app = create_app(connect("simulator"), SqliteStore(tmp_path), Settings(tokens=tokens))

    async def work(address: str) -> None:
        import httpx2

        @asynccontextmanager
        async def caller(letter: str) -> AsyncIterator[Any]:
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {letter * 32}"}) as http,
                Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
            ):
                yield client

        async with caller("a") as ann:
            done = await ann.call_tool("run", {"pipeline": "flux-dev", "parameters": {"prompt": "a", **SMALL}})
            job = json.loads(done.content[0].text)["id"]
        async with caller("b") as bob:
            assert (await bob.call_tool("job", {"id": job})).is_error
        async with httpx2.AsyncClient() as stranger:
            assert (await stranger.post(f"{address}/mcp", json={})).status_code == 401

    with listening(app) as address:
        anyio.run(work, address)


def test_the_command_serves_an_agent_over_stdio(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()

    async def work() -> None:
        command = ["-m", "ryla_graphs", "mcp", "--data-dir", str(tmp_path), "--max-usd", "0.01"]
        own = os.environ | {"RYLA_PIPELINES": str(written(tmp_path / "own"))}  # it prints, which is no protocol
        agent: Any = Client(stdio_client(StdioServerParameters(command=sys.executable, args=command, env=own)))
        async with agent as client:
            grey = await client.call_tool("run", {"pipeline": "grey", "parameters": {"width": 16}})
            assert json.loads(grey.content[0].text)["state"] == "succeeded"
            portrait = await client.call_tool("plan", {"pipeline": "small-portrait", "parameters": {"face": "me.png"}})
            assert not portrait.is_error, texts(portrait)
            done = await client.call_tool("run", {"pipeline": "flux-dev", "parameters": {"prompt": "a", **SMALL}})
            assert json.loads(done.content[0].text)["state"] == "succeeded"
            guide = await client.read_resource("ryla://guide")
            assert "validate" in guide.contents[0].text

    run(work)


def test_no_server_is_made_before_an_agent_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no tools today")

    monkeypatch.setattr("ryla_graphs.mcp.mcp_server", broken)
    app = create_app(connect("simulator"), SqliteStore(tmp_path))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/health").status_code == 200
        assert [client.post("/mcp", json={}).status_code for _ in range(2)] == [500, 500]
        assert client.get("/health").status_code == 200
