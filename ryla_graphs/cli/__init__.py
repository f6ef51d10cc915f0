"""The command line `ryla-graphs`. Commands import what they need when they run, so that it starts quickly."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ryla_graphs.cli.client import client_app
from ryla_graphs.cli.compile import compile_command
from ryla_graphs.cli.convert import convert_command
from ryla_graphs.cli.diff import diff_command
from ryla_graphs.cli.face_methods import methods_command
from ryla_graphs.cli.faces import faces_app
from ryla_graphs.cli.hinting import Hinting
from ryla_graphs.cli.lock import lock_command
from ryla_graphs.cli.mcp import mcp_command
from ryla_graphs.cli.nodes import nodes_app
from ryla_graphs.cli.plan import plan_command
from ryla_graphs.cli.presets import presets_command
from ryla_graphs.cli.run import run_command
from ryla_graphs.cli.serve import serve_command
from ryla_graphs.cli.sweep import sweep_command
from ryla_graphs.cli.templates import templates_app
from ryla_graphs.cli.validate import validate_command
from ryla_graphs.cli.weights import weights_app

app = typer.Typer(
    name="ryla-graphs",
    help="ComfyUI workflows as code: check them, compile them, run them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("presets")(presets_command)
app.command("compile", cls=Hinting)(compile_command)
app.command("validate")(validate_command)
app.command("convert", cls=Hinting)(convert_command)
app.command("diff")(diff_command)
app.command("plan", cls=Hinting)(plan_command)
app.command("lock")(lock_command)
app.command("run", cls=Hinting)(run_command)
app.command("sweep", cls=Hinting)(sweep_command)
app.command("serve")(serve_command)
app.command("mcp")(mcp_command)
app.add_typer(client_app, name="client")
faces_app.command("methods")(methods_command)
app.add_typer(faces_app, name="faces")
app.add_typer(nodes_app, name="nodes")
app.add_typer(templates_app, name="templates")
app.add_typer(weights_app, name="weights")


def _version(wanted: bool) -> None:
    if wanted:
        from ryla_graphs.version import __version__  # noqa: PLC0415

        typer.echo(f"ryla-graphs {__version__}")
        raise typer.Exit


def _help_json(wanted: bool) -> None:
    if wanted:
        from ryla_graphs.cli.help_json import described  # noqa: PLC0415
        from ryla_graphs.cli.output import print_json  # noqa: PLC0415

        print_json(described(app))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[  # noqa: ARG001 - its callback answers it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    help_json: Annotated[  # noqa: ARG001 - the same
        bool, typer.Option("--help-json", callback=_help_json, is_eager=True, help="Describe every command as JSON.")
    ] = False,
) -> None:
    if os.environ.get("RYLA_WEIGHTS"):
        from ryla_graphs.models_folder.own import use_own  # noqa: PLC0415

        use_own()


def main() -> None:
    """Run the command line. This is the only place that turns errors into exit codes."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None
    except Exception as error:
        from ryla_graphs.cli.failures import report  # noqa: PLC0415

        raise SystemExit(report(error)) from None
