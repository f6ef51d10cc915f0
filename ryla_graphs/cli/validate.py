"""`ryla-graphs validate`: reports every problem of a graph before a GPU costs anything."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import CatalogSource, Json, JudgingServer, ModelsFolders, ParamsFile, Prefer, Settings
from ryla_graphs.cli.output import print_json, say

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.families import Files
    from ryla_graphs.formats.read import Document, Preference
    from ryla_graphs.problems import Problem


def validate_command(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Files with graphs, FILE.py:NAME, template:NAME, presets, or own pipelines; - for standard input.",
        ),
    ] = None,
    catalog: CatalogSource = None,
    engine: JudgingServer = None,
    jsonl: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help='Check one graph per line: {"id": …, "prompt": …}, or the bare graph in API format. Prints one JSON '
            'verdict per line: {"id", "accepted", "error", "nodes", "problems"}.',
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 whatever is found, for scripts that read the verdicts.")
    ] = False,
    models: ModelsFolders = None,
    param: Settings = None,
    params: ParamsFile = None,
    prefer: Prefer = None,
    json: Json = False,
) -> None:
    """Check graphs as ComfyUI's server would, and with further rules. Exits 1 if any graph has an error."""
    from ryla_graphs.cli.catalog_option import chosen_catalog  # noqa: PLC0415
    from ryla_graphs.models_folder import ModelsFolder  # noqa: PLC0415

    if not files and jsonl is None:
        raise typer.BadParameter("give files, or --jsonl FILE")
    _refuse_parameters(files or [])
    known = chosen_catalog(catalog, engine)
    held = ModelsFolder.open(*models) if models else None
    if jsonl is not None:
        refused = False
        for verdict in _verdicts(jsonl, known, held):
            # In ASCII: some readers treat U+2028 as the end of a line.
            sys.stdout.write(json_module.dumps(verdict, default=repr) + "\n")
            refused |= any(problem["level"] == "error" for problem in verdict["problems"])
        raise typer.Exit(1 if refused and not exit_zero else 0)
    found = [_judge(name, known, held, param, params, prefer) for name in files or []]
    if json:
        print_json([_facts(each) for each in found])
    else:
        _print(found)
    raise typer.Exit(1 if any(each.errors for each in found) and not exit_zero else 0)


def _refuse_parameters(files: Sequence[str]) -> None:
    """Raise `BadParameter` for ``prompt=x`` among the files, which was meant as a parameter."""
    from ryla_graphs.cli.hinting import hint_for  # noqa: PLC0415
    from ryla_graphs.cli.targets import names_graph  # noqa: PLC0415

    for name in files:
        if not names_graph(name) and (hint := hint_for(name)):
            raise typer.BadParameter(f"'{name}' is not a file; {hint}")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file with all its problems."""

    file: str
    problems: Sequence[Problem]
    document: Document | None = None

    @property
    def errors(self) -> int:
        return sum(problem.level == "error" for problem in self.problems)


def _facts(judged: _Judged) -> dict[str, Any]:
    facts: dict[str, Any] = {"file": judged.file, "valid": not judged.errors}
    if (document := judged.document) is not None:
        facts |= document.facts()
    return facts | {"problems": [problem.to_dict() for problem in judged.problems]}


def _print(found: Sequence[_Judged]) -> None:
    from ryla_graphs.cli.graphs import notes_of  # noqa: PLC0415
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415

    for each in found:
        for line in notes_of(each.document, each.file) if each.document is not None else ():
            say(line, err=True)
        errors, warnings = each.errors, sum(problem.level == "warning" for problem in each.problems)
        state = f"{errors} error{'s' * (errors != 1)}" if errors else "valid"
        say(f"{each.file}: {state}" + (f", {warnings} warning{'s' * (warnings != 1)}" if warnings else ""))
        print_problems(each.problems)


def _judge(
    name: str,
    catalog: Catalog | None,
    held: Files | None,
    param: list[str] | None,
    params: str | None,
    prefer: Preference | None,
) -> _Judged:
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.cli.targets import is_made, load_target, parameters  # noqa: PLC0415
    from ryla_graphs.pipelines.settable import GraphTarget  # noqa: PLC0415
    from ryla_graphs.problems import InvalidWorkflow  # noqa: PLC0415
    from ryla_graphs.validation import validate  # noqa: PLC0415

    if is_made(name):
        try:
            workflow = load_target(name, param, params, catalog, prefer).workflow
            return _Judged(name, workflow.validate(catalog, files=held))
        except InvalidWorkflow as error:
            return _Judged(name, error.problems)
    # As JSON: report all problems of a graph even if it cannot be loaded.
    document = GraphTarget(name, catalog, prefer).changed(parameters(param or [], params)[0])
    problems = validate(document.prompt, bundled() if catalog is None else catalog, files=held)
    return _Judged(name, [*document.problems, *problems], document)


def _verdicts(source: str, catalog: Catalog | None, held: Files | None) -> Iterator[dict[str, Any]]:
    """The verdicts on the lines of a file, in order."""
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415
    from ryla_graphs.validation import View, problems_of  # noqa: PLC0415

    known = bundled() if catalog is None else catalog
    for number, line in enumerate(read_bytes(source).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            name, prompt = _row(parse_json(line, f"{source}:{number}"), source, number)
        except InvalidDocument as error:
            unreadable = {"code": "unreadable_line", "message": str(error), "level": "error", "tier": 1}
            yield {"id": None, "accepted": False, "error": None, "nodes": {}, "problems": [unreadable]}
            continue
        view = View(prompt, known, files=held)
        answer = view.verdict
        yield {
            "id": name,
            "accepted": answer.accepted,
            "error": answer.error,
            "nodes": answer.nodes,
            "problems": [problem.to_dict() for problem in problems_of(view)],
        }


def _row(row: Any, source: str, number: int) -> tuple[Any, Any]:
    """The id and the prompt of a line; the id of a bare graph is its line number. Raises `InvalidDocument`."""
    from ryla_graphs.formats.shapes import is_node, is_prompt  # noqa: PLC0415
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415

    if isinstance(row, dict) and "prompt" in row and not is_node(row["prompt"]):
        return row.get("id"), row["prompt"]
    if is_prompt(row):
        return number, row
    raise InvalidDocument(f'\'{source}:{number}\' is not an object {{"id": …, "prompt": …}}, or a graph in API format')
