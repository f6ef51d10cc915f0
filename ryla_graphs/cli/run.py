"""`ryla-graphs run`: runs a workflow and saves its outputs."""

from __future__ import annotations

import json as json_module
import os
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ryla_graphs.cli.limits import refuse_too_much
from ryla_graphs.cli.options import (
    AtOnce,
    CatalogSource,
    Encoding,
    EngineAddress,
    Json,
    Limits,
    ListInputs,
    Out,
    ParamsFile,
    Partial,
    Prefer,
    RowName,
    Rows,
    Settings,
    Strict,
    Target,
    Watch,
)
from ryla_graphs.cli.output import print_json, say
from ryla_graphs.cli.progress import progress
from ryla_graphs.cli.services import announce, partner_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import Artifact, Engine, Result
    from ryla_graphs.engines.events import Event
    from ryla_graphs.engines.partial import GoodPart
    from ryla_graphs.engines.partner_key import PartnerKey
    from ryla_graphs.workflow import Workflow


def run_command(
    target: Target,
    out: Out = Path("out"),
    param: Settings = None,
    params: ParamsFile = None,
    engine: EngineAddress = None,
    catalog: CatalogSource = None,
    partial: Partial = False,
    limits: Limits = True,
    strict: Strict = False,
    prefer: Prefer = None,
    list_inputs: ListInputs = False,
    watch: Watch = False,
    rows: Rows = None,
    name: RowName = None,
    encoding: Encoding = None,
    at_once: AtOnce = None,
    json: Json = False,
) -> None:
    """Compile a workflow, run it, and save its outputs and its JSON, without overwriting any file.

    The workflow is checked with the engine's own catalog, unless `--catalog` names another. Ctrl-C and SIGTERM cancel
    the run. Terminals that can show pictures (kitty, iTerm2, WezTerm and others) show the results.
    """
    from ryla_graphs.cli.inputs import print_inputs  # noqa: PLC0415
    from ryla_graphs.cli.targets import load_target  # noqa: PLC0415
    from ryla_graphs.cli.watching import run_on_each_save  # noqa: PLC0415
    from ryla_graphs.engines import connect, default_address, judge_of  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415

    _refuse_together(rows, {"--name": name, "--encoding": encoding, "--at-once": at_once}, watch=watch, partial=partial)
    key, address = partner_key(), engine or default_address()
    with closing(connect(address, strict=strict or None, partner_key=key)) as connected:
        known = judge_of(connected, open_catalog(catalog) if catalog else None)
        if list_inputs:
            print_inputs(target, known, prefer, json=json)
            return
        if rows is not None:
            table = target, rows, encoding, name or "{row}", param, params, prefer, at_once
            _run_rows(table, connected, known, out, address=address, key=key, limits=limits, json=json)
            return

        def once() -> None:
            workflow, inputs = load_target(target, param, params, known, prefer)
            part = _part(workflow, known, partial=partial, limits=limits)
            _announce(part.workflow, address, key, quiet=json)
            result, files = _run(connected, part.workflow, inputs, out, quiet=json)
            saved = workflow_file(part.workflow).save(out)
            _print_results(part.workflow, result.without(part.left_out), files, saved, engine=address, json=json)

        run_on_each_save(target, once) if watch else once()


def _refuse_together(rows: str | None, only_with: Mapping[str, object], *, watch: bool, partial: bool) -> None:
    from ryla_graphs.problems import InvalidSettings  # noqa: PLC0415

    if rows is None and (idle := [option for option, value in only_with.items() if value is not None]):
        raise InvalidSettings(f"{idle[0]} has no effect without --rows")
    if rows is not None and (watch or partial):
        raise InvalidSettings(f"--rows cannot be combined with {'--watch' if watch else '--partial'}")


def _announce(compiled: CompiledWorkflow, engine: str, key: PartnerKey | None, *, quiet: bool) -> None:
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415

    if not quiet:
        print_problems(compiled.problems, stderr=True, notes=False)
        announce([compiled], engine, key)


def _run_rows(table: tuple[Any, ...], *where: Any, **how: Any) -> None:
    from ryla_graphs.cli.rows import Table, run_rows  # noqa: PLC0415

    if not run_rows(Table(*table), *where, **how):
        raise typer.Exit(1)


def _part(workflow: Workflow, known: Catalog | None, *, partial: bool, limits: bool) -> GoodPart:
    from ryla_graphs.engines.partial import GoodPart, good_part  # noqa: PLC0415

    part = good_part(workflow, known) if partial else GoodPart(workflow.compile(known), ())
    if limits:
        refuse_too_much([part.workflow])
    return part


def _run(
    engine: Engine, compiled: CompiledWorkflow, inputs: Mapping[str, bytes], out: Path, *, quiet: bool
) -> tuple[Result, list[tuple[Artifact, Path]]]:
    """Run a graph and save its outputs; if it fails, save those that had arrived."""
    from ryla_graphs.cli.interrupts import cancelling  # noqa: PLC0415
    from ryla_graphs.engines.base import follow  # noqa: PLC0415
    from ryla_graphs.problems import EngineError  # noqa: PLC0415

    arrived: list[Artifact] = []
    run_id = str(uuid.uuid4())
    try:
        with progress(len(compiled.document), quiet=quiet) as watch, cancelling(engine, run_id, compiled):
            started = engine.start(compiled, inputs, run_id=run_id, fresh=True)
            result = follow(started, on_event=_collecting(arrived, watch, quiet=quiet))
    except EngineError:
        for artifact in arrived:
            say(f"{artifact.save(out)}  (arrived before the run failed)", err=True)
        raise
    return result, [(artifact, artifact.save(out)) for artifact in result.outputs]


def _collecting(arrived: list[Artifact], watch: Callable[[Event], None], *, quiet: bool) -> Callable[[Event], None]:
    """Collect the outputs of the current attempt, and print the route of each attempt."""
    from ryla_graphs.engines.events import OutputReady, Retrying, Routed  # noqa: PLC0415

    def collect(event: Event) -> None:
        watch(event)
        if isinstance(event, OutputReady):
            arrived.append(event.artifact)
        elif isinstance(event, Retrying):
            arrived.clear()
        elif isinstance(event, Routed) and not quiet:
            others = "".join(f"; not {name}: {reason}" for name, reason in event.tried.items())
            say(f"route {event.route} ({event.reason}{others})", err=True)

    return collect


def workflow_file(compiled: CompiledWorkflow) -> Artifact:
    """The compiled graph as a further file to save."""
    from ryla_graphs.engines import Artifact  # noqa: PLC0415

    text = json_module.dumps(compiled.document, indent=2, ensure_ascii=False) + "\n"
    return Artifact(node="", kind="text", filename=f"{compiled.name or 'workflow'}.json", text=text)


def _print_results(
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
                "left_out": [problem.to_dict() for problem in result.left_out],
                "guessed": list(result.guessed),
            }
        )
        return
    for problem in result.left_out:
        typer.echo(f"left out: {problem}", err=True)
    for reason in result.guessed:
        say(f"guessed: {reason}", err=True)
    for _, path in files:
        say(f"{path}{'  (simulated: no model ran)' if simulated else ''}")
    typer.echo(f"{saved}")
    seed = compiled.parameters.get("seed")
    if seed is not None:
        typer.echo(f"seed {seed}")
    from ryla_graphs.cli.pictures import show  # noqa: PLC0415

    show((path for artifact, path in files if artifact.kind == "image"), os.environ)
