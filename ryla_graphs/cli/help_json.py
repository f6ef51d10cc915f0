"""`ryla-graphs --help-json`: every command with its options, for programs and agents."""

from __future__ import annotations

from typing import Any

import typer
from typer.main import get_command


def described(app: typer.Typer) -> dict[str, Any]:
    """The whole command line as JSON-ready data."""
    return _command("ryla-graphs", get_command(app))


def _command(name: str, command: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": name, "help": (command.help or "").strip()}
    if parameters := [_parameter(each) for each in command.params if each.name != "help"]:
        facts["parameters"] = parameters
    if commands := getattr(command, "commands", None):
        facts["commands"] = [_command(each, sub) for each, sub in commands.items()]
    return facts


def _parameter(parameter: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": parameter.name, "type": _type(parameter), "required": parameter.required}
    if parameter.param_type_name == "option":
        facts["flags"] = [*parameter.opts, *parameter.secondary_opts]
    for fact in ("help", "metavar", "envvar", "multiple"):
        if value := getattr(parameter, fact, None):
            facts[fact] = value
    if isinstance(parameter.default, (str, int, float, bool)):
        facts["default"] = parameter.default
    return facts


def _type(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
