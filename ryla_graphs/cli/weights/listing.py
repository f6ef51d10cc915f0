"""`ryla-graphs weights list` and `show`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import CatalogSource, Json, ParamsFile, Prefer, Settings, preset_names
from ryla_graphs.cli.output import console, print_json

if TYPE_CHECKING:
    from ryla_graphs.weights import Need, Weight


def list_command(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[PRESET|GRAPH]", help="Only the files that this loads.", autocompletion=preset_names),
    ] = None,
    param: Settings = None,
    params: ParamsFile = None,
    prefer: Prefer = None,
    catalog: CatalogSource = None,
    json: Json = False,
) -> None:
    """List the weight files of the manifest, or those that a preset or graph loads."""
    from ryla_graphs.cli.weights.targets import needs_of  # noqa: PLC0415
    from ryla_graphs.weights import manifest  # noqa: PLC0415

    if target is None:
        if json:
            print_json([row.to_dict() for row in manifest()])
        else:
            _print_rows([(None, f"{row.folder}/{row.name}", row) for row in manifest()])
        return
    needs = needs_of(target, param, params, prefer, catalog)
    files = {need.key: need.weight for need in needs}
    if json:
        sizes = _sizes(files.values())
        known = sum(size or 0 for size in sizes)
        print_json({"needs": [_facts(need) for need in needs], "bytes": known, "unknown_sizes": sizes.count(None)})
        return
    _print_rows([(_reader(need), f"{need.folder}/{need.name}", need.weight) for need in needs])
    _print_total(list(files.values()))


def _facts(need: Need) -> dict[str, Any]:
    facts = {"node": need.node, "class_type": need.class_type, "folder": need.folder, "name": need.name}
    facts |= {"input": need.input} if need.input is not None else {}
    return facts | ({"weight": need.weight.to_dict()} if need.weight is not None else {})


def _reader(need: Need) -> str:
    return f"{need.node}.{need.input}" if need.input is not None else need.node


def _sizes(rows: Iterable[Weight | None]) -> list[int | None]:
    return [row.weighs if row is not None else None for row in rows]


def _print_rows(rows: Sequence[tuple[str | None, str, Weight | None]]) -> None:
    from rich.table import Column, Table  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import licence, marks, model, size  # noqa: PLC0415

    readers = any(reader for reader, _, _ in rows)
    table = Table(
        *(["read by"] if readers else []),
        Column("file", overflow="fold"),
        "of",
        "precision",
        "size",
        "licence",
        "",
        box=None,
    )
    for reader, place, row in rows:
        facts = ["not in the manifest", "", "", "", ""]
        if row is not None:
            facts = [model(row), row.precision or "", size(row.weighs), licence(row.licence), marks(row)]
        table.add_row(*([reader] if readers else []), place, *facts)
    console().print(table)


def _print_total(rows: Sequence[Weight | None]) -> None:
    from ryla_graphs.cli.weights.words import total  # noqa: PLC0415

    console().print(f"\n{total(_sizes(rows))}")


def show_command(
    name: Annotated[str, typer.Argument(help="A file, such as ae.safetensors.")],
    json: Json = False,
) -> None:
    """Show what is known about a weight file."""
    from ryla_graphs.cli.weights.targets import row_named  # noqa: PLC0415

    rows = row_named(name)
    if json:
        print_json([row.to_dict() for row in rows])
        return
    terminal = console()
    for row in rows:
        for label, value in _lines(row):
            terminal.print(f"{label:<10} {value}", markup=False)
        terminal.print()


def _lines(row: Weight) -> Iterable[tuple[str, str]]:
    from ryla_graphs.cli.weights.words import licence, marks, model, size  # noqa: PLC0415

    yield "file", f"{row.folder}/{row.name}"
    what = f"{row.content} of {model(row)}" if row.family else row.content
    yield "what", f"{what}, {row.precision}" if row.precision else what
    yield "size", f"{row.size:,} bytes" if row.size else f"about {size(row.weighs)}"
    yield "sha256", row.sha256 or "not published"
    for content, number in row.parts.items():
        yield "", f"{content}: {size(number)}"
    yield "licence", f"{licence(row.licence)}{f': {row.licence.restriction}' if row.licence.restriction else ''}"
    yield "", row.licence.url or ""
    for source in row.sources:
        yield "source", f"{source.url}{'  (gated)' if source.gated else ''}"
    if marks(row):
        yield "note", marks(row)
