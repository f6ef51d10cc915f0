"""`ryla-graphs run --rows`: runs each row of a table, and skips finished rows."""

from __future__ import annotations

import hashlib
import inspect
import json as json_module
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from ryla_graphs.cli.limits import refuse_too_much
from ryla_graphs.cli.output import print_json
from ryla_graphs.cli.services import announce
from ryla_graphs.cli.targets import Made, files_of, from_file, open_target, parameters
from ryla_graphs.engines.many import Ended, Order, own_inputs, progress_of, run_each
from ryla_graphs.pipelines.settable import GraphTarget
from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import (
    Cancelled,
    EngineUnreachable,
    InvalidInputs,
    InvalidParameters,
    InvalidSettings,
    InvalidWorkflow,
    NotFound,
    Problem,
    RunLost,
)
from ryla_graphs.sources import read_bytes
from ryla_graphs.sweeps.filling import columns_in, file_name, filled
from ryla_graphs.sweeps.grid import drawn, names_of
from ryla_graphs.sweeps.journal import Journal
from ryla_graphs.sweeps.tables import Row, read_rows

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import Artifact, Engine, PartnerKey
    from ryla_graphs.formats.read import Preference
    from ryla_graphs.workflow import Workflow

_VOID = (Cancelled, RunLost)
"""Errors of a run of an earlier command after which the row is run again."""


class Table(NamedTuple):
    """The options of a run over rows."""

    target: str
    source: str
    encoding: str | None
    name: str
    """The template of a row's file names: ``{style}/{row}``."""
    settings: list[str] | None
    params: str | None
    prefer: Preference | None
    at_once: int | None


@dataclass(frozen=True, eq=False)
class _Job:
    row: Row
    key: str
    name: str
    given: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def label(self) -> str:
        return f"row {self.row.number}"


def run_rows(
    table: Table,
    engine: Engine,
    known: Catalog | None,
    out: Path,
    *,
    address: str,
    key: PartnerKey | None,
    limits: bool,
    json: bool,
) -> bool:
    """Run every unfinished row and report all rows; returns whether all are finished."""
    rows = read_rows(read_bytes(table.source), table.source, encoding=table.encoding)
    made = open_target(table.target, known, table.prefer)
    jobs, journal = _jobs(table, made, rows), Journal(out)
    before = {job: facts for job in jobs if (facts := journal.done(job.key)) is not None}
    batch = _Batch(made, known, engine, journal, out, table.at_once)
    todo = [job for job in jobs if job not in before]
    batch.prepare(todo, limits=limits)
    if not json:
        announce(batch.compiled.values(), address, key)
    if todo and not (health := engine.health()).ready:
        raise EngineUnreachable(health.reason)
    batch.run(todo, quiet=json)
    _print_results(jobs, before, batch.results, out, simulated=batch.simulated, json=json)
    return all(facts["state"] == "done" for facts in batch.results.values())


def _jobs(table: Table, made: Made, rows: tuple[Row, ...]) -> list[_Job]:
    fixed, files = parameters(table.settings or [], table.params)
    files = files_of(made) | files
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    if twice := [column for column in columns if column in fixed]:
        raise InvalidSettings(f"'{twice[0]}' is set twice: by a column of '{table.source}' and by -p")
    texts = columns_in(fixed) | columns_in(table.name)
    only_text = {column for column in columns if column in texts and not _is_parameter(made, column)}
    identity = _identity(table.target, made)
    width, seen, jobs = len(str(len(rows))), Counter[str](), []
    for row in rows:
        own = dict(files)
        cells = {column: filled(value, row.cells) for column, value in row.cells.items()}
        given = filled(fixed, row.cells) | {
            column: _from_file(value, own, row) for column, value in cells.items() if column not in only_text
        }
        said = json_module.dumps([identity, given, sorted(_digests(own, files).items())], sort_keys=True, default=repr)
        seen[said] += 1
        key = hashlib.sha256(f"{said}{seen[said]}".encode()).hexdigest()[:32]
        name = file_name(table.name, {**row.cells, "row": f"{row.number:0{width}d}"})
        jobs.append(_Job(row, key, name, given, own))
    _refuse_twins(jobs)
    return jobs


