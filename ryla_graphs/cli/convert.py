"""`ryla-graphs convert`: converts anything that holds a graph to another format."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ryla_graphs.cli.failures import report
from ryla_graphs.cli.options import CatalogSource, Json, JudgingServer, ParamsFile, Prefer, Settings, preset_names
from ryla_graphs.cli.output import print_json, print_problems, say, wants_json

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.cli.targets import Opened
    from ryla_graphs.formats.editor.convert import LeftOut


class Format(StrEnum):
    """The format to write a graph in."""

    API = "api"
    UI = "ui"
    PYTHON = "python"
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
    to: Annotated[
        Format | None,
        typer.Option("--to", help="The format to write; by default that of the suffix of --out, else api."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")] = None,
    jsonl: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help='Convert one {"id", "ui"} per line; print one result per line and exit 0.'),
    ] = None,
    catalog: CatalogSource = None,
    engine: JudgingServer = None,
    prefer: Prefer = None,
    param: Settings = None,
    params: ParamsFile = None,
    json: Json = False,
) -> None:
    """Convert a graph, and list what was left out and why. Exits 1 if a part of it could not be converted."""
    from ryla_graphs.cli.catalog_option import chosen_catalog  # noqa: PLC0415

    if (target is None) == (jsonl is None):
        raise typer.BadParameter("give one file, or --jsonl FILE")
    known = chosen_catalog(catalog, engine)
    to = to or _format_of(out)
    if jsonl is not None:
        if to is not Format.API:
            raise typer.BadParameter("--jsonl converts to api")
        for line in _lines(jsonl, known):
            sys.stdout.write(line)
        return
    _convert(target or "-", to, out, known, prefer, param, params, json=json)


def _format_of(out: Path | None) -> Format:
    """The format by the suffix of a file; `.json` could mean two formats, and means API JSON."""
    return Format.API if out is None else _BY_SUFFIX.get(out.suffix.lower(), Format.API)


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
    from ryla_graphs.cli.graphs import left_out_lines  # noqa: PLC0415
    from ryla_graphs.cli.targets import open_prompt  # noqa: PLC0415

    opened = open_prompt(target, param, params, catalog, prefer)
    keeps = to is Format.UI and not param and params is None and prefer != "prompt"
    written = _own_file(opened) if keeps else None
    written = written or _WRITERS[to](opened, catalog)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(written.text, encoding="utf-8")
    if json:
        facts = opened.facts()
        facts["left_out"] = [*facts.get("left_out", ()), *(left.to_dict() for left in written.left_out)]
        print_json({**facts, **({"file": str(out)} if out is not None else {}), to.value: written.content})
    else:
        print_problems(opened.problems, stderr=True)
        for line in left_out_lines(written.left_out):
            say(line, err=True)
        typer.echo(written.text if out is None else f"{out}: {len(opened.prompt)} nodes\n", nl=False)
    raise typer.Exit(1 if any(problem.level == "error" for problem in opened.problems) else 0)


_BY_SUFFIX = {".py": Format.PYTHON, ".mmd": Format.MERMAID, ".mermaid": Format.MERMAID}


class _Written(NamedTuple):
    """A graph in another format."""

    content: Any
    """JSON-ready data, or text."""
    left_out: tuple[LeftOut, ...] = ()
    """The parts of the graph that the new format cannot hold."""

    @property
    def text(self) -> str:
        """The content of a file."""
        content = self.content
        return content if isinstance(content, str) else json_module.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _api(opened: Opened, _: Catalog | None) -> _Written:
    return _Written(opened.prompt)


def _mermaid(opened: Opened, catalog: Catalog | None) -> _Written:
    return _Written(opened.workflow(catalog).to_mermaid())


def _own_file(opened: Opened) -> _Written | None:
    """The editor's file itself, with its layout, if the source is one or holds one."""
    from ryla_graphs.formats import json_text  # noqa: PLC0415

    if opened.document is None or opened.document.ui is None:
        return None
    if not wants_json():
        typer.echo("writing the editor's workflow unchanged; --from prompt lays out the prompt instead", err=True)
    return _Written(json_text.mended(opened.document.ui))


def _ui(opened: Opened, catalog: Catalog | None) -> _Written:
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.formats.editor.writing import write  # noqa: PLC0415
    from ryla_graphs.prompt import Prompt  # noqa: PLC0415

    if opened.made is not None:
        return _Written(opened.made.to_ui())
    made = write(Prompt(opened.prompt, bundled() if catalog is None else catalog))
    return _Written(made.document, made.left_out)


def _python(opened: Opened, catalog: Catalog | None) -> _Written:
    from ryla_graphs.formats import python  # noqa: PLC0415
    from ryla_graphs.formats.editor.reading import parse  # noqa: PLC0415
    from ryla_graphs.formats.editor.remarks import dated_names_in, notes_in, subgraph_titles  # noqa: PLC0415

    workflow = opened.workflow(catalog)
    if opened.document is None or opened.document.ui is None:
        return _Written(workflow.to_python())
    said = parse(opened.document.ui)
    notes = [python.Note(text) for text in notes_in(said)]
    source = python.dump(workflow.graph, name=workflow.name, notes=notes, parts=subgraph_titles(said))
    fixed = dated_names_in(said) if opened.document.used == "workflow" else ()
    return _Written(source, tuple(_fixed_date(number, name) for number, name in fixed))


def _fixed_date(node: str, name: str) -> LeftOut:
    from ryla_graphs.formats.editor.convert import LeftOut  # noqa: PLC0415
    from ryla_graphs.problems import shorten  # noqa: PLC0415

    reason = "the editor fills it in at each run, and here it has today's; ComfyUI itself fills in %year%-%month%-%day%"
    return LeftOut(node, f"the date in {shorten(name)}", reason)


_WRITERS: Mapping[Format, Callable[[Opened, Catalog | None], _Written]] = {
    Format.API: _api,
    Format.UI: _ui,
    Format.PYTHON: _python,
    Format.MERMAID: _mermaid,
}


def _lines(source: str, catalog: Catalog | None) -> Iterator[str]:
    """One result for each line of a file, in its order."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.formats.editor.convert import Choices, convert_line  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415

    known, choices = bundled() if catalog is None else catalog, Choices(now=datetime.now().astimezone())
    for number, line in enumerate(read_bytes(source).splitlines(), start=1):
        if line.strip():
            try:
                result = convert_line(parse_json(line, f"{source}:{number}"), known, choices)
            except InvalidDocument as error:
                result = {"id": None, "error": str(error)}
            except Exception as error:  # noqa: BLE001 - one bad line must not stop the others
                report(error)
                result = {
                    "id": None,
                    "error": f"line {number}: a bug in ryla-graphs: {type(error).__name__}: {error}",
                }
            yield (
                json_module.dumps(result, default=repr) + "\n"
            )  # in ASCII: some readers treat U+2028 as the end of a line
