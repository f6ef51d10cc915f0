"""Short texts for the tables of the weights commands."""

from __future__ import annotations

from collections.abc import Sequence

from ryla_graphs.weights import Licence, Weight


def size(number: int | None) -> str:
    """A number of bytes for people: ``23.8 GB``."""
    from rich.filesize import decimal  # noqa: PLC0415

    return "unknown" if number is None else decimal(number)


def total(sizes: Sequence[int | None]) -> str:
    """How many files there are, and how large they are together: ``4 files, at least 9.8 GB (1 of unknown size)``."""
    known = [number for number in sizes if number is not None]
    unknown = len(sizes) - len(known)
    files = "1 file" if len(sizes) == 1 else f"{len(sizes) or 'no'} files"
    if not unknown:
        return f"{files}, {size(sum(known))}" if known else files
    return f"{files}, at least {size(sum(known))} ({unknown} of unknown size)" if known else f"{files} of unknown size"


def licence(of: Licence) -> str:
    """The name of a licence, and a note if it forbids commercial use."""
    return of.name if of.commercial or not of.is_known else f"{of.name} (no commercial use)"


def marks(row: Weight) -> str:
    """Warnings to read before a file is downloaded or loaded."""
    return ", ".join(word for word, holds in (("gated", row.gated), ("pickle", row.pickled)) if holds)


def model(row: Weight) -> str:
    """The model that a file belongs to: ``Flux.1 dev``."""
    from ryla_graphs.families import family  # noqa: PLC0415

    return " ".join(word for word in (row.family and family(row.family).label, row.variant) if word)
