"""Errors about what a caller sends, built from a `Problem` like every error of a graph."""

from __future__ import annotations

from typing import Any

from ryla_graphs.problems import AtField, InvalidInputs, Problem

TOO_LARGE, UNSUPPORTED = frozenset({"input_too_large"}), frozenset({"unsupported_media"})
"""Codes that have their own HTTP status: 413 and 415."""


def refusal(
    code: str, message: str, *, name: str | None = None, hint: str | None = None, **facts: Any
) -> InvalidInputs:
    """The error for one field that the server refuses."""
    problem = Problem(code=code, message=message, subject=AtField("request", name), tier=3, hint=hint, **facts)
    return InvalidInputs([problem])
