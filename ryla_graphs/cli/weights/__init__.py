"""`ryla-graphs weights`: lists, checks and downloads the weight files of presets and graphs."""

from __future__ import annotations

import typer

from ryla_graphs.cli.weights.adding import add_command
from ryla_graphs.cli.weights.checking import check_command
from ryla_graphs.cli.weights.listing import list_command, show_command
from ryla_graphs.cli.weights.pulling import pull_command

weights_app = typer.Typer(help="List, check and download weight files.", no_args_is_help=True)
weights_app.command("list")(list_command)
weights_app.command("show")(show_command)
weights_app.command("add")(add_command)
weights_app.command("check")(check_command)
weights_app.command("pull")(pull_command)

__all__ = ["weights_app"]
