"""Which repositories define a class: 40,000 classes, most of them from packs that are not bundled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ryla_graphs.catalog import store


def repositories_of(class_type: str) -> tuple[str, ...]:
    """The repositories on GitHub that have a class of this name, the likeliest first; empty if none is known.

    >>> repositories_of("FaceDetailer")
    ('ltdrdata/ComfyUI-Impact-Pack',)
    """
    recorded = store.recorded().get(class_type)
    named = (recorded.repository,) if recorded is not None else ()
    return tuple(dict.fromkeys((*named, *_listed(class_type)))) or tuple(_matching(class_type))


def hidden_in(class_type: str) -> tuple[str, ...]:
    """The bundled packs whose class of this name is hidden by ComfyUI's own; older graphs may mean the pack's class."""
    found = [each for each in store.recordings().values() if each.repository in repositories_of(class_type)]
    return tuple(each.repository for each in found if class_type in each.pack.get("hidden_by_core", ()))


def _listed(class_type: str) -> Sequence[str]:
    """The repositories of a class, found by binary search, since splitting all lines takes far longer."""
    repositories, classes, _ = _table()
    low, high = 0, len(classes)
    while low < high:
        start = classes.rfind("\n", 0, (low + high) // 2) + 1
        end = classes.index("\n", start)
        name, *numbers = classes[start:end].split("\t")
        if name == class_type:
            return [repositories[int(number)] for number in numbers]
        low, high = (end + 1, high) if name < class_type else (low, start)
    return ()


def _matching(class_type: str) -> Sequence[str]:
    """The repositories that claim all names of a pattern: ``... (rgthree)``."""
    repositories, _, patterns = _table()
    return [repositories[number] for pattern, number in patterns if pattern.search(class_type)]


@cache
def _table() -> tuple[Sequence[str], str, Sequence[tuple[re.Pattern[str], int]]]:
    repositories, classes, patterns = store.read("class_to_pack.tsv.gz").split("\n\n")
    rows = (line.split("\t") for line in patterns.splitlines())
    return (
        repositories.split("\n"),
        f"{classes}\n",
        [(re.compile(pattern), int(number)) for pattern, number in rows],
    )
