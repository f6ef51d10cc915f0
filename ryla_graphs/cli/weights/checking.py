"""`ryla-graphs weights check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import CatalogSource, Json, ParamsFile, Prefer, Settings, preset_names
from ryla_graphs.cli.output import console, print_json, print_problems

if TYPE_CHECKING:
    from ryla_graphs.models_folder import CheckedFile

_COLOURS = {"fine": "green", "unknown": "cyan", "suspect": "yellow", "bad": "red", "missing": "red"}


def check_command(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR…", help="ComfyUI's models folder; several are searched in order.")
    ],
    preset: Annotated[
        list[str] | None,
        typer.Option(
            "--preset",
            metavar="PRESET|GRAPH",
            help="Check only the files that this preset or graph loads.",
            autocompletion=preset_names,
        ),
    ] = None,
    param: Settings = None,
    params: ParamsFile = None,
    prefer: Prefer = None,
    catalog: CatalogSource = None,
    hashes: Annotated[bool, typer.Option("--hash", help="Read whole files, and compare their sha256.")] = False,
    json: Json = False,
) -> None:
    """Check that weight files exist, are complete, and match their names. Exits 1 if one does not."""
    from ryla_graphs.cli.weights.targets import needs_of  # noqa: PLC0415
    from ryla_graphs.models_folder import ModelsFolder, check  # noqa: PLC0415

    models = ModelsFolder.open(*folders)
    needs = (
        None if preset is None else [need for each in preset for need in needs_of(each, param, params, prefer, catalog)]
    )
    wanted = None if needs is None else [need.key for need in needs]
    rows = [need.weight for need in needs or () if need.weight is not None]
    with _progress(shown=hashes and not json) as on_bytes:
        files = list(check(models, wanted, rows=rows, hashes=hashes, on_bytes=on_bytes))
    if json:
        print_json({"files": [each.to_dict() for each in files], **_counts(files)})
    else:
        _print(files)
    if any(each.state in ("bad", "missing") for each in files):
        raise typer.Exit(1)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int], None]]:
    """A line that counts the bytes read."""
    if not shown:
        yield lambda _: None
        return
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda read: bar.update(task, advance=read)


def _counts(files: Sequence[CheckedFile]) -> dict[str, int]:
    return {state: sum(each.state == state for each in files) for state in _COLOURS}


def _print(files: Sequence[CheckedFile]) -> None:
    from rich.table import Column, Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import size  # noqa: PLC0415

    table = Table("", Column(overflow="fold"), "", "", box=None, show_header=False)
    for each in files:
        label = each.detected.label if each.detected is not None else ""
        shown = size(each.size) if each.size is not None else ""
        table.add_row(Text(each.state, _COLOURS[each.state]), f"{each.folder}/{each.name}", shown, label)
    terminal = console()
    terminal.print(table)
    print_problems((problem for each in files for problem in each.problems), notes=False)
    counts = ", ".join(f"{number} {state}" for state, number in _counts(files).items() if number)
    terminal.print(f"{len(files)} files: {counts}" if files else "no weight files found")
