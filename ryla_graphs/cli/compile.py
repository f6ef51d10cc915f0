"""`ryla-graphs compile`: writes a workflow as ComfyUI's API JSON."""

from __future__ import annotations

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ryla_graphs.cli.options import CatalogSource, Json, JudgingServer, ParamsFile, Prefer, Settings, Target
from ryla_graphs.cli.output import print_json


class Format(StrEnum):
    """The format to write a workflow in."""

    API = "api"
    MERMAID = "mermaid"


def compile_command(
    target: Target,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")] = None,
    form: Annotated[Format, typer.Option("--format", help="API JSON, or a Mermaid diagram of the graph.")] = Format.API,
    param: Settings = None,
    params: ParamsFile = None,
    catalog: CatalogSource = None,
    engine: JudgingServer = None,
    prefer: Prefer = None,
    json: Json = False,
) -> None:
    """Check a workflow and compile it to the JSON that ComfyUI's POST /prompt accepts."""
    from ryla_graphs.cli.catalog_option import chosen_catalog  # noqa: PLC0415
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415
    from ryla_graphs.cli.targets import load_target  # noqa: PLC0415

    known = chosen_catalog(catalog, engine)
    workflow = load_target(target, param, params, known, prefer).workflow
    compiled = workflow.compile(known)
    text = json_module.dumps(compiled.document, indent=2, ensure_ascii=False) + "\n"
    if form is Format.MERMAID:
        text = workflow.to_mermaid()
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if json:
        print_json(
            {
                "digest": compiled.digest,
                "nodes": len(compiled.document),
                "outputs": [output.to_dict() for output in compiled.outputs],
                "parameters": compiled.parameters,
                "problems": [problem.to_dict() for problem in compiled.problems],
                "sources": dict(compiled.sources),
                **({"file": str(out)} if out is not None else {}),
                **({form.value: text} if form is Format.MERMAID else {"prompt": compiled.document}),
            }
        )
        return
    print_problems(compiled.problems, stderr=True, notes=False)
    if out is None:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"{out}: {len(compiled.document)} nodes, sha256 {compiled.digest}")
