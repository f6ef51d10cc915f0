"""`ryla-graphs serve`: the HTTP runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.output import console
from ryla_graphs.cli.own_pipelines import VARIABLE, sources_in

if TYPE_CHECKING:
    from ryla_graphs.engines import Engine
    from ryla_graphs.server.settings import Settings


_Classes = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        envvar="RYLA_CATALOG",
        metavar="FILE|URL|NAME|VERSION",
        help="The node classes of the simulator; a ComfyUI server has its own.",
    ),
]

_Checkout = Annotated[
    Path | None,
    typer.Option(
        "--comfyui-dir",
        envvar="RYLA_COMFYUI_DIR",
        metavar="DIR",
        help="A ComfyUI checkout, which the server starts and supervises.",
    ),
]

_Pipelines = Annotated[
    str | None,
    typer.Option(
        "--pipelines",
        envvar=VARIABLE,
        metavar="FILE|FOLDER|MODULE[,…]",
        help="Your own pipelines: Python files, saved graphs, folders of them, modules; see docs/pipelines.md.",
    ),
]

_Reload = Annotated[
    bool, typer.Option("--reload", help="For development: restart when a file of the pipelines is saved.")
]


def serve_command(
    engine: Annotated[
        str | None,
        typer.Option(
            envvar="RYLA_ENGINE",
            metavar="simulator|URL[,URL…]|remote:URL|runpod:ID|routes|FILE.toml",
            help="As for `run`: by default the routes in the environment, or the simulator.",
        ),
    ] = None,
    catalog: _Classes = None,
    comfyui_dir: _Checkout = None,
    comfyui_python: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The Python of that checkout, if it has no venv of its own.")
    ] = None,
    comfyui_arg: Annotated[
        list[str] | None, typer.Option(metavar="ARG", help="An argument for that ComfyUI, such as --cpu; repeatable.")
    ] = None,
    data_dir: Annotated[
        Path, typer.Option(envvar="RYLA_DATA_DIR", metavar="DIR", help="The folder for jobs and their files.")
    ] = Path("ryla-data"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 chooses a free one.")] = 8100,
    pipelines: _Pipelines = None,
    reload: _Reload = False,
    allow_open: Annotated[
        bool, typer.Option("--allow-open", help="Accept callers from the network without tokens (RYLA_TOKENS).")
    ] = False,
) -> None:
    """Serve workflows and presets over HTTP. Jobs survive restarts and crashes.

    Tokens, limits, webhooks and other settings are environment variables: see docs/serving.md.
    """
    from ryla_graphs.claims import refuse_taken  # noqa: PLC0415

    refuse_taken(data_dir, host, port)  # checked first, since the imports below take seconds
    from ryla_graphs.cli.reloading import serve_again_on_each_save  # noqa: PLC0415
    from ryla_graphs.server.environment import settings_from  # noqa: PLC0415
    from ryla_graphs.server.safety.tokens import check_listening  # noqa: PLC0415

    sources = sources_in(pipelines)
    if reload:
        serve_again_on_each_save(sources)
        return
    loras = {} if comfyui_dir is None else {"lora_folder": comfyui_dir / "models" / "loras"}
    settings = settings_from(os.environ, open=allow_open, pipelines=sources, **loras)
    check_listening(host, settings.tokens, allow_open=allow_open)
    with _engine(engine, comfyui_dir, comfyui_python, comfyui_arg or [], data_dir, catalog) as connected:
        _serve(connected, data_dir, settings, host, port)


def _serve(engine: Engine, data_dir: Path, settings: Settings, host: str, port: int) -> None:
    from ryla_graphs.server import SqliteStore, create_app  # noqa: PLC0415
    from ryla_graphs.server.http.listening import listen  # noqa: PLC0415

    app = create_app(engine, SqliteStore(data_dir), settings)
    access = f"tokens of {len(settings.tokens)}" if len(settings.tokens) else "open"
    facts = f"engine: {engine.name} · access: {access} · data: {data_dir}"
    if own := app.state.deployment.pipelines.own:
        facts += f" · pipelines: {', '.join(own)}"
    listen(app, host, port, lambda address: _say(f"{address} · {facts} · page: {address}/ · docs: {address}/docs"))


def _say(line: str) -> None:
    console(stderr=True).print(line, soft_wrap=True, highlight=False)


@contextmanager
def _engine(
    address: str | None,
    directory: Path | None,
    python: Path | None,
    arguments: list[str],
    data_dir: Path,
    catalog: str | None,
) -> Iterator[Engine]:
    """The requested engine; a ComfyUI that we start runs as long as the server."""
    from ryla_graphs.engines import SIMULATOR, connect, default_address  # noqa: PLC0415
    from ryla_graphs.engines.router import as_routes  # noqa: PLC0415
    from ryla_graphs.problems import InvalidSettings  # noqa: PLC0415

    if directory is None:
        if python is not None or arguments:
            raise InvalidSettings("--comfyui-python and --comfyui-arg need --comfyui-dir")
        address = address or default_address()
        yield _simulator(catalog) if address == SIMULATOR and catalog else as_routes(connect(address))
        return
    if address not in (None, SIMULATOR):
        raise InvalidSettings("--engine and --comfyui-dir both name an engine; give only one of them")
    from ryla_graphs.engines.comfyui.process import ComfyUIProcess  # noqa: PLC0415 - loads subprocess and more

    process = ComfyUIProcess(directory, data_dir / "comfyui", python=python, arguments=arguments)
    console(stderr=True).print(f"starting the ComfyUI in {directory}, log: {process.log_file}", soft_wrap=True)
    with process:
        yield process.engine


def _simulator(catalog: str) -> Engine:
    from ryla_graphs.engines.simulator import Simulator  # noqa: PLC0415 - loads Pillow
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    return Simulator(catalog=open_catalog(catalog))
