"""Try a deployment on Modal, step by step, with real GPUs: python scripts/smoke_modal.py --preset flux-schnell

It costs some GPU minutes. RYLA_TOKEN is a token of the deployment; see docs/modal.md.
`--url http://127.0.0.1:8100` tries any other server instead; steps that need Modal are left out then.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import requests
import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ryla_graphs import presets
from ryla_graphs.modal_deploy.settings import ModalSettings
from ryla_graphs.plan import GPUS
from ryla_graphs.problems import MissingExtra, RylaError
from ryla_graphs.problems.extras import needs_extra

try:
    with needs_extra("client,modal"):
        from scripts.smoke_shared import Skipped, Smoke, Unexpected
        from scripts.smoke_steps import NEEDED, STEPS
except MissingExtra as error:
    sys.exit(str(error))


class Result(NamedTuple):
    """The outcome of a step."""

    step: str
    outcome: Literal["ok", "failed", "skipped"]
    seconds: float
    seen: str


def take(smoke: Smoke, skip: frozenset[str], say: Callable[[str], None]) -> list[Result]:
    """Run all steps; those after a failed required step are skipped."""
    results: list[Result] = []
    broken: str | None = None
    for name, step in STEPS.items():
        began = time.monotonic()
        outcome: Literal["ok", "failed", "skipped"]
        try:
            if name in skip or broken is not None:
                raise Skipped("left out" if name in skip else f"{broken} failed")
            say(f"{name} …")
            outcome, seen = "ok", step(smoke)
        except Skipped as reason:
            outcome, seen = "skipped", str(reason)
        except (Unexpected, RylaError, requests.RequestException) as error:
            outcome, seen = "failed", f"{error}" or type(error).__name__
            broken = name if name in NEEDED else broken
        results.append(Result(name, outcome, time.monotonic() - began, seen))
    return results


def table(results: list[Result], *, simulated: bool) -> Table:
    """The results; it says where they are simulated."""
    note = "SIMULATED: the server runs no model and no GPU, so this says nothing about Modal" if simulated else None
    shown = Table("step", "result", "seconds", "what was seen", caption=note, caption_style="bold yellow")
    colours = {"ok": "green", "failed": "red", "skipped": "dim"}
    for row in results:
        shown.add_row(
            row.step, f"[{colours[row.outcome]}]{row.outcome}", f"{row.seconds:.1f}", row.seen.replace("[", r"\[")
        )
    return shown


def _names(text: str, known: Mapping[str, Any], what: str) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in text.split(","))))
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"there is no {what} '{unknown[0]}'; there are {', '.join(known)}")
    return names


def _preset(name: str) -> str:
    """One that is tried with a prompt alone, and can be made to take longer."""
    fitting = {
        one: None
        for one in presets.NAMES
        if presets.get(one).example.keys() == {"prompt"}
        and presets.get(one).parameters.model_fields.keys() >= {"seed", "steps", "width", "height"}
    }
    if name not in fitting:
        raise typer.BadParameter(f"'{name}' is none of {', '.join(fitting)}, which are tried with a prompt alone")
    return name


def main(
    preset: Annotated[str, typer.Option(help="Which one to try; it must need a prompt only.")] = "flux-schnell",
    gpu: Annotated[str, typer.Option(metavar="A,B", help="GPUs to ask for, each twice, such as T4,L40S.")] = "",
    skip: Annotated[str, typer.Option(metavar="A,B", help=f"Steps to leave out, of {', '.join(STEPS)}.")] = "",
    url: Annotated[str | None, typer.Option(help="Another server than the deployment on Modal.")] = None,
    token: Annotated[str | None, typer.Option(envvar="RYLA_TOKEN", help="A token of the deployment.")] = None,
    accept_licence: Annotated[bool, typer.Option("--accept-licence", help="Agree to the weights' licences.")] = False,
    lora: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A LoRA to upload and use.")] = None,
    reload: Annotated[
        str | None, typer.Option(metavar="PARAM=FILE", help="A parameter, and a file not on the volume yet.")
    ] = None,
    long_seconds: Annotated[float, typer.Option(min=1, help="How long the long job has to work, by the plan.")] = 200,
) -> None:
    """Try a deployment step by step; exits with 1 where a step failed."""
    if reload is not None and "=" not in reload:
        raise typer.BadParameter("--reload is PARAM=FILE, such as vaeName=ae.safetensors")
    try:
        settings = ModalSettings.of(os.environ)
    except RylaError as error:
        raise typer.BadParameter(str(error)) from None
    smoke = Smoke(
        preset=_preset(preset),
        url=url,
        token=token,
        gpus=_names(gpu, GPUS, "GPU"),
        accept_licence=accept_licence,
        lora=lora,
        reload=reload,
        long_seconds=long_seconds,
        settings=settings,
    )
    console = Console()
    results = take(smoke, frozenset(_names(skip, STEPS, "step")), lambda line: console.print(line, style="dim"))
    smoke.close()
    console.print(table(results, simulated=smoke.simulated))
    raise typer.Exit(int(any(row.outcome == "failed" for row in results)))


if __name__ == "__main__":
    typer.run(main)
