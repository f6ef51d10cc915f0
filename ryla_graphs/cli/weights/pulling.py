"""`ryla-graphs weights pull`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import CatalogSource, Json, ParamsFile, Prefer, Settings, preset_names
from ryla_graphs.cli.output import console, print_json, say

if TYPE_CHECKING:
    from ryla_graphs.models_folder.pulling import Fetch


Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="PRESET|FILE|GRAPH…",
        help="Presets, files such as ae.safetensors, or files with graphs.",
        autocompletion=preset_names,
    ),
]
AtOnce = Annotated[int, typer.Option(min=1, max=32, help="How many files are downloaded at the same time.")]
Unmeasured = Annotated[
    bool, typer.Option("--unmeasured", help="Skip the check of free space, for disks that report it wrongly.")
]


def pull_command(
    targets: Targets,
    into: Annotated[Path, typer.Option(metavar="DIR", help="ComfyUI's models folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be downloaded.")] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept licences with restrictions or conditions.")
    ] = False,
    commercial: Annotated[
        bool,
        typer.Option(
            "--commercial/--not-commercial",
            envvar="RYLA_COMMERCIAL",
            help="Whether the files are for commercial use: then only --accept-licence counts, and nothing is asked.",
        ),
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that have other bytes.")] = False,
    at_once: AtOnce = 1,
    unmeasured: Unmeasured = False,
    param: Settings = None,
    params: ParamsFile = None,
    prefer: Prefer = None,
    catalog: CatalogSource = None,
    json: Json = False,
) -> None:
    """Download the missing weight files of presets and graphs."""
    from ryla_graphs.cli.weights.progress import bars  # noqa: PLC0415
    from ryla_graphs.cli.weights.targets import wanted  # noqa: PLC0415
    from ryla_graphs.models_folder import ModelsFolder  # noqa: PLC0415
    from ryla_graphs.models_folder.disk_space import free_bytes  # noqa: PLC0415
    from ryla_graphs.models_folder.pulling import plan_pull, pull  # noqa: PLC0415

    models = ModelsFolder.open(into) if into.exists() else ModelsFolder(into)
    files = wanted(targets, param, params, prefer, catalog)
    fetches = plan_pull(files.rows, models, replace=replace)
    absent = [f"{folder}/{name}" for folder, name in files.unknown if models.find(folder, name) is None]
    if dry_run:
        _print_plan(fetches, absent, None if unmeasured else free_bytes(into), json=json)
        return
    _consent(fetches, accepted=accept_licence, commercial=commercial, quiet=json)
    with bars(shown=not json) as watcher:
        hashes = pull(fetches, watcher, at_once=at_once, measured=not unmeasured)
    _record(hashes)
    if json:
        print_json(_facts(fetches, absent, "fetched"))
    else:
        typer.echo(f"{into}: {len(fetches)} files in place")
    _refuse_absent(absent, quiet=json)


def _record(hashes: Mapping[tuple[str, str], str]) -> None:
    """Write the hashes of the user's own files into their rows."""
    from ryla_graphs import weights  # noqa: PLC0415
    from ryla_graphs.models_folder import own  # noqa: PLC0415

    path = os.environ.get(own.VARIABLE)
    mine = {key: found for key, found in hashes.items() if path and key in {row.key for row in weights.own()}}
    if path and mine and (written := own.add_hashes(Path(path), mine)):
        typer.echo(f"{path}: {written} sha256 written", err=True)


def _print_plan(fetches: Sequence[Fetch], absent: Sequence[str], free: int | None, *, json: bool) -> None:
    """Print what would be downloaded, the licences, and the free space."""
    from rich.table import Column, Table  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import licence as named  # noqa: PLC0415
    from ryla_graphs.cli.weights.words import size  # noqa: PLC0415
    from ryla_graphs.models_folder.consent import to_accept  # noqa: PLC0415

    if json:
        print_json({**_facts(fetches, absent, "to fetch"), "free": free, "dry_run": True})
        return
    table = Table(Column("file", overflow="fold"), "", "size", "licence", Column("from", overflow="fold"), box=None)
    for fetch in fetches:
        row = fetch.weight
        state = "there" if fetch.there else "go on" if fetch.begun else "fetch"
        gated = " (gated)" if row.gated else ""
        table.add_row(fetch.place, state, size(row.weighs), named(row.licence), f"{row.sources[0].page}{gated}")
    terminal = console()
    terminal.print(table)
    unknown = sum(fetch.weight.weighs is None for fetch in fetches if not fetch.there)
    more = f" and {unknown} files of unknown size" if unknown else ""
    terminal.print(f"\n{size(_remaining(fetches))}{more} to download{'' if free is None else f', {size(free)} free'}")
    for licence in to_accept(fetch.weight for fetch in fetches if not fetch.there):
        terminal.print(f"`--accept-licence` is needed for {named(licence)}: {licence.restriction}")
    for place in absent:
        terminal.print(f"{place} is not in the manifest: copy it there yourself")


def _remaining(fetches: Sequence[Fetch]) -> int:
    return sum(max(0, (fetch.weight.weighs or 0) - fetch.begun) for fetch in fetches if not fetch.there)


def _facts(fetches: Sequence[Fetch], absent: Sequence[str], done: str) -> dict[str, Any]:
    files = [
        {
            "folder": fetch.weight.folder,
            "name": fetch.weight.name,
            "path": str(fetch.target),
            "state": "there" if fetch.there else done,
            "size": fetch.weight.size,
            "licence": fetch.weight.licence.name,
            "commercial": fetch.weight.licence.commercial,
            "gated": fetch.weight.gated,
        }
        for fetch in fetches
    ]
    return {"files": files, "not_in_manifest": list(absent), "bytes": _remaining(fetches)}


def _consent(fetches: Sequence[Fetch], *, accepted: bool, commercial: bool, quiet: bool) -> None:
    """Ask the user to accept the licences, unless the flag does; for commercial use, only the flag counts.

    Raises `PullFailed` if they are not accepted.
    """
    from ryla_graphs.cli.weights.words import licence as named  # noqa: PLC0415
    from ryla_graphs.models_folder.consent import refusals, to_accept  # noqa: PLC0415
    from ryla_graphs.problems import PullFailed  # noqa: PLC0415

    rows = [fetch.weight for fetch in fetches if not fetch.there]
    refused = [] if accepted else refusals(rows, commercial=commercial)
    asks = not quiet and not commercial and sys.stdin.isatty() and sys.stderr.isatty()
    if refused and not asks:
        raise PullFailed(refused)
    for licence, files in to_accept(rows).items() if not quiet else ():
        typer.echo(f"{named(licence)}: {licence.restriction}", err=True)
        typer.echo(f"  for {', '.join(row.name for row in files)}; {licence.url}", err=True)
    if refused and not typer.confirm("Do you accept these licences?", err=True):
        raise PullFailed(refused)


def _refuse_absent(absent: Sequence[str], *, quiet: bool) -> None:
    """Fail if the manifest lacks some files: a pull never succeeds with something missing."""
    if not absent:
        return
    if not quiet:
        for place in absent:
            say(f"missing: {place} is not in the manifest; copy it there yourself", err=True)
    raise typer.Exit(1)
