"""The order of statements: loaders first, then each step after what it needs, earlier samplings before later ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ryla_graphs.formats.python.statements import Single, Statement
from ryla_graphs.formats.python.wiring import Wiring
from ryla_graphs.graph.node import Node
from ryla_graphs.prompt.files import weight_folders


def in_order(wiring: Wiring, statements: Iterable[Statement]) -> list[Statement] | None:
    """Statements, each after those that it needs; None if some need each other."""
    statement_of = {node: statement for statement in statements for node in statement.nodes}
    needs = {statement: _needs(wiring, statement, statement_of) for statement in dict.fromkeys(statement_of.values())}
    stages = _stages(wiring)
    for found in needs.values():
        found.sort(key=lambda needed: -max(stages[node] for node in needed.nodes))
    needed = {statement for found in needs.values() for statement in found}
    last = [statement for statement in needs if statement not in needed]
    sinks = [statement_of[sink] for sink in wiring.graph.sinks if sink in statement_of]
    order = _depth_first([*sinks, *last], needs)
    if order is None or len(order) < len(needs):
        return None  # a cycle
    return sorted(order, key=lambda statement: not loads(wiring, statement))


def _needs(wiring: Wiring, statement: Statement, statement_of: Mapping[Node, Statement]) -> list[Statement]:
    sources = (source.node for node in statement.nodes for source in wiring.sources(node))
    found = dict.fromkeys(statement_of[source] for source in sources if source in statement_of)
    found.pop(statement, None)
    return list(found)


def _depth_first(starts: Sequence[Statement], needs: Mapping[Statement, Sequence[Statement]]) -> list[Statement] | None:
    done: dict[Statement, None] = {}
    for start in starts:
        path: dict[Statement, Iterator[Statement]] = {} if start in done else {start: iter(needs[start])}
        while path:
            statement, waiting = next(reversed(path.items()))
            following = next((needed for needed in waiting if needed not in done), None)
            if following is None:
                path.popitem()
                done[statement] = None
            elif following in path:
                return None
            else:
                path[following] = iter(needs[following])
    return list(done)


def _stages(wiring: Wiring) -> dict[Node, int]:
    """The number of samplings in the longest chain up to each node."""
    stages: dict[Node, int] = {}
    for node in wiring.graph.nodes:
        before = max((stages[source.node] for source in wiring.sources(node)), default=0)
        stages[node] = before + _samples(wiring, node)
    return stages


def _samples(wiring: Wiring, node: Node) -> bool:
    taken = {wiring.type(source) for source in wiring.sources(node)}
    return "LATENT" in wiring.schemas[node].output_types and not taken.isdisjoint({"MODEL", "GUIDER"})


def loads(wiring: Wiring, statement: Statement) -> bool:
    """Whether a statement loads weights and needs no other node for that."""
    if not isinstance(statement, Single):
        return False
    return bool(weight_folders(statement.node.class_type)) and not any(True for _ in wiring.sources(statement.node))
