"""`ryla-graphs presets`: lists the presets and their parameters."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ryla_graphs.pipelines import Pipelines
    from ryla_graphs.presets import Preset


def presets_command(
    name: Annotated[str | None, typer.Argument(metavar="[PRESET]", help="One preset, with its parameters.")] = None,
    json: Json = False,
) -> None:
    """List the presets and your own pipelines (RYLA_PIPELINES), or show the parameters of one."""
    from ryla_graphs import presets  # noqa: PLC0415
    from ryla_graphs.cli.own_pipelines import own_pipeline, own_pipelines  # noqa: PLC0415

    if name is None:
        own = own_pipelines()
        for row in own.not_served:
            typer.echo(f"not loaded: {row}", err=True)
        _list({**presets.GROUPS, **({"your own": own.own} if own.own else {})}, own, json=json)
        return
    preset = presets.get(name) if name in presets.NAMES else own_pipeline(name)
    schema = preset.parameters.model_json_schema(by_alias=True)
    if json:
        facts = {"packs": preset.packs, "min_comfyui": preset.min_comfyui, "example": preset.example}
        doc = inspect.cleandoc(preset.__doc__ or "")
        print_json({"name": preset.name, "description": doc, **facts, "parameters": schema})
        return
    _print_parameters(preset, schema)


def _list(groups: Mapping[str, Iterable[str]], pipelines: Pipelines, *, json: bool) -> None:
    if json:
        rows = [(group, pipelines.get(each)) for group, names in groups.items() for each in names]
        print_json([{"name": each.name, "makes": group, "summary": each.summary} for group, each in rows])
        return
    for group, names in groups.items():
        typer.echo(f"{group}:")
        for each in names:
            typer.echo(f"  {each:<18} {pipelines.get(each).summary}")


def _print_parameters(preset: Preset[Any], schema: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table("parameter", "takes", "default", "", title=preset.name, title_justify="left", box=None)
    required = schema.get("required", [])
    for key, facts in schema["properties"].items():
        default = "required" if key in required else _shown(facts["default"]) if "default" in facts else ""
        table.add_row(key, _takes(facts), default, facts.get("description", ""))
    terminal = console()
    terminal.print(table)
    terminal.print("\n" + inspect.cleandoc(preset.__doc__ or ""), highlight=False, markup=False)
    needs = [f"ComfyUI {preset.min_comfyui}", *preset.packs]
    terminal.print(f"\nneeds {', '.join(needs)}", highlight=False, markup=False)


def _shown(default: Any) -> str:
    """A default in short."""
    return "none" if default is None else f"{len(default)} of them" if isinstance(default, list) else repr(default)


def _takes(facts: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "enum" in facts:
        return " | ".join(map(str, facts["enum"]))
    if "anyOf" in facts:
        return " | ".join(_takes(option) for option in facts["anyOf"] if option.get("type") != "null")
    words = [str(facts.get("type", "object"))]
    low = facts.get("minimum", facts.get("exclusiveMinimum"))
    if low is not None or "maximum" in facts:
        words.append(f"{low if low is not None else ''}..{facts.get('maximum', '')}")
    if "multipleOf" in facts:
        words.append(f"step {facts['multipleOf']}")
    return " ".join(words)
