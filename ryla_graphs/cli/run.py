"""`ryla-graphs run`: to files on disk."""

from __future__ import annotations

import json as json_module
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ryla_graphs.cli.options import EngineAddress, Json, Limits, Out, ParamsFile, Prefer, Settings, Target
from ryla_graphs.cli.output import print_json
from ryla_graphs.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import Artifact, Result


def run_command(
    target: Target,
    out: Out = Path("out"),
    param: Settings = None,
    params: ParamsFile = None,
    engine: EngineAddress = "simulator",
    limits: Limits = True,
    prefer: Prefer = None,
    list_inputs: Annotated[
        bool, typer.Option("--list-inputs", help="Run nothing; list what -p NODE.INPUT=VALUE can set in a graph.")
    ] = False,
    json: Json = False,
) -> None:
    """Compile a workflow, run it, and save its outputs and its JSON. Nothing on disk is overwritten."""
    from ryla_graphs.cli.inputs import print_inputs  # noqa: PLC0415
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415
    from ryla_graphs.cli.targets import load_target  # noqa: PLC0415
    from ryla_graphs.engines import connect, run  # noqa: PLC0415

    if list_inputs:
        print_inputs(target, prefer, json=json)
        return
    workflow, inputs = load_target(target, param, params, prefer=prefer)
    compiled = workflow.compile()
    if limits:
        refuse_too_much([compiled])
    if not json:
        print_problems(compiled.problems, stderr=True, notes=False)
    with closing(connect(engine)) as connected:
        with progress(len(compiled.document), quiet=json) as watch:
            result = run(connected, compiled, inputs, on_event=watch)
        files = [(artifact, artifact.save(out)) for artifact in result.outputs]
    saved = workflow_file(compiled).save(out)
    _tell(compiled, result, files, saved, engine=engine, json=json)


def refuse_too_much(workflows: Iterable[CompiledWorkflow]) -> None:
    """Raise `CannotRunHere` with what graphs ask for beyond the limits, each told once."""
    from ryla_graphs.plan import check  # noqa: PLC0415
    from ryla_graphs.problems import CannotRunHere, Problem  # noqa: PLC0415

    found: list[Problem] = []
    for compiled in workflows:
        problems = [compiled.explain(problem) for problem in check(compiled.view, refuse_unknown=False)]
        found += [problem for problem in problems if problem not in found]
    if found:
        raise CannotRunHere(found)


def workflow_file(compiled: CompiledWorkflow) -> Artifact:
    """The compiled graph as one more file to save."""
    from ryla_graphs.engines import Artifact  # noqa: PLC0415

    text = json_module.dumps(compiled.document, indent=2, ensure_ascii=False) + "\n"
    return Artifact(node="", kind="text", filename=f"{compiled.name or 'workflow'}.json", text=text)


def _tell(
    compiled: CompiledWorkflow,
    result: Result,
    files: list[tuple[Artifact, Path]],
    saved: Path,
    *,
    engine: str,
    json: bool,
) -> None:
    simulated = any(artifact.simulated for artifact, _ in files)
    if json:
        print_json(
            {
                "run": result.run,
                "engine": engine,
                "simulated": simulated,
                "seconds": round(result.seconds, 3),
                "parameters": compiled.parameters,
                "workflow": str(saved),
                "outputs": [{**artifact.to_dict(), "file": str(path)} for artifact, path in files],
                "problems": [problem.to_dict() for problem in compiled.problems],
            }
        )
        return
    for _, path in files:
        typer.echo(f"{path}{'  (simulated: no model ran)' if simulated else ''}")
    typer.echo(f"{saved}")
    seed = compiled.parameters.get("seed")
    if seed is not None:
        typer.echo(f"seed {seed}")
