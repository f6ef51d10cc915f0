"""Which sockets of a generated class name a model family."""

from __future__ import annotations

from typing import NamedTuple

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.codegen.annotations import Vocabulary
from ryla_graphs.families.rules import RESTRICTIONS
from ryla_graphs.sockets import WITH_FAMILY, ModelFamily

_TYPED = {family.id: family for family in ModelFamily.__subclasses__()}

_LOOSE = frozenset({"LATENT", "VAE"})
"""Types that are not compared with models or texts. The family of an empty latent is usually unknown, and one
unknown input is enough for mypy to consider the whole node unknown."""


class FamilyWords(NamedTuple):
    """The vocabularies for one class, by the position of its sockets."""

    inputs: Vocabulary
    out: Vocabulary
    base: Vocabulary
    variable: str = ""
    """The type variable of the class; empty if it has none."""
    out_variable: str = ""
    """The type variable of its class `Out`: a nested class cannot use that of the outer one."""


def family_words(schema: NodeSchema, words: Vocabulary) -> FamilyWords:
    """The family the class works with, or a variable if it has families to compare or returns one."""
    compared, gives = _compared(schema), any(output.type in WITH_FAMILY for output in schema.outputs)
    only = only_family(schema)
    if only is not None:
        own = words.of(f"s.{only.__name__}")
        return FamilyWords(words.of(own.family, compared), own, own)
    if len(compared) < 2 and not gives:
        return FamilyWords(words, words, words)
    variable, out_variable = "Family", "OutFamily" if gives else ""
    return FamilyWords(words.of(variable, compared), words.of(out_variable), words.of(variable), variable, out_variable)


def only_family(schema: NodeSchema) -> type[ModelFamily] | None:
    """The only family that the class works with; None if it takes several, or checkers do not know that family."""
    wires = {spec.key for spec in schema.inputs if spec.type in WITH_FAMILY}
    rows = RESTRICTIONS.get(schema.class_type, {})
    taken = {family for name, row in rows.items() if name in wires and row.when is None for family in row.families}
    return _TYPED.get(taken.pop()) if len(taken) == 1 else None


def _compared(schema: NodeSchema) -> list[str]:
    """The types of the inputs that must belong to one family."""
    types = [spec.type for spec in schema.inputs if spec.type in WITH_FAMILY]
    return [wire_type for wire_type in types if wire_type not in _LOOSE] or types
