"""`ryla-graphs sweep`: runs every combination of some parameters' values."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.faces import Meter, reference_of
from ryla_graphs.cli.limits import refuse_too_much
from ryla_graphs.cli.options import (
    CatalogSource,
    EngineAddress,
    Json,
    Limits,
    Out,
    ParamsFile,
    Prefer,
    Settings,
    Target,
)
from ryla_graphs.cli.output import print_json, say
from ryla_graphs.cli.progress import progress
from ryla_graphs.cli.run import workflow_file
from ryla_graphs.cli.services import announce, partner_key

if TYPE_CHECKING:
    from ryla_graphs.engines import Engine
    from ryla_graphs.faces import Reference
    from ryla_graphs.sweeps import Grid, SavedSweep

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")


Axes = Annotated[
    list[str],
    typer.Option(
        "--grid",
        metavar="KEY=V,V,…",
        help="A parameter's values: seed=1,2,3, seed=1..8, image=@a.png,@b.png, or a JSON list, or a JSON object"
        ' with labels: prompt={"day": "a street at noon", "night": "…"}. Repeat it to run every combination.',
    ),
]


MeasureFace = Annotated[
    str | None,
    typer.Option(
        "--measure-face",
        metavar="FILE",
        help="Measure how well each picture kept the face in this one, with the person's consent (extra `faces`).",
    ),
]


def sweep_command(
    target: Target,
    axes: Axes,
    out: Out = Path("out"),
    param: Settings = None,
    params: ParamsFile = None,
    one_graph: Annotated[
        bool, typer.Option("--one-graph/--many", help="Run one graph that shares its loaders, or one graph per cell.")
    ] = False,
    zipped: Annotated[
        bool,
        typer.Option("--zip", help="Pair the values (first with first, second with second) instead of crossing them."),
    ] = False,
    most_cells: Annotated[int, typer.Option("--most-cells", min=1, help="Refuse larger sweeps.")] = 100,
    engine: EngineAddress = None,
    catalog: CatalogSource = None,
    limits: Limits = True,
    prefer: Prefer = None,
    measure_face: MeasureFace = None,
    meter: Meter = "dlib",
    json: Json = False,
) -> None:
    """Run a workflow for every combination of some parameters' values, and draw a contact sheet of the results.

    All cells are checked first, with the engine's own catalog unless `--catalog` names another. Unless they run as one
    graph, a failing cell does not stop the others: the sheet shows why it failed, and the exit code is 1.
    """
    from ryla_graphs.cli.targets import files_of, open_target, parameters  # noqa: PLC0415
    from ryla_graphs.engines import connect, default_address, judge_of  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415
    from ryla_graphs.sweeps import grid  # noqa: PLC0415

    given, files = parameters(param or [], params)
    reference = None if measure_face is None else reference_of(measure_face, meter)
    address = engine or default_address()
    with closing(connect(address, partner_key=partner_key())) as connected:
        known = judge_of(connected, open_catalog(catalog) if catalog else None)
        made = open_target(target, known, prefer)
        files = files_of(made) | files
        swept = grid(made, axes_in(axes, files), given, most_cells=most_cells, zipped=zipped).judged_by(known)
        saved = run_and_save(
            connected, address, swept, files, out, reference, quiet=json, one_graph=one_graph, limits=limits
        )
    show_saved(saved, out, json=json)
    if saved.failures:
        raise typer.Exit(1)


def run_and_save(
    engine: Engine,
    address: str,
    swept: Grid,
    files: dict[str, bytes],
    out: Path,
    reference: Reference | None,
    *,
    quiet: bool,
    one_graph: bool = False,
    limits: bool = True,
    **facts: Any,
) -> SavedSweep:
    """Run a sweep and show its progress; `facts` go into `sweep.json`."""
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415
    from ryla_graphs.sweeps import run_grid, save_sweep  # noqa: PLC0415

    if limits:
        refuse_too_much(swept.compiled.values())
    if not quiet:
        print_problems(swept.problems, stderr=True, notes=False)
        announce(swept.compiled.values(), address, partner_key())
    graphs = [swept.whole] if one_graph else swept.compiled.values()
    with progress(sum(len(each.document) for each in graphs), quiet=quiet) as watch:
        results = run_grid(engine, swept, files, one_graph=one_graph, on_event=watch)
        more = {"workflow": workflow_file(swept.whole).save(out).name} if one_graph else {}
        return save_sweep(
            swept, results, out, reference=reference, engine=address, one_graph=one_graph, **facts, **more
        )


def axes_in(settings: list[str], files: dict[str, bytes]) -> dict[str, Any]:
    """Values by parameter. Raises `InvalidParameters` for text that is not KEY=VALUES, and for repeated keys."""
    from ryla_graphs.problems import AtField, InvalidParameters, Problem  # noqa: PLC0415

    axes: dict[str, Any] = {}
    problems = []
    for setting in settings:
        key, equals, values = setting.partition("=")
        if not equals or not key or key in axes:
            message = f"'{key}' is swept twice" if key in axes else f"'{setting}' is not KEY=VALUE,VALUE"
            hint = "--grid seed=1,2,3 --grid guidance=2.5,3.5"
            problems.append(
                Problem(code="bad_axis", message=message, subject=AtField("--grid"), given=setting, hint=hint)
            )
            continue
        axes[key] = _values(values, files)
    if problems:
        raise InvalidParameters(problems)
    return axes


def _values(text: str, files: dict[str, bytes]) -> Any:
    """A list of values, or a mapping of labels to values."""
    from ryla_graphs.cli.targets import from_file  # noqa: PLC0415
    from ryla_graphs.sources import parse_json  # noqa: PLC0415

    if text.startswith(("[", "{")):
        return parse_json(text.encode(), "--grid")
    if found := _RANGE.fullmatch(text):
        return range(int(found[1]), int(found[2]) + 1)
    values = [value for value in text.split(",") if value]
    return [from_file(value[1:], files) if value.startswith("@") and len(value) > 1 else value for value in values]


def show_saved(saved: SavedSweep, out: Path, *, json: bool) -> None:
    """Print the files of a sweep, its face scores, and the failures."""
    from ryla_graphs.faces import FaceScore, in_short  # noqa: PLC0415

    if json:
        print_json(saved.manifest)
        return
    simulated = "  (simulated: no model ran)" if saved.manifest["simulated"] else ""
    for cell in saved.manifest["cells"]:
        faces = {row.pop("file"): in_short(FaceScore(**row)) for row in map(dict, cell.get("faces", ()))}
        for name in cell["files"]:
            say(f"{out / name}{f'  {faces[name]}' if name in faces else ''}{simulated}")
    typer.echo(f"{saved.contact_sheet}")
    typer.echo(f"{saved.file}")
    for name, reason in saved.failures.items():
        say(f"failed: {name}: {reason}", err=True)
