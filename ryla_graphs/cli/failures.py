"""Prints errors on the terminal, and maps them to exit codes.

0 means success; 1 the graph is invalid, or its run failed; 2 wrong usage, or an unreachable target.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from ryla_graphs.cli.output import wants_json
from ryla_graphs.problems import (
    CannotRunHere,
    EngineError,
    EngineUnreachable,
    InvalidDocument,
    InvalidWorkflow,
    PipelineFailed,
    Problem,
    RylaError,
)
from ryla_graphs.problems.text import printable

BAD_GRAPH, MISUSE = 1, 2
_BAD = (InvalidWorkflow, CannotRunHere, InvalidDocument, PipelineFailed, EngineError)


def exit_code(error: RylaError) -> int:
    """The exit code of an error."""
    if isinstance(error, EngineUnreachable):
        return MISUSE
    return BAD_GRAPH if isinstance(error, _BAD) else MISUSE


def report(error: Exception) -> int:
    """Print an error, as JSON with `--json`; returns the exit code."""
    if not isinstance(error, RylaError):
        if isinstance(error, OSError):
            _print(f"error: {error}")
            return MISUSE
        if os.environ.get("RYLA_DEBUG"):
            traceback.print_exc()
        _print(f"error: a bug in ryla-graphs: {type(error).__name__}: {error}")
        print("set RYLA_DEBUG=1 for the traceback, and please report it", file=sys.stderr)
        return MISUSE
    if wants_json():
        problems: tuple[Problem, ...] = getattr(error, "problems", ())
        content = {"error": type(error).__name__, "message": str(error).splitlines()[0]}
        print(json.dumps(content | {"problems": [problem.to_dict() for problem in problems]}, default=repr))
    else:
        _print(f"error: {error}")
    return exit_code(error)


def _print(text: str) -> None:
    """Print lines, in which a name or a server's word may be anything."""
    print("\n".join(map(printable, text.split("\n"))), file=sys.stderr)
