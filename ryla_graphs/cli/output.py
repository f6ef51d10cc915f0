"""The output of commands: text for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ryla_graphs.problems import Problem

_ENDLESS = 10_000
_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def wants_json() -> bool:
    """Whether the command line has `--json`; works even if the command failed before it read its options."""
    return "--json" in sys.argv


def print_json(content: Any) -> None:
    """Print JSON on standard output."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=repr))


def console(*, stderr: bool = False) -> Console:
    """A console for tables and progress; in a file or pipe, no table cell is wrapped."""
    from ryla_graphs.cli.plain_console import PlainConsole  # noqa: PLC0415 - a third of the start-up time

    width = None if stderr or sys.stdout.isatty() else _ENDLESS
    return PlainConsole(stderr=stderr, highlight=False, soft_wrap=True, width=width, markup=False)


def say(text: str, *, err: bool = False) -> None:
    """Print one line, which may contain names from a graph, a file or a server."""
    from ryla_graphs.problems.text import printable  # noqa: PLC0415

    typer.echo(printable(text), err=err)


def print_problems(problems: Iterable[Problem], *, stderr: bool = False, notes: bool = True) -> None:
    """Print problems, one or two lines each."""
    from rich.text import Text  # noqa: PLC0415

    terminal = console(stderr=stderr)
    for problem in problems:
        if problem.level == "note" and not notes:
            continue
        line = Text.assemble((problem.level, _COLOURS[problem.level]), f" {problem.code}: {problem}")
        terminal.print(line)
