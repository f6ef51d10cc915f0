"""`ryla-graphs validate`: everything that is wrong with a graph, before a GPU is paid for."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import CatalogSource, Json, ModelsFolders, ParamsFile, Settings
from ryla_graphs.cli.output import print_json

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.families import Files
    from ryla_graphs.problems import Problem


def validate_command(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="API JSON, FILE.py:NAME, or presets; - for standard input."),
    ] = None,
    catalog: CatalogSource = None,
    jsonl: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help='Judge one {"id", "prompt"} a line; prints one verdict a line, exits 0.'),
    ] = None,
    models: ModelsFolders = None,
    param: Settings = None,
    params: ParamsFile = None,
    json: Json = False,
) -> None:
    """Check graphs as ComfyUI's server would, and beyond. Exits 1 where one has an error."""
    from ryla_graphs.models_folder import ModelsFolder  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    if not files and jsonl is None:
        raise typer.BadParameter("give files, or --jsonl FILE")
    known = open_catalog(catalog)
    held = ModelsFolder.open(*models) if models else None
    if jsonl is not None:
        for line in _judged(jsonl, known, held):
            sys.stdout.write(line)
        return
    found = {name: _problems(name, known if catalog else None, held, param, params) for name in files or []}
    bad = any(problem.level == "error" for problems in found.values() for problem in problems)
    if json:
        print_json(
            [
                {
                    "file": name,
                    "valid": not any(problem.level == "error" for problem in problems),
                    "problems": [problem.to_dict() for problem in problems],
                }
                for name, problems in found.items()
            ]
        )
    else:
        _print(found)
    raise typer.Exit(1 if bad else 0)


def _print(found: dict[str, Sequence[Problem]]) -> None:
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415

    for name, problems in found.items():
        errors = sum(problem.level == "error" for problem in problems)
        warnings = sum(problem.level == "warning" for problem in problems)
        state = f"{errors} error{'s' * (errors != 1)}" if errors else "valid"
        typer.echo(f"{name}: {state}" + (f", {warnings} warning{'s' * (warnings != 1)}" if warnings else ""))
        print_problems(problems)


def _problems(
    name: str, catalog: Catalog | None, held: Files | None, param: list[str] | None, params: str | None
) -> Sequence[Problem]:
    from ryla_graphs import presets  # noqa: PLC0415
    from ryla_graphs.catalogs import bundled  # noqa: PLC0415
    from ryla_graphs.cli.targets import load_target  # noqa: PLC0415
    from ryla_graphs.problems import InvalidWorkflow  # noqa: PLC0415
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415
    from ryla_graphs.validation import validate  # noqa: PLC0415

    if name in presets.NAMES or name.endswith(".py") or ".py:" in name:
        try:
            return load_target(name, param, params).workflow.validate(catalog, files=held)
        except InvalidWorkflow as error:
            return error.problems
    # As raw JSON: a graph that cannot even be loaded shall have all of its problems told.
    prompt = _prompt_in(parse_json(read_bytes(name), name))
    return validate(prompt, bundled() if catalog is None else catalog, files=held)


def _prompt_in(document: Any) -> Any:
    """The prompt, also where the file is a whole request to `POST /prompt`."""
    if (
        isinstance(document, dict)
        and isinstance(document.get("prompt"), dict)
        and "class_type" not in document["prompt"]
    ):
        return document["prompt"]
    return document


def _judged(source: str, catalog: Catalog, held: Files | None) -> Iterator[str]:
    """The verdicts on the lines of a file, in their order."""
    from ryla_graphs.problems import InvalidDocument  # noqa: PLC0415
    from ryla_graphs.sources import parse_json, read_bytes  # noqa: PLC0415
    from ryla_graphs.validation import View, problems_of  # noqa: PLC0415

    for number, line in enumerate(read_bytes(source).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = parse_json(line, f"{source}:{number}")
            if not isinstance(row, dict) or "prompt" not in row:
                raise InvalidDocument(f"'{source}:{number}' is not an object with a prompt")
        except InvalidDocument as error:
            yield _line({"id": None, "accepted": False, "error": None, "nodes": {}, "problems": [_unreadable(error)]})
            continue
        view = View(row["prompt"], catalog, files=held)
        answer = view.verdict
        yield _line(
            {
                "id": row.get("id"),
                "accepted": answer.accepted,
                "error": answer.error,
                "nodes": answer.nodes,
                "problems": [problem.to_dict() for problem in problems_of(view)],
            }
        )


def _unreadable(error: Exception) -> dict[str, Any]:
    return {"code": "unreadable_line", "message": str(error), "level": "error", "tier": 1}


def _line(content: dict[str, Any]) -> str:
    return json_module.dumps(content, ensure_ascii=False, default=repr) + "\n"
