"""`ryla-graphs nodes adopt | catalogs | diff | since`: your own catalogs, and how catalogs and releases differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import print_json, say

SHOWN = 200
"""The most differences that a terminal shows."""


def adopt(
    source: Annotated[str, typer.Argument(metavar="URL|FILE", help="A server, or its /object_info in a file.")],
    name: Annotated[
        str | None, typer.Option(help="The name of the catalog; by default the host or the file's name.")
    ] = None,
    json: Json = False,
) -> None:
    """Save a server's node classes under a name, for --catalog NAME and RYLA_CATALOG=NAME."""
    from ryla_graphs.sources import adopt as keep  # noqa: PLC0415

    kept = keep(source, name)
    packs = Counter(schema.module.split(".")[1] for schema in kept.catalog.values() if "custom_nodes." in schema.module)
    if json:
        print_json(
            {
                "name": kept.name,
                "comfyui": kept.comfyui,
                "classes": len(kept.entries),
                "packs": dict(packs.most_common()),
            }
        )
        return
    version = f"ComfyUI {kept.comfyui}" if kept.comfyui else "unknown ComfyUI version"
    typer.echo(
        f"{kept.name}: {len(kept.entries)} classes, {version}, {len(packs)} packs; use it with --catalog {kept.name}"
    )


def catalogs(json: Json = False) -> None:
    """List the catalogs that --catalog knows by name."""
    from ryla_graphs.catalogs import NAMES, packs, release_versions  # noqa: PLC0415
    from ryla_graphs.sources.adopted import names  # noqa: PLC0415

    if json:
        print_json(
            {
                "adopted": names(),
                "bundled": ["bundled", *NAMES],
                "packs": list(packs()),
                "releases": list(release_versions()),
            }
        )
        return
    typer.echo(f"adopted: {', '.join(names()) or 'none; `ryla-graphs nodes adopt URL` adds one'}")
    typer.echo(f"bundled: bundled, {', '.join(NAMES)}")
    typer.echo(f"releases of ComfyUI: {', '.join(release_versions())}")
    typer.echo(f"{len([*packs()])} packs are in `bundled`; --json lists them")


def diff(
    first: Annotated[
        str, typer.Argument(metavar="CATALOG", help="A catalog as --catalog takes it: bundled, 0.28, prod, a URL.")
    ],
    second: Annotated[str, typer.Argument(metavar="CATALOG", help="The catalog to compare it with.")],
    json: Json = False,
) -> None:
    """Compare two catalogs: classes, inputs, choices. Exits 1 if they differ."""
    from ryla_graphs.catalog.comparing import differences  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    found = list(differences(open_catalog(first), open_catalog(second)))
    if json:
        print_json([each._asdict() for each in found])
    else:
        for each in found[:SHOWN]:
            say(f"{each.what:<9} {each.where}: {_said(each.first)} -> {_said(each.second)}")
        if len(found) > SHOWN:
            typer.echo(f"… and {len(found) - SHOWN} more; --json lists them all")
        typer.echo(f"{len(found)} differences" if found else "no difference")
    raise typer.Exit(1 if found else 0)


def _said(text: str | None) -> str:
    return "not there" if text is None else text or "nothing"


def since(
    names: Annotated[
        list[str],
        typer.Argument(metavar="CLASS[.INPUT]...", help="ComfyUI's own classes or inputs, such as CFGNorm.pre_cfg."),
    ],
    json: Json = False,
) -> None:
    """Show which releases of ComfyUI have a class or an input. Exits 1 if no recorded release has it."""
    from ryla_graphs.catalogs import bundled, release_versions, span_of  # noqa: PLC0415

    found = {}
    for name in names:
        class_type, _, input_name = (name, "", "") if name in bundled("core") else name.partition(".")
        found[name] = span_of(class_type, input_name or None)
    if json:
        print_json({name: span and span._asdict() for name, span in found.items()})
    else:
        for name, span in found.items():
            typer.echo(
                f"{name}: {span or f'in no recorded release ({release_versions()[0]} to {release_versions()[-1]})'}"
            )
    raise typer.Exit(0 if all(found.values()) else 1)


COMMANDS: Mapping[str, Callable[..., None]] = {"adopt": adopt, "catalogs": catalogs, "diff": diff, "since": since}
