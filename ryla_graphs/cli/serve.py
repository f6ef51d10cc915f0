"""`ryla-graphs serve`: the HTTP runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ryla_graphs.cli.output import console


def serve_command(
    engine: Annotated[
        str,
        typer.Option(
            envvar="RYLA_ENGINE",
            metavar="simulator|URL[,URL…]",
            help="The simulator, or ComfyUI servers' http://host:port.",
        ),
    ] = "simulator",
    data_dir: Annotated[
        Path, typer.Option(envvar="RYLA_DATA_DIR", metavar="DIR", help="Where jobs and their files are kept.")
    ] = Path("ryla-data"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8100,
    tokens: Annotated[
        str, typer.Option(envvar="RYLA_TOKENS", show_envvar=True, hidden=True, help="owner:token,owner:token")
    ] = "",
    allow_open: Annotated[
        bool, typer.Option("--allow-open", help="Listen beyond this machine without tokens.")
    ] = False,
) -> None:
    """Serve workflows and presets over HTTP. Jobs survive a restart, whatever ended the process."""
    from ryla_graphs.cli.extras import needs_extra  # noqa: PLC0415

    with needs_extra("server"):
        from ryla_graphs.server import Settings, SqliteStore, create_app  # noqa: PLC0415
        from ryla_graphs.server.listening import listen  # noqa: PLC0415
        from ryla_graphs.server.safety.tokens import Tokens, check_listening  # noqa: PLC0415
    from ryla_graphs.engines import connect  # noqa: PLC0415

    known = Tokens.parse(tokens)
    check_listening(host, known, allow_open=allow_open)
    connected = connect(engine)
    app = create_app(connected, SqliteStore(data_dir), Settings(tokens=known))
    access = f"tokens of {len(known)}" if len(known) else "open"

    def started(address: str) -> None:
        line = f"{address} · engine: {connected.name} · access: {access} · data: {data_dir} · docs: {address}/docs"
        console(stderr=True).print(line, soft_wrap=True, highlight=False)

    listen(app, host, port, started)
