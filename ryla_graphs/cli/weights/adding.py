"""`ryla-graphs weights add`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import print_json


def add_command(
    url: Annotated[str, typer.Argument(metavar="URL", help="The URL of the file, or of its page on Hugging Face.")],
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="The folder below models, such as loras; by default the one for files of its kind."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The file name; by default the last part of the URL.")
    ] = None,
    licence: Annotated[str | None, typer.Option(metavar="NAME", help="The licence, such as Apache-2.0.")] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The licence allows commercial use without permission.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", help="The file to write; by default that of RYLA_WEIGHTS, else weights.toml."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a row for a weight file that the manifest lacks; its size and kind are read from the URL."""
    from dataclasses import replace  # noqa: PLC0415

    from ryla_graphs.cli.weights.words import size  # noqa: PLC0415
    from ryla_graphs.models_folder import own  # noqa: PLC0415
    from ryla_graphs.models_folder.remote import describe  # noqa: PLC0415
    from ryla_graphs.weights import Licence, known  # noqa: PLC0415

    if not own.is_address(url):
        raise typer.BadParameter(f"expected a URL https://…, not '{url}'")
    path = file or Path(os.environ.get(own.VARIABLE) or own.DEFAULT)
    row = describe(url, folder=folder, name=name)
    if licence is not None:
        restriction = None if commercial else "its row does not allow commercial use"
        row = replace(row, licence=Licence(name=licence, commercial=commercial, restriction=restriction))
    own.check(row)
    before = known(row.name, row.folder)
    own.add(path, row)
    if json:
        print_json(row.to_dict() | {"file": str(path)})
        return
    known_facts = [fact for fact in (row.content, row.family, row.variant, size(row.size)) if fact]
    facts = [*known_facts, row.sha256 or "pull will compute its hash"]
    typer.echo(f"{path}: {row.folder}/{row.name} ({', '.join(facts)})")
    if before is not None:
        typer.echo("the manifest has a row for this file too; yours takes precedence", err=True)
    if os.environ.get(own.VARIABLE) != str(path):
        typer.echo(f"set {own.VARIABLE}={path} to use it in weights, plan, lock, and deployments", err=True)
