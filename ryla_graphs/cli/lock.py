"""`ryla-graphs lock`: writes the lock file that a deployment is built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import Json, preset_names
from ryla_graphs.cli.output import console, print_json, say

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.lockfile import Asked, Lock

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PRESET|FILE|FILE.py:NAME]...",
        help="What the deployment must run; by default the targets in the lock, or all presets.",
        autocompletion=preset_names,
    ),
]
Packs = Annotated[
    list[str] | None,
    typer.Option(
        "--pack",
        metavar="OWNER/REPO@COMMIT[:FOLDER]|./FOLDER|ID[@VERSION]",
        help="Add a node pack, which later locks keep.",
    ),
]


def lock_command(
    targets: Targets = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The lock file.")] = Path("ryla.lock"),
    pack: Packs = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="FOLDER", help="Remove a pack.")] = None,
    catalog: Annotated[
        str | None,
        typer.Option(
            envvar="RYLA_CATALOG",
            metavar="FILE|URL|NAME",
            help="The packs' classes: object_info.json of a server that has them, or a name of `nodes adopt`.",
        ),
    ] = None,
    comfyui: Annotated[
        str | None, typer.Option(metavar="VERSION|COMMIT", help="Another ComfyUI than the pinned one.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if the lock is out of date.")] = False,
    dockerfile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the Dockerfile of a RunPod worker."),
    ] = None,
    json: Json = False,
) -> None:
    """Write the exact versions of a deployment's ComfyUI, node packs, Python packages and weights into ryla.lock."""
    from ryla_graphs.lockfile import Lock, known_to, lock_of  # noqa: PLC0415

    before = Lock.read(out) if out.exists() else None
    asked = _asked(before, targets or [], pack or [], drop or [], comfyui)
    nodes: Mapping[str, Any] = before.nodes if before else {}
    if catalog is not None:
        nodes = _entries(catalog, nodes)
    made = lock_of(asked, _compiled(asked, known_to(asked, nodes)), nodes)
    changes = list(_changes(before, made))
    stale = before is None or bool(changes) or out.read_text(encoding="utf-8") != made.dumps()
    if not check:
        out.parent.mkdir(parents=True, exist_ok=True)
        made.write(out)
    if dockerfile is not None and _dockerfile(made, dockerfile, check=check):
        stale, changes = True, [*changes, f"{dockerfile} changed"]
    if json:
        _print_json(made, out, changes, stale=stale)
    elif check:
        _print_check(out, changes, stale=stale)
    else:
        _print(made, out, changes)
    raise typer.Exit(1 if check and stale else 0)


def _dockerfile(made: Lock, file: Path, *, check: bool) -> bool:
    """Write the Dockerfile of a lock, or with `check` only compare it; returns whether it differed."""
    from ryla_graphs.runpod_deploy.dockerfile import dockerfile  # noqa: PLC0415

    text = dockerfile(made)
    stale = not file.exists() or file.read_text(encoding="utf-8") != text
    if not check:
        file.write_text(text, encoding="utf-8")
    return stale


def _asked(before: Lock | None, targets: list[str], packs: list[str], drop: list[str], comfyui: str | None) -> Asked:
    """What to lock: the options of this command, and for the rest those of the earlier lock."""
    from dataclasses import replace  # noqa: PLC0415

    from ryla_graphs.lockfile import Asked, CustomPack  # noqa: PLC0415
    from ryla_graphs.lockfile.request import is_commit  # noqa: PLC0415
    from ryla_graphs.problems import InvalidSettings, NotFound  # noqa: PLC0415
    from ryla_graphs.software.releases import RELEASE  # noqa: PLC0415

    asked = before.asked if before else Asked()
    if targets:
        asked = replace(asked, targets=tuple(dict.fromkeys(targets)))
    asked = asked.with_packs(tuple(CustomPack.parse(text) for text in packs))
    for folder in drop:
        there = [pack.folder for pack in asked.packs]
        if folder not in there:
            raise NotFound.among("pack in the lock", folder, there)
    asked = asked.with_packs((), tuple(drop))
    if comfyui is not None:
        wanted = comfyui.removeprefix("v")
        if not is_commit(wanted) and (not wanted.replace(".", "").isdecimal() or "." not in wanted.strip(".")):
            raise InvalidSettings(
                f"--comfyui: '{comfyui}' is neither a version, such as {RELEASE.version}, nor a commit of 40 digits"
            )
        asked = replace(asked, comfyui=None if wanted in (RELEASE.version, RELEASE.commit) else wanted)
    return asked


