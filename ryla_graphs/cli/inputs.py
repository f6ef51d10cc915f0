"""`ryla-graphs run --list-inputs`: lists what can be set in a graph or a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ryla_graphs.cli.output import console, print_json
from ryla_graphs.cli.targets import open_target
from ryla_graphs.pipelines.settable import GraphTarget, SettableInput
from ryla_graphs.problems import InvalidSettings, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.formats.read import Preference


def print_inputs(target: str, catalog: Catalog | None, prefer: Preference | None, *, json: bool) -> None:
    """List the inputs of a graph that hold values. Raises `InvalidSettings` if the target is not a graph in a file."""
    made = open_target(target, catalog, prefer)
    if not isinstance(made, GraphTarget):
        raise InvalidSettings(f"--list-inputs is for graphs in files; `ryla-graphs presets {target}` lists parameters")
    rows = made.settable()
    if json:
        print_json([row.to_dict() for row in rows])
        return
    console().print(table_of(rows))


def table_of(rows: Iterable[SettableInput]) -> Table:
    """The inputs as a table, with the inputs of the editor's app mode in bold."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("input", "of", "value", "takes", box=None)
    for row in rows:
        of = row.title if row.title and row.title != row.class_type else row.class_type
        mark = "bold" if row.in_app else ""
        table.add_row(Text(row.key, mark), Text(of), Text(shorten(row.value, 40)), Text(_cut(row.takes or "")))
    return table


def _cut(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
