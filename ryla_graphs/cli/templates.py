"""`ryla-graphs templates`: lists the official templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import CatalogSource, Json
from ryla_graphs.cli.output import console, print_json, print_problems

if TYPE_CHECKING:
    from ryla_graphs.sources.templates import Template

templates_app = typer.Typer(
    help="The official templates, if their package is installed. Use them as template:NAME.", no_args_is_help=True
)


@templates_app.command("list")
def list_command(
    words: Annotated[list[str] | None, typer.Argument(help="Words to look for.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Only those that need no paid service.")] = False,
    json: Json = False,
) -> None:
    """List all templates, or those with these words in their name, title, tags or models."""
    from rich.table import Column, Table  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import size  # noqa: PLC0415
    from ryla_graphs.sources.templates import templates  # noqa: PLC0415

    wanted = [word.casefold() for word in words or ()]
    rows = [row for row in templates() if not (local and row.paid) and all(word in _text(row) for word in wanted)]
    if json:
        print_json([row.to_dict() for row in rows])
        return
    table = Table(Column("template", overflow="fold"), Column("title", overflow="fold"), "makes", "weights", box=None)
    for row in rows:
        table.add_row(row.name, row.title, row.media, "paid service" if row.paid else size(row.bytes))
    console().print(table if rows else "nothing found")


def _text(row: Template) -> str:
    return " ".join([row.name, row.title, row.media, *row.tags, *row.models]).casefold()


@templates_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A template, such as image_z_image_turbo.")],
    catalog: CatalogSource = None,
    json: Json = False,
) -> None:
    """Show a template, the inputs that can be set, and its problems on a server with this catalog."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.pipelines.settable import GraphTarget  # noqa: PLC0415
    from ryla_graphs.sources import TEMPLATE, open_catalog  # noqa: PLC0415
    from ryla_graphs.sources.templates import template, templates  # noqa: PLC0415
    from ryla_graphs.validation import validate  # noqa: PLC0415

    template(name)  # raises if there is none
    row = next(row for row in templates() if row.name == name)
    known = open_catalog(catalog) if catalog else None
    graph = GraphTarget(f"{TEMPLATE}{name}", known, None)
    problems = [*graph.document.problems, *validate(graph.document.prompt, known or bundled())]
    inputs = graph.settable()
    if json:
        facts = {"inputs": [each.to_dict() for each in inputs], "problems": [each.to_dict() for each in problems]}
        print_json(row.to_dict() | facts)
        return
    from ryla_graphs.cli.inputs import table_of  # noqa: PLC0415

    terminal = console()
    terminal.print(row.name, style="bold", end="  ")
    terminal.print(row.title)
    terminal.print(row.description)
    if row.comfyui:
        terminal.print(f"needs ComfyUI {row.comfyui}")
    terminal.print(table_of(inputs))
    print_problems(problems, notes=False)