def _from_file(value: Any, files: dict[str, bytes], row: Row) -> Any:
    if not isinstance(value, str) or not value.startswith("@") or len(value) < 2:
        return value
    try:
        return from_file(value[1:], files)
    except NotFound as error:
        raise NotFound(f"row {row.number}, line {row.line}: {error}") from None


def _digests(files: Mapping[str, bytes], common: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name not in common}


def _identity(target: str, made: Made) -> str:
    """Distinguishes targets: the name, and the content of the target's file."""
    path = Path(target.rpartition(":")[0] if ".py:" in target else target)
    if isinstance(made, Preset) and made.file is not None:
        path = made.file
    return f"{target} {hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else target


def _is_parameter(made: Made, column: str) -> bool:
    if isinstance(made, Preset):
        return column in names_of(made) or "." in column
    return "." in column if isinstance(made, GraphTarget) else column in inspect.signature(made).parameters


def _refuse_twins(jobs: list[_Job]) -> None:
    first: dict[str, _Job] = {}
    for job in jobs:
        other = first.setdefault(job.name.casefold(), job)
        if other is not job:
            raise InvalidSettings(f"{other.label} and {job.label} would both be '{job.name}': --name '{{row}}-…'")


class _Batch:
    """The rows to run."""

    def __init__(
        self, made: Made, known: Catalog | None, engine: Engine, journal: Journal, out: Path, at_once: int | None
    ) -> None:
        self._made, self._known, self._engine = made, known, engine
        self._journal, self._out, self._at_once = journal, out, at_once
        self._runs: dict[_Job, tuple[str, bool]] = {}
        self.compiled: dict[_Job, CompiledWorkflow] = {}
        self.results: dict[_Job, dict[str, Any]] = {}
        self.simulated = False

    def prepare(self, jobs: list[_Job], *, limits: bool) -> None:
        """Build and check all rows; raises with the problems of all rows before the first one runs."""
        wrong: list[tuple[Problem, list[str]]] = []
        workflows: dict[_Job, Workflow] = {}
        for job in jobs:
            try:
                workflows[job] = _built(self._made, {**self._drawn(job), **job.given})
                self.compiled[job] = workflows[job].compile(self._known)
            except (InvalidParameters, InvalidWorkflow, InvalidInputs) as error:
                for problem in error.problems:
                    _rows_of(problem, wrong).append(job.label)
            except NotFound as error:
                raise NotFound(f"{job.label}, line {job.row.line}: {error}") from None
        if wrong:
            raise InvalidParameters(each.at(message=f"{each.message} (in {_some(rows)})") for each, rows in wrong)
        if limits:
            refuse_too_much(self.compiled.values())

    def _drawn(self, job: _Job) -> Mapping[str, Any]:
        """The drawn values of a row, such as a seed; drawn once, even if the row takes several commands."""
        run, values, begun = self._journal.planned(job.key, drawn(self._made, set(job.given)))
        self._runs[job] = run, begun
        return values

    def run(self, jobs: list[_Job], *, quiet: bool) -> None:
        """Run rows, and save the outputs of each when it ends."""
        with progress_of(len(jobs), show=False if quiet else None) as advance:
            again = []
            for ended in self._each(jobs):
                if isinstance(ended.error, _VOID) and self._runs[ended.key][1]:
                    again.append(ended.key)
                    self._journal.write(ended.key.key, state="failed", code=ended.error.code)
                    self._drawn(ended.key)
                    continue
                self.results[ended.key] = self._ended(ended)
                advance(ended.key.name, failed=ended.error is not None)
            for ended in self._each(again):
                self.results[ended.key] = self._ended(ended)
                advance(ended.key.name, failed=ended.error is not None)

    def _each(self, jobs: list[_Job]) -> Iterator[Ended[_Job]]:
        orders = [
            Order(job, self.compiled[job], own_inputs(self.compiled[job], job.files), self._runs[job][0])
            for job in jobs
        ]
        with closing(run_each(self._engine, orders, at_once=self._at_once)) as runs:
            yield from runs

    def _ended(self, ended: Ended[_Job]) -> dict[str, Any]:
        job, facts = ended.key, dict[str, Any]()
        if ended.result is not None:
            files = [artifact.save(self._out) for artifact in named(job.name, ended.result.outputs)]
            self.simulated |= any(artifact.simulated for artifact in ended.result.outputs)
            relative = [path.relative_to(self._out).as_posix() for path in files]
            facts = {"state": "done", "seconds": round(ended.result.seconds, 3), "files": relative, "error": None}
        elif ended.error is not None:
            facts = {"state": "failed", "code": ended.error.code, "error": str(ended.error)}
        facts = {"row": job.row.number, "parameters": dict(self.compiled[job].parameters or job.given), **facts}
        self._journal.write(job.key, **facts)
        return facts


