"""`ryla-graphs client`: typed clients of a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ryla_graphs.problems import RylaError

client_app = typer.Typer(help="Typed Python clients of a server.", no_args_is_help=True)


@client_app.callback()
def _root() -> None:
    """Makes typer treat `generate` as a subcommand, although it is the only one."""


@client_app.command("generate")
def generate_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="URL|openapi.json", help="A server (set RYLA_TOKEN to its token), or its OpenAPI document."
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.py", help="Printed without.")] = None,
) -> None:
    """Write a Python module with a typed call for each preset and pipeline of a server."""
    from ryla_graphs.client.generating import module_of  # noqa: PLC0415

    text = module_of(_document(source), source)
    if out is None:
        typer.echo(text)
        return
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out}")


def _document(source: str) -> Any:
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415

    if not source.startswith(("http://", "https://")):
        return parse_json(read_bytes(source), source)
    import requests  # noqa: PLC0415

    from ryla_graphs.client.connection import CONNECT_SECONDS, READ_SECONDS  # noqa: PLC0415
    from ryla_graphs.problems import ServerUnreachable  # noqa: PLC0415
    from ryla_graphs.sessions import reason_of, session_for  # noqa: PLC0415

    address = source.rstrip("/").removesuffix("/openapi.json")
    token = os.environ.get("RYLA_TOKEN", "").strip()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with session_for() as session:
            # A server that starts for this request needs as long as for any other.
            timeout = (CONNECT_SECONDS, READ_SECONDS)
            answer = session.get(f"{address}/openapi.json", headers=headers, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        raise ServerUnreachable(f"no ryla_graphs server answers at {address}: {reason_of(error)}") from error
    if answer.status_code != 200:
        raise _refused(address, answer.status_code)
    return parse_json(answer.content, f"{address}/openapi.json")


def _refused(address: str, status: int) -> RylaError:
    from ryla_graphs.problems import ServerUnreachable  # noqa: PLC0415

    hint = "; set RYLA_TOKEN to a token of this server" if status in (401, 403) else ""
    return ServerUnreachable(f"{address}/openapi.json answered {status}{hint}")
