"""`ryla-graphs plan`: estimates what a workflow needs and costs, before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import (
    CatalogSource,
    Json,
    JudgingServer,
    ModelsFolders,
    ParamsFile,
    Prefer,
    Settings,
    Target,
)
from ryla_graphs.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from ryla_graphs.catalog.catalog import Catalog
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.formats.read import Preference
    from ryla_graphs.plan import Choice, Plan, StagePlan
    from ryla_graphs.plan.plan import OnGPU
    from ryla_graphs.problems import Problem
    from ryla_graphs.workflow import Workflow


def plan_command(
    target: Target,
    gpu: Annotated[
        str | None, typer.Option("--gpu", metavar="NAME", help="Plan for this GPU only, such as L40S.")
    ] = None,
    param: Settings = None,
    params: ParamsFile = None,
    catalog: CatalogSource = None,
    engine: JudgingServer = None,
    prefer: Prefer = None,
    models: ModelsFolders = None,
    json: Json = False,
) -> None:
    """Estimate a workflow: weights, node packs, ComfyUI, memory, GPU, seconds, cost. Exits 1 if it exceeds the limits.

    Missing required parameters are taken from the preset's example. Files in the folders of --models count with their
    real size.
    """
    from ryla_graphs.cli.catalog_option import chosen_catalog  # noqa: PLC0415
    from ryla_graphs.plan import check, choose_gpu  # noqa: PLC0415
    from ryla_graphs.plan import gpu as find_gpu  # noqa: PLC0415
    from ryla_graphs.plan.releases import taken_by  # noqa: PLC0415
    from ryla_graphs.problems import CannotRunHere  # noqa: PLC0415
    from ryla_graphs.ryla import GPU_WISHES  # noqa: PLC0415

    known = chosen_catalog(catalog, engine)
    wanted = find_gpu(gpu).name if gpu else None
    compiled = _workflow(target, param, params, known, prefer).compile(known)
    plan = compiled.plan if models is None else _measured(compiled, models)
    choice: Choice | None = None
    problems = [compiled.explain(problem) for problem in check(compiled.view, refuse_unknown=False)]
    try:
        preferred = GPU_WISHES.get(compiled.origin.preset or "")
        choice = choose_gpu(plan, allowed=[wanted]) if wanted else choose_gpu(plan, preferred=preferred)
    except CannotRunHere as error:
        problems += error.problems
    rows = [row for row in plan.gpus if wanted in (None, row.gpu)]
    taken = taken_by(compiled.document, compiled.catalog)
    if json:
        print_json({**_as_json(plan, rows, choice, problems), "releases": list(taken)})
    else:
        _print(plan, rows, choice, problems, taken)
    raise typer.Exit(1 if problems else 0)


def _measured(compiled: CompiledWorkflow, folders: Sequence[str]) -> Plan:
    """The plan with the real sizes of files in these models folders."""
    from ryla_graphs.models_folder import ModelsFolder  # noqa: PLC0415
    from ryla_graphs.plan import plan_of  # noqa: PLC0415
    from ryla_graphs.validation import View  # noqa: PLC0415

    held = ModelsFolder.open(*folders)
    return plan_of(View(compiled.document, compiled.catalog, files=held), held.size)


def _workflow(
    target: str, settings: list[str] | None, params: str | None, catalog: Catalog | None, prefer: Preference | None
) -> Workflow:
    from ryla_graphs.cli.targets import open_target, parameters  # noqa: PLC0415
    from ryla_graphs.presets.base import Preset  # noqa: PLC0415

    given, _ = parameters(settings or [], params)
    made = open_target(target, catalog, prefer)
    return made.build(made.completed(given)) if isinstance(made, Preset) else made(**given)


def _as_json(plan: Plan, rows: Sequence[OnGPU], choice: Choice | None, problems: Sequence[Problem]) -> dict[str, Any]:
    content = plan.to_dict() | {"gpus": [row.model_dump(mode="json") for row in rows]}
    chosen = plan.on(choice.gpu.name) if choice else None
    return {
        "estimate": True,
        **content,
        "chosen": {"gpu": choice.gpu.to_dict(), "reason": choice.reason} if choice else None,
        "targets": {"seconds": chosen.in_time, "usd": chosen.in_budget} if chosen else None,
        "problems": [problem.to_dict() for problem in problems],
    }


def _print(
    plan: Plan, rows: Sequence[OnGPU], choice: Choice | None, problems: Sequence[Problem], taken: Sequence[str]
) -> None:
    from ryla_graphs.cli.output import print_problems  # noqa: PLC0415

    terminal = console()
    terminal.print("Everything here is an estimate.\n")
    _print_needs(terminal, plan, taken)
    _print_stages(terminal, plan)
    _print_gpus(terminal, plan, rows)
    for text in plan.assumptions:
        terminal.print(f"assumed: {text}")
    for unknown in plan.unknowns:
        terminal.print(f"unknown: {unknown}")
    if choice is None and not problems:
        terminal.print("\nNo GPU is recommended, because the graph's needs are unknown.")
    elif choice is not None:
        terminal.print(f"\n{choice.reason[0].upper()}{choice.reason[1:]}.")
        terminal.print(_targets(plan, plan.on(choice.gpu.name)))
    print_problems(problems)


def _print_needs(terminal: Console, plan: Plan, taken: Sequence[str]) -> None:
    from ryla_graphs.cli import services  # noqa: PLC0415

    _print_weights(terminal, plan)
    for line in services.price_lines(plan.services):
        terminal.print(f"\n{line}", soft_wrap=True)
    if plan.packs:
        terminal.print()
        packs = _table("node pack", "commit", "classes")
        for pack in plan.packs:
            packs.add_row(pack.repository or pack.folder, pack.commit or "unknown", ", ".join(pack.classes))
        terminal.print(packs)
        for text in (warning for pack in plan.packs for warning in pack.warnings):
            terminal.print(f"note: {text}")
    because = f" ({'; '.join(plan.comfyui.because)})" if plan.comfyui.because else ""
    terminal.print(f"\nComfyUI {plan.comfyui.version} or newer{because}")
    span = f"{taken[0]} to {taken[-1]}" if taken else "none"
    terminal.print(f"recorded releases whose server accepts the graph unchanged: {span}\n")


def _print_weights(terminal: Console, plan: Plan) -> None:
    if not plan.weights:  # there may be some all the same, if a class is unknown
        terminal.print("weights: the graph names no file")
        return
    table = _table("weights", "folder", "size", "licence", "")
    for file in plan.weights:
        marks = [
            "not for commercial use" if file.commercial is False else "",
            "gated" if file.gated else "",
            "pickle: loading it may run code" if file.pickled else "",
        ]
        shown = ", ".join(mark for mark in marks if mark)
        table.add_row(file.name, file.folder, _size(file.between or file.size), file.licence or "unknown", shown)
    whole = plan.weight_bytes_between
    known = plan.weight_bytes + sum(file.between[0] for file in plan.weights if file.between)
    together = _size(whole) if whole else f"at least {_size(known)}" if known else "unknown"
    table.add_row("together", "", together, "", "")
    terminal.print(table)


def _print_stages(terminal: Console, plan: Plan) -> None:
    table = _table("stage", "does", "size", "weights", "beside them", "TFLOP", "evaluations")
    for stage in plan.stages:
        frames = f" x {stage.frames} frames" if stage.frames > 1 else ""
        batch = f" x {stage.batch}" if stage.batch > 1 else ""
        table.add_row(
            f"{stage.class_type} '{stage.node}'",
            stage.kind,
            f"{stage.width}x{stage.height}{frames}{batch}" if stage.width else "",
            _weights(stage),
            _memory(stage.activation_bytes) if stage.activation_bytes else "",
            "unknown" if stage.tera_operations is None else _figure(stage.tera_operations, 1),
            str(stage.evaluations) if stage.kind == "sample" else "",
        )
    terminal.print(table)
    if plan.peak_bytes is not None:
        terminal.print(
            f"\nGPU memory: {_between(plan.peak_bytes_at_least, plan.peak_bytes)} at '{plan.peak_stage}'; "
            f"{_memory(plan.resident_bytes)} if all weights stay loaded\n"
        )
    else:
        terminal.print("\nGPU memory: unknown\n")


def _print_gpus(terminal: Console, plan: Plan, rows: Sequence[OnGPU]) -> None:
    several = f" ({plan.images} a run)" if plan.images > 1 else ""
    what = "A video" if any(stage.frames > 1 for stage in plan.stages) else "An image"
    table = _table("GPU", "memory", "fits", "seconds", "cost", "from cold", "", title=f"{what}{several} on each GPU")
    least = "" if plan.knows("seconds") else ">= "
    for row in rows:
        marks = [word for word, name in (("cheapest", plan.cheapest), ("fastest", plan.fastest)) if name == row.gpu]
        table.add_row(
            row.gpu,
            f"{row.card.memory_gib:g} GiB",
            {"resident": "yes", "swap": "yes, swapping", "offload": "only streaming", "no": "no", None: "unknown"}[
                row.fit
            ],
            "unknown" if row.seconds_an_image is None else f"{least}{_figure(row.seconds_an_image, 1)}",
            "unknown" if row.usd_an_image is None else f"{least}${_figure(row.usd_an_image, 4)}",
            "" if row.cold_seconds is None else f"+ {row.cold_seconds:.0f} s",
            ", ".join(marks),
        )
    terminal.print(table)
    for row in rows:
        if row.reasons:
            terminal.print(f"{row.gpu}: {'; '.join(row.reasons)}")
    terminal.print(f"\nPrices of {plan.prices_as_of}, including CPU and memory, on a warm server.")


def _targets(plan: Plan, row: OnGPU) -> str:
    from ryla_graphs.plan.plan import TARGET_SECONDS, TARGET_USD  # noqa: PLC0415

    def said(met: bool | None, known: bool) -> str:
        if met is None or (met and not known):
            return "not known"
        return "met" if met else "missed"

    seconds = said(row.in_time, plan.knows("seconds"))
    cost = said(row.in_budget, plan.knows("cost"))
    return (
        f"Targets on {row.gpu}: under {TARGET_SECONDS:g} s an image {seconds}, under ${TARGET_USD:.2f} an image {cost}."
    )


def _table(*columns: str, title: str | None = None) -> Any:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _figure(value: float, digits: int) -> str:
    """A number with this many decimals, or more if it would round to zero."""
    return f"{value:,.{digits}f}" if value == 0 or value >= 10**-digits else f"{value:.1g}"


def _size(size: int | tuple[int, int] | None) -> str:
    from ryla_graphs.weights.sizes import Size  # noqa: PLC0415

    if size is None:
        return "unknown"
    return str(Size(*size) if isinstance(size, tuple) else Size(size, size))


def _memory(size: int | None) -> str:
    if size is None:
        return "unknown"
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 / 100 else f"{_figure(size / 2**20, 1)} MiB"


def _weights(stage: StagePlan) -> str:
    if stage.weights_known:
        return _memory(stage.weight_bytes) if stage.weights else ""
    return f">= {_memory(stage.weight_bytes)}" if stage.weight_bytes else "unknown"


def _between(least: int | None, most: int) -> str:
    alike = least is None or _memory(least) == _memory(most)
    return _memory(most) if alike else f"{_memory(least)} to {_memory(most)}"
