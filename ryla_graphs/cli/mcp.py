"""`ryla-graphs mcp`: tools for agents over standard input and output."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.own_pipelines import VARIABLE, sources_in

if TYPE_CHECKING:
    from ryla_graphs.mcp import Limits


def mcp_command(
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A ryla_graphs server (set RYLA_TOKEN to its token); by default one in this process."
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            envvar="RYLA_ENGINE", metavar="simulator|URL", help="The engine that runs graphs, without --server."
        ),
    ] = "simulator",
    data_dir: Annotated[
        Path, typer.Option(envvar="RYLA_DATA_DIR", metavar="DIR", help="The folder for jobs, without --server.")
    ] = Path("ryla-data"),
    max_usd: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Most US dollars that a run may be planned to cost without a person's consent.",
            envvar="RYLA_MCP_MAX_USD",
        ),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Run and cancel nothing.")] = False,
    tool: Annotated[
        list[str] | None, typer.Option(metavar="PIPELINE", help="A pipeline that gets its own tool; repeatable.")
    ] = None,
) -> None:
    """Serve tools to an agent (Model Context Protocol) on standard input and output, until it closes them."""
    from ryla_graphs.problems.extras import needs_extra  # noqa: PLC0415

    with needs_extra("mcp"):
        import anyio  # noqa: PLC0415
        import fastapi  # noqa: F401, PLC0415
        import httpx2  # noqa: F401, PLC0415

        from ryla_graphs.mcp import Limits  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)  # the protocol uses standard output
    limits = Limits(max_usd=max_usd, read_only=read_only)
    anyio.run(_serve, server, engine, data_dir, limits, tuple(tool or ()))


async def _serve(server: str | None, engine: str, data_dir: Path, limits: Limits, tools: tuple[str, ...]) -> None:
    from ryla_graphs.mcp import Api, mcp_server  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        app: Any = None
        if server is None:
            app = await _app(stack, engine, data_dir)

        def api_of(_context: Any) -> Api:
            return Api(app=app) if server is None else Api(server, os.environ.get("RYLA_TOKEN"))

        await mcp_server(api_of, limits, pipelines_as_tools=tools).run_stdio_async()


async def _app(stack: AsyncExitStack, engine: str, data_dir: Path) -> Any:
    """The app of a server in this process, which no other process can reach."""
    from ryla_graphs.engines import connect  # noqa: PLC0415
    from ryla_graphs.pipelines.python_files import aside  # noqa: PLC0415
    from ryla_graphs.server import Settings, SqliteStore, create_app  # noqa: PLC0415

    settings = Settings(pipelines=sources_in(os.environ.get(VARIABLE)))
    app = aside(create_app, connect(engine), SqliteStore(data_dir), settings)
    await stack.enter_async_context(app.router.lifespan_context(app))
    return app
