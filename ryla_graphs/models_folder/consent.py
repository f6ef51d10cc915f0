"""Which licences a user must accept before their files are fetched."""

from __future__ import annotations

from collections.abc import Iterable

from ryla_graphs.problems import AtFile, Problem
from ryla_graphs.weights import Licence, Weight


def to_accept(rows: Iterable[Weight]) -> dict[Licence, tuple[Weight, ...]]:
    """The licences among these that require or forbid something, each with its files."""
    found: dict[Licence, tuple[Weight, ...]] = {}
    for row in rows:
        if row.licence.restriction is not None:
            found[row.licence] = (*found.get(row.licence, ()), row)
    return found


def refusals(rows: Iterable[Weight], *, commercial: bool) -> list[Problem]:
    """One problem for each licence that has not been accepted; `commercial` is the intended use of the files."""
    return [_refusal(licence, files, commercial) for licence, files in to_accept(rows).items()]


def _refusal(licence: Licence, rows: tuple[Weight, ...], commercial: bool) -> Problem:
    forbidden = commercial and not licence.commercial
    hint = f"read {licence.url}; `--accept-licence` goes on"
    if forbidden:
        hint = f"take other files, or get a licence for commercial use: {licence.url}; `--accept-licence` goes on then"
    return Problem(
        code="licence_forbids" if forbidden else "licence_not_accepted",
        message=f"{'forbidden for commercial use' if forbidden else terms(licence)}: "
        + ", ".join(row.name for row in rows),
        subject=AtFile(licence.name),
        tier=3,
        hint=hint,
    )


def terms(licence: Licence) -> str:
    """What a licence requires, in a few words."""
    return licence.restriction or "free to use"
