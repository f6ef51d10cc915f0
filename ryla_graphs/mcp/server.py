"""The MCP server: few tools with small schemas, and resources for long texts."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from ryla_graphs.answers.shapes import ProgressShape
from ryla_graphs.mcp.answers import MOST_PICTURES, compact, job_in, parameters_of, plan_in, problems_in, thumbnail
from ryla_graphs.mcp.api import Api
from ryla_graphs.mcp.converting import converted
from ryla_graphs.mcp.gate import Limits, objection
from ryla_graphs.mcp.guide import GUIDE, INSTRUCTIONS
from ryla_graphs.problems import CODES, RylaError
from ryla_graphs.problems.extras import needs_extra
from ryla_graphs.version import __version__

with needs_extra("mcp"):
    from mcp.server.mcpserver import Context, Image, MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

Name = Annotated[str, Field(description="A name from list_pipelines", max_length=200)]
Pipeline = Annotated[
    str | None, Field(description="A name from list_pipelines; leave out to give a graph", max_length=200)
]
Parameters = Annotated[dict[str, Any], Field(description="As `describe` lists them")]
Graph = Annotated[dict[str, Any], Field(description="API JSON, or the editor's JSON")]
MaybeGraph = Annotated[dict[str, Any] | None, Field(description="API JSON, or the editor's JSON")]
Inputs = Annotated[dict[str, str], Field(description="Input files the graph names: data URLs, https URLs or asset ids")]

ApiOf = Callable[[Any], Api]
"""The API for a caller, by the context of the request."""


class Agreed(BaseModel):
    """What a person is asked."""

    run_it: bool = Field(description="Run it all the same?")


def mcp_server(api_of: ApiOf, limits: Limits | None = None, *, pipelines_as_tools: tuple[str, ...] = ()) -> MCPServer:
    """An MCP server whose tools use the HTTP API that `api_of` gives for each caller.

    `pipelines_as_tools` become a tool each, in addition to `run`.
    """
    server = MCPServer("ryla-graphs", instructions=INSTRUCTIONS, version=__version__)
    tools = _Tools(api_of, limits or Limits())
    reading = (
        tools.list_pipelines,
        tools.describe,
        tools.validate,
        tools.plan,
        tools.search_nodes,
        tools.show_node,
        tools.convert,
        tools.explain_problem,
        tools.job,
    )
    for tool in (*reading, *(() if tools.limits.read_only else (tools.run,))):
        server.tool(structured_output=False)(_reporting(tool))
    for name in () if tools.limits.read_only else pipelines_as_tools:
        server.tool(name.replace("-", "_"), description=f"Run the pipeline {name}.", structured_output=False)(
            _reporting(tools.runner(name))
        )
    server.resource("ryla://guide", mime_type="text/markdown", description="How to make graphs here")(_guide)
    server.resource("ryla://nodes/{class_type}", mime_type="application/json")(tools.node_schema)
    server.resource("ryla://problems", mime_type="application/json")(_all_problems)
    return server


class _Tools:
    """Each public method is a tool; its docstring is what the model reads."""

    def __init__(self, api_of: ApiOf, limits: Limits) -> None:
        self._api_of = api_of
        self.limits = limits

    async def list_pipelines(self, ctx: Context, search: str = "") -> str:
        """Ready pipelines, one a line: name and what it makes."""
        async with self._api_of(ctx) as api:
            rows = (await api.get("/presets"))["presets"]
        lines = [f"{row['name']}: {row['summary']}" for row in rows]
        return "\n".join(line for line in lines if search.lower() in line.lower()) or "none matches"

    async def describe(self, ctx: Context, pipeline: Name) -> str:
        """What a pipeline makes, its parameters, and an example."""
        async with self._api_of(ctx) as api:
            facts = await api.get(f"/presets/{quote(pipeline, safe='')}")
        lines = [facts["description"], *parameters_of(facts["parameters"]), f"example: {compact(facts['example'])}"]
        return "\n".join(lines)

    async def validate(self, ctx: Context, graph: Graph) -> str:
        """Every problem of a graph, with codes and hints. Nothing runs."""
        async with self._api_of(ctx) as api:
            verdict = await api.post("/validate", {"workflow": graph})
        return f"{'valid' if verdict['valid'] else 'not valid'}\n{problems_in(verdict['problems'])}"

    async def plan(
        self, ctx: Context, pipeline: Pipeline = None, parameters: Parameters | None = None, graph: MaybeGraph = None
    ) -> str:
        """What a run would need, take and cost. Nothing runs."""
        async with self._api_of(ctx) as api:
            drawn = await self._drawn(api, pipeline, parameters, graph)
        return plan_in(drawn["plan"]) if drawn["valid"] else problems_in(drawn["problems"])

    async def run(
        self,
        ctx: Context,
        pipeline: Pipeline = None,
        parameters: Parameters | None = None,
        graph: MaybeGraph = None,
        inputs: Inputs | None = None,
    ) -> list[Any]:
        """Run a pipeline or a graph; gives its pictures. A long job goes on: ask `job` with its id."""
        async with self._api_of(ctx) as api:
            drawn = await self._drawn(api, pipeline, parameters, graph)
            if not drawn["valid"]:
                raise ToolError(problems_in(drawn["problems"]))
            await self._agree(ctx, api, drawn["plan"])
            body = dict(parameters or {}) if pipeline is not None else {"workflow": graph, "inputs": inputs or {}}
            job = await api.submit(pipeline, body)
            await api.wait(job, self.limits.wait_seconds, lambda progress: _report(ctx, progress))
            return await _shown(job)

    def runner(self, name: str) -> Callable[..., Any]:
        """A tool that runs one pipeline."""

        async def run_pipeline(ctx: Context, parameters: Parameters | None = None) -> list[Any]:
            return await self.run(ctx, name, parameters)

        return run_pipeline

    async def job(self, ctx: Context, id: str, cancel: bool = False) -> list[Any]:  # noqa: A002 - the API's word
        """A job's state and pictures; `cancel` ends it."""
        async with self._api_of(ctx) as api:
            found = await api.client.job(id)
            if cancel:
                if self.limits.read_only:
                    raise ToolError("this server is read-only")
                await found.cancel()
            return await _shown(found)

    async def search_nodes(self, ctx: Context, query: str, limit: int = 20) -> str:
        """Names of node classes that match, the nearest first."""
        async with self._api_of(ctx) as api:
            names: list[str] = (await api.get("/nodes"))["nodes"]
        words = query.lower().split()
        found = [name for name in names if all(word in name.lower() for word in words)]
        near = difflib.get_close_matches(query, names, n=limit, cutoff=0.5)
        return "\n".join(list(dict.fromkeys([*sorted(found, key=len), *near]))[: max(1, limit)]) or "none matches"

    async def show_node(self, ctx: Context, class_type: str) -> str:
        """A node class: inputs with types, ranges, defaults; outputs."""
        async with self._api_of(ctx) as api:
            facts = (await api.get(f"/nodes/{quote(class_type, safe='')}"))[class_type]
        wanted = ("input", "output", "output_name", "output_node", "category")
        return compact({name: facts[name] for name in wanted if name in facts})

    async def convert(self, graph: Graph, to: Literal["api", "editor", "python", "mermaid"]) -> str:
        """A graph in another form."""
        return converted(graph, to)

    async def explain_problem(self, code: str) -> str:
        """What a code of a problem means and what to do."""
        if code not in CODES:
            near = difflib.get_close_matches(code, CODES, n=5)
            raise ToolError(f"there is no code '{code}'" + (f"; near: {', '.join(near)}" if near else ""))
        row = CODES[code]
        finder = {1: "ComfyUI itself refuses it", 2: "ComfyUI does not say so", 3: "only this deployment minds"}
        return f"{code} ({row.level}; {finder[row.tier]}): {row.meaning}"

    async def node_schema(self, class_type: str, ctx: Context) -> str:
        """A node class as ComfyUI's /object_info has it."""
        async with self._api_of(ctx) as api:
            return compact(await api.get(f"/nodes/{quote(class_type, safe='')}"))

    async def _drawn(
        self, api: Api, pipeline: str | None, parameters: dict[str, Any] | None, graph: dict[str, Any] | None
    ) -> dict[str, Any]:
        """The graph of a run, validated and planned before it runs."""
        if (pipeline is None) == (graph is None):
            raise ToolError("give `pipeline` with `parameters`, or `graph`")
        if pipeline is not None and "/" in pipeline:
            raise ToolError(f"there is no pipeline '{pipeline}'; list_pipelines has their names")
        if pipeline is not None:
            path, body = f"/presets/{quote(pipeline, safe='')}/graph", parameters or {}
        else:
            path, body = "/workflow/graph", {"workflow": graph}
        drawn: dict[str, Any] = await api.post(path, body)
        return drawn

    async def _agree(self, ctx: Context, api: Api, plan: dict[str, Any] | None) -> None:
        """Ask a person if a run costs more than the limit; raise `ToolError` unless they agree."""
        engine = (await api.get("/nodes?q=-"))["engine"]
        if (why := objection(plan, self.limits, engine)) is None:
            return
        capabilities = ctx.client_capabilities
        if capabilities is None or capabilities.elicitation is None:
            raise ToolError(f"{why}; no person can be asked here, so it is not run")
        answer = await ctx.elicit(f"{why}.", Agreed)
        if answer.action != "accept" or not answer.data.run_it:
            raise ToolError(f"{why}; it was not agreed to")


async def _report(ctx: Context, progress: ProgressShape) -> None:
    step = f", step {progress.step} of {progress.steps}" if progress.step else ""
    await ctx.report_progress(progress.value, 1.0, f"{progress.node or 'waiting'}{step}")


async def _shown(job: Any) -> list[Any]:
    """A job with its pictures."""
    shown: list[Any] = [job_in(job.view)]
    pictures = [output for output in job.outputs if output.view.kind == "image"][:MOST_PICTURES]
    small = [thumbnail(await picture.read()) for picture in pictures]
    return [*shown, *(Image(data=content, format="jpeg") for content in small if content is not None)]


def _guide() -> str:
    return GUIDE


def _all_problems() -> str:
    return compact({code: row.meaning for code, row in CODES.items()})


def _reporting(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, with its errors reported to the model as sentences."""

    @wraps(tool)
    async def telling(*given: Any, **named: Any) -> Any:
        try:
            return await tool(*given, **named)
        except RylaError as error:
            raise ToolError(str(error)) from error

    return telling