def _built(made: Made, given: Mapping[str, Any]) -> Workflow:
    """The workflow of a row; ``node.input`` also sets inputs of a preset's nodes."""
    if not isinstance(made, Preset):
        return made(**given)
    inputs = {name: value for name, value in given.items() if "." in name}
    workflow = made.build({name: value for name, value in given.items() if name not in inputs})
    return workflow.set({name: _typed(value) for name, value in inputs.items()}) if inputs else workflow


def _typed(value: Any) -> Any:
    """The text as a JSON number or boolean, if it is one."""
    try:
        read = json_module.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return read if isinstance(read, (int, float, bool)) else value


def _rows_of(problem: Problem, wrong: list[tuple[Problem, list[str]]]) -> list[str]:
    """The rows that have a problem, as recorded so far."""
    for other, rows in wrong:
        if other == problem:
            return rows
    wrong.append((problem, []))
    return wrong[-1][1]


def _some(rows: list[str]) -> str:
    return f"{', '.join(rows[:3])}{f' and {len(rows) - 3} more' if len(rows) > 3 else ''}"


def named(name: str, outputs: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """The outputs of a row under its name; several outputs also get the name of their node, or a number."""
    nodes = Counter(artifact.node for artifact in outputs)
    path = PurePosixPath(name)
    for place, artifact in enumerate(outputs, start=1):
        own = artifact.node.replace("/", "_") if nodes[artifact.node] == 1 else str(place)
        stem = path.name if len(outputs) == 1 else f"{path.name},{own}"
        suffix = PurePosixPath(artifact.filename).suffix
        yield replace(artifact, filename=f"{stem}{suffix}", subfolder=path.parent.as_posix().removeprefix("."))


def _print_results(
    jobs: list[_Job],
    before: Mapping[_Job, Mapping[str, Any]],
    results: Mapping[_Job, Mapping[str, Any]],
    out: Path,
    *,
    simulated: bool,
    json: bool,
) -> None:
    failed = {job: facts for job, facts in results.items() if facts["state"] != "done"}
    counts = {"rows": len(jobs), "done": len(results) - len(failed), "skipped": len(before), "failed": len(failed)}
    if json:
        rows = [{**(results.get(job) or {**before[job], "skipped": True}), "row": job.row.number} for job in jobs]
        print_json({**counts, "simulated": simulated, "rows": rows})
        return
    note = "  (simulated: no model ran)" if simulated else ""
    for job in jobs:
        for name in results.get(job, {}).get("files", []):
            typer.echo(f"{out / name}{note}")
    for job, facts in failed.items():
        typer.echo(f"failed: {job.label} (line {job.row.line}): {facts['error']}", err=True)
    typer.echo(", ".join(f"{number} {what}" for what, number in counts.items()))
