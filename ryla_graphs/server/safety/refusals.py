"""The errors of what a caller sends: data first, like every problem of a graph."""

from __future__ import annotations

from typing import Any

from ryla_graphs.problems import AtField, InvalidInputs, Problem

TOO_LARGE, UNSUPPORTED = frozenset({"input_too_large"}), frozenset({"unsupported_media"})
"""Codes that HTTP has statuses of its own for: 413 and 415."""


def refusal(
    code: str, message: str, *, name: str | None = None, hint: str | None = None, **facts: Any
) -> InvalidInputs:
    """The error for one thing that a caller sent and the server refuses."""
    problem = Problem(code=code, message=message, subject=AtField("request", name), tier=3, hint=hint, **facts)
    return InvalidInputs([problem])
