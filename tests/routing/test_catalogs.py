"""What several routes can run together: the classes of all, with the files of all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.engines.router.catalogs import joined

FILES = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, min_size=1)
OLD, NEW, OPEN = "old", "new", "open"
"""A list of choices as it was written for years, as it is written now, and one that does not say all."""


def entry(choices: list[str], form: str, **more: Any) -> dict[str, Any]:
    spec: list[Any] = [choices, {}] if form == OLD else ["COMBO", {"options": choices}]
    if form == OPEN:
        spec[1]["open_choices"] = True
    required = {"file": spec, "strength": ["FLOAT", {"default": 1.0}]} | more
    return {"input": {"required": required}, "output": ["MODEL"], "output_name": ["MODEL"], "python_module": "nodes"}


def catalog(name: str, **entries: Any) -> Catalog:
    return from_object_info(entries, name=name)


def files(of: Catalog, class_type: str = "Loader") -> list[str]:
    return [str(choice) for choice in next(of[class_type].every_input()).choices or ()]


@given(st.lists(st.tuples(FILES, st.sampled_from([OLD, NEW])), min_size=1, max_size=3))
def test_a_list_of_files_holds_those_of_every_route(rows: list[tuple[list[str], str]]) -> None:
    of = [catalog(str(place), Loader=entry(choices, form)) for place, (choices, form) in enumerate(rows)]
    whole = joined(of, name="router")
    expected = list(dict.fromkeys(choice for choices, _ in rows for choice in choices))
    assert files(whole) == expected and whole.name == "router"
    assert files(of[0]) == rows[0][0], "what a route has is left as it is"


def test_classes_of_one_route_alone_are_there_and_the_first_decides_where_they_differ() -> None:
    first = catalog("a", Loader=entry(["a"], OLD), Mine=entry(["m"], NEW))
    other = {**entry(["b"], OLD, steps=["INT", {}]), "output": ["LATENT"]}
    whole = joined([first, catalog("b", Loader=other, Yours=entry(["y"], NEW))], name="x")
    assert set(whole) == {"Loader", "Mine", "Yours"}
    assert [output.type for output in whole["Loader"].outputs] == ["MODEL"]
    assert [spec.name for spec in whole["Loader"].every_input()] == ["file", "strength"] and files(whole) == ["a", "b"]


@pytest.mark.parametrize("listed", ["a", "b"])
def test_a_list_that_does_not_say_all_says_nothing_of_the_others(listed: str) -> None:
    closed, open_ = catalog("a", Loader=entry(["a"], NEW)), catalog("b", Loader=entry([listed], OPEN))
    for order in ([closed, open_], [open_, closed]):
        assert next(joined(order, name="x")["Loader"].every_input()).open


def test_one_route_twice_is_that_route() -> None:
    one = catalog("a", Loader=entry(["a"], OLD))
    assert joined([one, one], name="x").entries() == one.entries()
