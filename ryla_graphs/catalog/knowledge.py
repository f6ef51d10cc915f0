"""What is known about a class besides its entry: our row on its validator, and the recorded facts."""

from __future__ import annotations

from collections.abc import Mapping

from ryla_graphs.catalog import store
from ryla_graphs.catalog.behaviour import Behaviour, DynamicInputs, Validator
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.validators import VALIDATORS


def behaviour_of(class_type: str, module: str, facts: Mapping[str, Json] | None) -> Behaviour | None:
    """How a class behaves; None if the class has not been examined.

    `facts` are those in the entry; if it has none, the recorded class of the same name and pack supplies them.
    """
    known = store.facts_of(class_type, module) if facts is None else facts
    row = VALIDATORS.get(class_type)
    if known is None:
        return None if row is None else Behaviour(validator=row)
    behaviour = _behaviour(known)
    if row is None:
        return behaviour
    # A class that reads a file counts as impure because it runs again when the file changes; equal nodes still merge.
    return behaviour.replace(validator=row, impure=behaviour.impure and row.rule not in _READ_FILES)


_READ_FILES = frozenset({"input file", "file path", "image folder"})


def _behaviour(facts: Mapping[str, Json]) -> Behaviour:
    validates = facts.get("validates")
    return Behaviour(
        validator=None if validates is None else _validator(validates),
        impure=bool(facts.get("impure")),
        any_input_names=bool(facts.get("any_input_names")),
        takes_extra_wires=bool(facts.get("takes_extra_wires")),
        dynamic_inputs=tuple(DynamicInputs(**row) for row in facts.get("dynamic_inputs") or ()),
        editor_leftovers=frozenset(facts.get("editor_leftovers") or ()),
        grows_outputs=bool(facts.get("grows_outputs")),
    )


def _validator(facts: Mapping[str, Json]) -> Validator:
    return Validator(
        inputs=tuple(facts.get("inputs") or ()),
        takes_all=bool(facts.get("takes_all")),
        link_types=bool(facts.get("link_types")),
    )
