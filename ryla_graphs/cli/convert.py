"""`ryla-graphs convert`: from anything that carries a graph to another format."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import CatalogSource, Json, ParamsFile, Prefer, Settings, preset_names
from ryla_graphs.cli.output import print_json, print_problems

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.cli.targets import Opened


class Format(StrEnum):
    """What a graph is written as."""

    API = "api"
    MERMAID = "mermaid"


def convert_command(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A file with a graph, template:NAME, a preset, or FILE.py:NAME; - for standard input.",
            autocompletion=preset_names,
        ),
    ] = None,
    to: Annotated[Format, typer.Option("--to", help="What to write.")] = Format.API,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")] = None,
    jsonl: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help='Convert one {"id", "ui"} a line; prints one result a line, exits 0.'),
    ] = None,
    catalog: CatalogSource = None,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="URL", help="A ComfyUI server, whose classes are used.")
    ] = None,
    prefer: Prefer = None,
    param: Settings = None,
    params: ParamsFile = None,
    json: Json = False,
) -> None:
    """Convert a graph. Says what was left out and why; exits 1 where something of it could not be converted."""
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    if (target is None) == (jsonl is None) or (catalog is not None and engine is not None):
        raise typer.BadParameter("give one file, or --jsonl FILE; and at most one of --catalog and --engine")
    source = catalog or engine
    known = open_catalog(source) if source else None
    if jsonl is not None:
        if to is not Format.API:
            raise typer.BadParameter("--jsonl converts to api")
        for line in _lines(jsonl, known):
            sys.stdout.write(line)
        return
    _convert(target or "-", to, out, known, prefer, param, params, json=json)


def _convert(
    target: str,
    to: Format,
    out: Path | None,
    catalog: Catalog | None,
    prefer: Any,
    param: list[str] | None,
    params: str | None,
    *,
    json: bool,
) -> None:
    from ryla_graphs.cli.targets import open_prompt  # noqa: PLC0415

    opened = open_prompt(target, param, params, catalog, prefer)
    text = _WRITERS[to](opened, catalog)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if json:
        content = opened.prompt if to is Format.API else text
        print_json({**opened.facts(), **({"file": str(out)} if out is not None else {}), to.value: content})
    else:
        print_problems(opened.problems, stderr=True)
        typer.echo(text if out is None else f"{out}: {len(opened.prompt)} nodes\n", nl=False)
    raise typer.Exit(1 if any(problem.level == "error" for problem in opened.problems) else 0)


def _api(opened: Opened, _: Catalog | None) -> str:
    return json_module.dumps(opened.prompt, indent=2, ensure_ascii=False) + "\n"


def _mermaid(opened: Opened, catalog: Catalog | None) -> str:
    return opened.workflow(catalog).to_mermaid()


_WRITERS: Mapping[Format, Callable[[Opened, Catalog | None], str]] = {Format.API: _api, Format.MERMAID: _mermaid}


def _lines(source: str, catalog: Catalog | None) -> Iterator[str]:
    """One result for each line of a file, in its order."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.formats.editor.convert import convert_line  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415

    known = bundled() if catalog is None else catalog
    for number, line in enumerate(read_bytes(source).splitlines(), start=1):
        if line.strip():
            try:
                result = convert_line(parse_json(line, f"{source}:{number}"), known)
            except InvalidDocument as error:
                result = {"id": None, "error": str(error)}
            yield json_module.dumps(result, ensure_ascii=False, default=repr) + "\n"