def _entries(source: str, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """The classes of a catalog, plus those of the earlier lock for packs that the catalog lacks."""
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    found = open_catalog(source).entries()
    modules = {str(entry.get("python_module")) for entry in found.values()}
    kept = {name: entry for name, entry in before.items() if str(entry.get("python_module")) not in modules}
    return {**kept, **found}


def _compiled(asked: Asked, known: Catalog) -> dict[str, CompiledWorkflow]:
    """The graph of every target; required parameters of presets come from their examples."""
    from ryla_graphs import presets  # noqa: PLC0415
    from ryla_graphs.cli.targets import open_target  # noqa: PLC0415
    from ryla_graphs.presets import Preset  # noqa: PLC0415

    found = {}
    for target in asked.targets or presets.NAMES:
        made = open_target(target, known)
        workflow = made.build(made.example) if isinstance(made, Preset) else made()
        found[target] = workflow.compile(known.replace(any_input_file=True))
    return found


def _changes(before: Lock | None, made: Lock) -> Iterator[str]:
    """The differences from the earlier lock, in a few words each."""
    if before is None:
        return
    if before.comfyui != made.comfyui:
        yield f"ComfyUI {_named(before)} -> {_named(made)}"
    for what, old, new in (
        ("pack", {row.folder: row for row in before.packs}, {row.folder: row for row in made.packs}),
        ("weight", {f"{row.folder}/{row.file}": row for row in before.weights}, _weights(made)),
        ("preset", dict.fromkeys(before.presets), dict.fromkeys(made.presets)),
        ("graph", {row.name: row for row in before.graphs}, {row.name: row for row in made.graphs}),
    ):
        yield from (f"{what} {name} is new" for name in new if name not in old)
        yield from (f"{what} {name} was removed" for name in old if name not in new)
        yield from (f"{what} {name} changed" for name in new if name in old and old[name] != new[name])
    if before.ryla_graphs != made.ryla_graphs:
        yield f"ryla_graphs {before.ryla_graphs} -> {made.ryla_graphs}"
    if (before.requirements, before.python) != (made.requirements, made.python):
        yield "Python packages of ryla_graphs changed"
    if before.asked != made.asked:
        yield f"made by `{made.asked.command}`"


def _named(lock: Lock) -> str:
    commit = lock.comfyui.commit
    return f"{lock.comfyui.version}{f' ({commit[:8]})' if commit else ''}"


def _weights(lock: Lock) -> dict[str, Any]:
    return {f"{row.folder}/{row.file}": row for row in lock.weights}


def _notes(lock: Lock) -> Iterator[str]:
    """Notes to read before deploying a lock."""
    for pack in lock.packs:
        if not pack.classes:
            yield (
                f"the classes of {pack.folder} are unknown, so graphs with them are refused: add --catalog with "
                "the object_info.json of a server that has it"
            )
        if pack.own_requirements:
            yield f"the Python packages of {pack.folder} are not pinned, but stay within the pins of the others"
        for fix in dict.fromkeys(fix.why for fix in pack.fixes):
            yield f"the image patches {pack.folder}: {fix}"
    if lock.comfyui.own_requirements:
        yield f"the Python packages were pinned for another ComfyUI; {lock.comfyui.version} installs its own on top"
    unknown = [f"{row.folder}/{row.file}" for row in lock.weights if row.repository is None and row.url is None]
    if unknown:
        yield f"these weights have no known source, so copy them yourself: {', '.join(unknown)}"


def _print_json(lock: Lock, out: Path, changes: list[str], *, stale: bool) -> None:
    print_json(
        {
            "file": str(out),
            "up_to_date": not stale,
            "changes": changes,
            "comfyui": lock.comfyui.version,
            "packs": [f"{pack.repository}@{pack.commit}" for pack in lock.packs],
            "presets": list(lock.presets),
            "graphs": [graph.name for graph in lock.graphs],
            "weights": len(lock.weights),
            "notes": list(_notes(lock)),
        }
    )


def _print_check(out: Path, changes: list[str], *, stale: bool) -> None:
    if not stale:
        typer.echo(f"{out} is up to date")
        return
    typer.echo(f"{out} is out of date" if out.exists() else f"there is no {out}")
    for line in changes:
        say(f"  {line}")
    typer.echo("`ryla-graphs lock` writes it again")


def _print(lock: Lock, out: Path, changes: list[str]) -> None:
    from rich.table import Table  # noqa: PLC0415

    terminal = console()
    table = Table("", "commit", "classes", "packages", box=None)
    core = lock.comfyui
    table.add_row(
        f"ComfyUI {core.version}", (core.commit or "by its tag")[:12], str(core.classes), str(len(core.requirements))
    )
    for pack in lock.packs:
        packages = "its own" if pack.own_requirements else str(len(pack.requirements))
        table.add_row(pack.repository, pack.commit[:12], str(len(pack.classes) or "unknown"), packages)
    terminal.print(table)
    gib = sum(row.bytes or 0 for row in lock.weights) / 2**30
    graphs = f" and {len(lock.graphs)} graphs" if lock.graphs else ""
    terminal.print(f"{len(lock.presets)} presets{graphs}, {len(lock.weights)} weight files ({gib:.0f} GiB known)")
    for line in changes:
        terminal.print(f"changed: {line}")
    for line in _notes(lock):
        terminal.print(f"note: {line}")
    terminal.print(f"wrote {out}; deploy to use it")
