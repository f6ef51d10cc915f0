"""`ryla-graphs faces methods`: compares the methods that keep a face, side by side."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ryla_graphs.cli.faces import Meter, reference_of
from ryla_graphs.cli.options import CatalogSource, EngineAddress, Json, Limits, Out, ParamsFile, Settings
from ryla_graphs.cli.sweep import axes_in, run_and_save, show_saved


def methods_command(
    reference: Annotated[str, typer.Argument(metavar="FILE", help="A picture of the person, with their consent.")],
    param: Settings = None,
    params: ParamsFile = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method", metavar="NAME", help="instantid, pulid, kontext or infinite-you; by default all that can run."
        ),
    ] = None,
    axes: Annotated[
        list[str] | None,
        typer.Option("--grid", metavar="KEY=V,V,…", help="Values to try with each method: seed=1..3."),
    ] = None,
    out: Out = Path("out"),
    most_cells: Annotated[int, typer.Option("--most-cells", min=1, help="Refuse larger sweeps.")] = 100,
    meter: Meter = "dlib",
    engine: EngineAddress = None,
    catalog: CatalogSource = None,
    limits: Limits = True,
    json: Json = False,
) -> None:
    """Draw a person with InstantID, PuLID, Kontext and InfiniteYou: a contact sheet, and how well each kept the face.

    Leaves out methods whose nodes or weights the engine lacks, and says why.
    """
    from ryla_graphs.cli.targets import from_file, parameters  # noqa: PLC0415
    from ryla_graphs.engines import connect, default_address, judge_of  # noqa: PLC0415
    from ryla_graphs.sources import open_catalog  # noqa: PLC0415
    from ryla_graphs.sweeps import METHODS, method_grid  # noqa: PLC0415

    person = reference_of(reference, meter)
    given, files = parameters(param or [], params)
    picture = from_file(reference, files)
    address = engine or default_address()
    with closing(connect(address)) as connected:
        known = judge_of(connected, open_catalog(catalog) if catalog else None)
        tried = axes_in(axes or [], files)
        swept, left_out = method_grid(
            picture, given, tried, methods=method or tuple(METHODS), catalog=known, most_cells=most_cells
        )
        for name, why in left_out.items():
            typer.echo(f"left out: {name}: {why}", err=True)
        saved = run_and_save(
            connected, address, swept, files, out, person, quiet=json, limits=limits, left_out=dict(left_out)
        )
    show_saved(saved, out, json=json)
    if saved.failures:
        raise typer.Exit(1)
