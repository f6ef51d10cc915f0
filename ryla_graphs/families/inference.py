"""Which families every wire of a prompt serves: one pass over the nodes, each after those that feed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ryla_graphs.families.carried import Carried
from ryla_graphs.families.evidence import Evidence, Files, evidence
from ryla_graphs.families.family_rules import FamilyRules
from ryla_graphs.families.transfer_rows import PRIMITIVES
from ryla_graphs.families.transfers import Placed

if TYPE_CHECKING:
    from ryla_graphs.families.plans import Plan


class Inference:
    """What every wire of a prompt carries.

    `order` has the nodes, each after those that feed it; of nodes that are not in it, such as those on a circle
    of links, nothing is known. Nothing is raised, whatever the inputs hold.
    """

    def __init__(
        self, nodes: Mapping[str, Placed], order: Iterable[str], rules: FamilyRules, files: Files | None = None
    ) -> None:
        self._nodes = nodes
        self._rules = rules
        self._files = files
        self._carried: dict[str, tuple[Carried | None, ...]] = {}
        self.asking: list[tuple[str, Plan]] = []
        """The nodes at which there is something to check, in order."""
        carried = self._carried
        plan_of = rules.plan
        for number in order:
            node = nodes[number]
            plan = plan_of(node.schema)
            if plan.asks:
                self.asking.append((number, plan))
            if plan.outputs:
                carried[number] = tuple([None if out is None else out.carry(node, self) for out in plan.outputs])

    def into(self, node: Placed, name: str) -> Carried | None:
        """What the wire into an input carries; None where nothing is known, or where there is no wire."""
        link = node.inputs.get(name)
        if type(link) is not list or len(link) != 2:
            return None
        try:
            return self._carried[link[0]][link[1]]
        except (KeyError, IndexError, TypeError):
            return None

    def out(self, number: str) -> tuple[Carried | None, ...]:
        """What the outputs of a node carry, by slot; empty where nothing is known of any."""
        return self._carried.get(number, ())

    def literal(self, node: Placed, name: str) -> Any:
        """The value of an input, also where a primitive node gives it; None where nobody knows it before it runs."""
        value = node.inputs.get(name)
        for _ in range(_HOPS):
            if type(value) is not list:
                return value
            source = self._nodes.get(value[0]) if value and isinstance(value[0], str) else None
            field = PRIMITIVES.get(source.schema.class_type) if source is not None else None
            if source is None or field is None:
                return None
            value = source.inputs.get(field)
        return None

    def files(self, node: Placed) -> Mapping[str, str]:
        """The inputs of a node that name files, and the folder below ``models`` of each."""
        return self._rules.loaders.get(node.schema.class_type, {})

    def evidence(self, folder: str, name: str) -> Evidence | None:
        """What is known of a file."""
        return evidence(self._rules.names, self._files, folder, name)


_HOPS = 8
"""How many primitive nodes, one behind the other, are looked through for a value."""
