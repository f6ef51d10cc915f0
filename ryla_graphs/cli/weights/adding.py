"""`ryla-graphs weights add`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import print_json


def add_command(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the file is; a page of it on Hugging Face will do.")],
    folder: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Below models, such as loras; by default where files of its kind belong."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="By default the last part of the address.")] = None,
    licence: Annotated[str | None, typer.Option(metavar="NAME", help="Such as Apache-2.0.")] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The licence allows commercial use without asking anyone.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="By default the file that RYLA_WEIGHTS names, else weights.toml."),
    ] = None,
    json: Json = False,
) -> None:
    """Write a row for a weight file that the manifest does not know; its size and kind are read from where it is."""
    from dataclasses import replace  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import size  # noqa: PLC0415
    from ryla_graphs.models_folder import own  # noqa: PLC0415
    from ryla_graphs.models_folder.remote import describe  # noqa: PLC0415
    from ryla_graphs.weights import Licence, known  # noqa: PLC0415

    if not own.is_address(url):
        raise typer.BadParameter(f"expected an address https://…, not '{url}'")
    path = file or Path(os.environ.get(own.VARIABLE) or own.DEFAULT)
    row = describe(url, folder=folder, name=name)
    if licence is not None:
        restriction = None if commercial else "its row allows no commercial use"
        row = replace(row, licence=Licence(name=licence, commercial=commercial, restriction=restriction))
    own.check(row)
    before = known(row.name, row.folder)
    own.add(path, row)
    if json:
        print_json(row.to_dict() | {"file": str(path)})
        return
    facts = [
        row.content,
        *filter(None, (row.family, row.variant)),
        size(row.size),
        row.sha256 or "its hash is taken by pull",
    ]
    typer.echo(f"{path}: {row.folder}/{row.name} ({', '.join(facts)})")
    if before is not None:
        typer.echo("the manifest has a row of that file too; yours counts", err=True)
    if os.environ.get(own.VARIABLE) != str(path):
        typer.echo(
            f"{own.VARIABLE}={path} uses it: for weights, plan, lock and what is deployed with that lock", err=True
        )
