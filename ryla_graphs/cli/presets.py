"""`ryla-graphs presets`: what there is, and which parameters it takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ryla_graphs.cli.options import Json
from ryla_graphs.cli.output import console, print_json


def presets_command(
    name: Annotated[str | None, typer.Argument(metavar="[PRESET]", help="One preset, with its parameters.")] = None,
    json: Json = False,
) -> None:
    """List the presets, or show the parameters of one."""
    from ryla_graphs import presets  # noqa: PLC0415

    if name is None:
        rows = [{"name": each, "summary": presets.get(each).summary} for each in presets.NAMES]
        if json:
            print_json(rows)
            return
        for row in rows:
            typer.echo(f"{row['name']:<16} {row['summary']}")
        return
    preset = presets.get(name)
    schema = preset.parameters.model_json_schema(by_alias=True)
    if json:
        print_json({"name": preset.name, "description": (preset.__doc__ or "").strip(), "parameters": schema})
        return
    _print_parameters(preset.name, preset.__doc__ or "", schema)


def _print_parameters(name: str, doc: str, schema: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table("parameter", "takes", "default", "", title=name, title_justify="left", box=None)
    required = schema.get("required", [])
    for key, facts in schema["properties"].items():
        default = "required" if key in required else repr(facts["default"]) if "default" in facts else "drawn"
        table.add_row(key, _takes(facts), default, facts.get("description", ""))
    terminal = console()
    terminal.print(table)
    terminal.print("\n" + "\n".join(line.strip() for line in doc.strip().splitlines()))


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
