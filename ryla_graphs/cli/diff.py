"""`ryla-graphs diff`: shows the differences of two graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import CatalogSource, Json, JudgingServer, ParamsFile, Prefer, Settings
from ryla_graphs.cli.output import console, print_json

if TYPE_CHECKING:
    from ryla_graphs.compare import Change, Comparison

_Side = Annotated[str, typer.Argument(metavar="A", help="A file with a graph, template:NAME, a preset, FILE.py:NAME.")]


def diff_command(
    first: _Side,
    second: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    catalog: CatalogSource = None,
    engine: JudgingServer = None,
    prefer: Prefer = None,
    param: Settings = None,
    params: ParamsFile = None,
    json: Json = False,
) -> None:
    """Compare two graphs: changed values, rewired links, nodes added and removed. Exits 1 if they differ.

    Nodes are matched by id and class, and nodes with new ids by their class and links. Parameters are those of both
    graphs if code makes them, such as two presets; a file stays as it is.
    """
    from ryla_graphs.cli.catalog_option import chosen_catalog  # noqa: PLC0415
    from ryla_graphs.cli.targets import is_made, open_prompt  # noqa: PLC0415
    from ryla_graphs.compare import compare  # noqa: PLC0415

    known = chosen_catalog(catalog, engine)
    if (param or params is not None) and not (is_made(first) or is_made(second)):
        raise typer.BadParameter("-p and --params are for presets, pipelines and Python files; both graphs are files")
    before, after = (
        open_prompt(each, *((param, params) if is_made(each) else (None, None)), known, prefer).prompt
        for each in (first, second)
    )
    found = compare(before, after)
    if json:
        print_json(found.to_dict())
    else:
        _print(found)
    raise typer.Exit(0 if found.equal else 1)


def _print(found: Comparison) -> None:
    from rich.text import Text  # noqa: PLC0415

    from ryla_graphs.problems.text import printable  # noqa: PLC0415

    terminal = console()
    if found.equal:
        terminal.print("the same" + (f", except for {len(found.renumbered)} ids" if found.renumbered else ""))
        return
    for number, kind in found.removed:
        terminal.print(Text(printable(f"- {kind} '{number}'"), "red"))
    for number, kind in found.added:
        terminal.print(Text(printable(f"+ {kind} '{number}'"), "green"))
    before = None
    for change in found.changes:
        if change.node != before:
            was = f" (was '{change.was}')" if change.was != change.node else ""
            terminal.print(Text(printable(f"  {change.class_type} '{change.node}'{was}")))
            before = change.node
        terminal.print(Text(printable(f"      {change.input}: {_shown(change, 'before')} → {_shown(change, 'after')}")))
    terminal.print(f"{len(found.changes)} inputs changed, {len(found.added)} nodes added, {len(found.removed)} removed")


def _shown(change: Change, side: str) -> str:
    from ryla_graphs.problems import shorten  # noqa: PLC0415
    from ryla_graphs.prompt import read_link  # noqa: PLC0415

    value = getattr(change, side)
    link = read_link(value)
    return shorten(value, 60) if link is None else f"'{link.node}' output {link.slot}"
