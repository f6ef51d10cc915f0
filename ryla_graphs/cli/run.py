"""`ryla-graphs run`: to files on disk."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import Json, ParamsFile, Settings, Target
from ryla_graphs.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import Artifact, Result
    from ryla_graphs.engines.events import Event


def run_command(
    target: Target,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the files go.")] = Path("out"),
    param: Settings = None,
    params: ParamsFile = None,
    engine: Annotated[
        str,
        typer.Option(
            envvar="RYLA_ENGINE", metavar="simulator|URL", help="The simulator, or a ComfyUI server's http://host:port."
        ),
    ] = "simulator",
    limits: Annotated[
        bool, typer.Option("--limits/--no-limits", help="Refuse what asks for far too many pixels, pictures or steps.")
    ] = True,
    json: Json = False,
) -> None:
    """Compile a workflow, run it, and save its outputs and its JSON. Nothing on disk is overwritten."""
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415
    from ryla_graphs.cli.targets import load_target  # noqa: PLC0415
    from ryla_graphs.engines import connect, run  # noqa: PLC0415

    workflow, inputs = load_target(target, param, params)
    compiled = workflow.compile()
    if limits:
        _refuse_too_much(compiled)
    if not json:
        print_problems(compiled.problems, stderr=True, notes=False)
    with closing(connect(engine)) as connected:
        with _progress(compiled, quiet=json) as watch:
            result = run(connected, compiled, inputs, on_event=watch)
        files = [(artifact, artifact.save(out)) for artifact in result.outputs]
    saved = _workflow_file(compiled).save(out)
    _tell(compiled, result, files, saved, engine=engine, json=json)


def _refuse_too_much(compiled: CompiledWorkflow) -> None:
    from ryla_graphs.errors import CannotRunHere  # noqa: PLC0415
    from ryla_graphs.plan import check  # noqa: PLC0415

    if problems := check(compiled.stages):
        raise CannotRunHere(compiled.explain(problem) for problem in problems)


def _workflow_file(compiled: CompiledWorkflow) -> Artifact:
    """The compiled graph as one more file to save."""
    from ryla_graphs.engines import Artifact  # noqa: PLC0415

    text = json_module.dumps(compiled.prompt, indent=2, ensure_ascii=False) + "\n"
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


@contextmanager
def _progress(compiled: CompiledWorkflow, *, quiet: bool) -> Iterator[Callable[[Event], None]]:
    """A bar of nodes done, with the steps of the node at work; on the terminal's error stream."""
    terminal = console(stderr=True)
    if quiet or not terminal.is_terminal:
        yield lambda _event: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[steps]}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("waiting", total=len(compiled.prompt), steps="")

        def watch(event: Event) -> None:
            facts: dict[str, Any] = event.to_dict() if event.kind in ("node", "progress") else {}
            if event.kind == "node":
                bar.update(task, advance=1, description=f"{facts['class_type']} '{facts['node']}'", steps="")
            elif event.kind == "progress":
                bar.update(task, steps=f"step {facts['step']}/{facts['steps']}")

        yield watch
