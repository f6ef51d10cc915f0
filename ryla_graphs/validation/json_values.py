"""Rule: everything in a prompt can be written as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.formats.api import unwritable
from ryla_graphs.problems import Problem
from ryla_graphs.validation.view import View


def json_values(view: View) -> Iterator[Problem]:
    """Python reads NaN, 1e999, numbers of any length and half characters, but they cannot be sent to a server."""
    if view.bodies and not view.is_json:
        yield from unwritable(view.document)
