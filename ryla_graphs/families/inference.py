"""Which families every link of a prompt serves: one pass over the nodes, each after the nodes that feed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.families.carried import Carried
from ryla_graphs.families.evidence import Evidence, Files, evidence
from ryla_graphs.families.family_rules import FamilyRules
from ryla_graphs.families.plans import Plan, plans_of
from ryla_graphs.prompt import Prompt, PromptNode


class Inference:
    """What every link of a prompt carries.

    Nodes on a cycle, and nodes behind one, are unknown. Nothing is raised, whatever the inputs hold.
    """

    def __init__(self, prompt: Prompt, rules: FamilyRules, files: Files | None = None) -> None:
        self._values = prompt.values  # not the prompt: it may hold this object, and reference cycles are freed late
        self._rules = rules
        self._files = files
        self._folders = rules.folders
        self._by_name = rules.names.of
        self._carried: dict[str, tuple[Carried | None, ...]] = {}
        self.asking: list[tuple[PromptNode, Plan]] = []
        """The nodes at which there is something to check, in order."""
        carried, nodes, plan_of = self._carried, prompt.nodes, plans_of(rules)
        plans: dict[int, tuple[Plan, bool, str | None]] = {}
        for number in prompt.order:
            if (node := nodes.get(number)) is None:
                continue
            key = id(node.schema)
            if key not in plans:
                plan = plan_of(node.schema)
                plans[key] = plan, plan.asks, plan.passes
            plan, asks, passes = plans[key]
            if asks:
                self.asking.append((node, plan))
            if passes is not None:
                # Most nodes pass on the output at slot 0 of a node like them, so they share what is known about it.
                link = node.wires.get(passes)
                before = carried.get(link[0], ()) if link is not None else ()
                shared = len(before) == 1 and link is not None and link[1] == 0
                carried[number] = before if shared else (self.into(node, passes),)
            elif plan.outputs:
                carried[number] = tuple([None if out is None else out.carry(node, self) for out in plan.outputs])

    def into(self, node: PromptNode, name: str) -> Carried | None:
        """What the link into an input carries; None if it is unknown, or if there is no link."""
        link = node.wires.get(name)
        if link is None:
            return None
        number, slot = link
        outputs = self._carried.get(number, ())
        return outputs[slot] if -len(outputs) <= slot < len(outputs) else None

    def out(self, number: str) -> tuple[Carried | None, ...]:
        """What the outputs of a node carry, by slot; empty if all are unknown."""
        return self._carried.get(number, ())

    def literal(self, node: PromptNode, name: str) -> Any:
        """The value of an input, resolved through primitives and switches; None if only a run can tell."""
        return self._values.literal(node, name)

    def files(self, node: PromptNode) -> Mapping[str, str]:
        """The inputs of a node that name files, and the folder below ``models`` of each."""
        return self._folders(node.class_type)

    def evidence(self, folder: str, name: str) -> Evidence | None:
        """What is known about a file."""
        if self._files is None:
            return self._by_name(folder, name)
        return evidence(self._rules.names, self._files, folder, name)
