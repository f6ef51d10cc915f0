"""The source of a graph: the function that makes it, and the module around that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ryla_graphs.formats.python import comments, roles
from ryla_graphs.formats.python.chains import find_chains
from ryla_graphs.formats.python.comments import Note
from ryla_graphs.formats.python.function import Body, head
from ryla_graphs.formats.python.layout import INDENT, Call, Expression, Keyed, fits, flat, lines
from ryla_graphs.formats.python.literals import text
from ryla_graphs.formats.python.order import in_order
from ryla_graphs.formats.python.parameters import Kind, Parameter, find_parameters
from ryla_graphs.formats.python.part_functions import part_name, write_part
from ryla_graphs.formats.python.parts import find_parts
from ryla_graphs.formats.python.scope import Scope, name_outputs
from ryla_graphs.formats.python.statements import Chain, Instance, Single, Statement
from ryla_graphs.formats.python.texts import Module
from ryla_graphs.formats.python.wiring import Wiring
from ryla_graphs.formats.python.words import Names, Wish
from ryla_graphs.graph.node import Node


class Writer:
    """Writes one graph."""

    def __init__(self, wiring: Wiring, function: str, titles: Mapping[str, str]) -> None:
        self._wiring = wiring
        self._function = function
        self._module = Module()
        for written in wiring.written.values():
            self._module.import_class(type(written))
        self._parts, self._statements = _statements(wiring)
        reserved = Names([function, *self._module.names()])
        self._functions = [reserved.take(part_name(wiring, part, titles)) for part in self._parts]
        self._taken = [function, *self._functions, *self._module.names()]
        self._scope = Scope(Names(self._taken))

    def source(self, *, name: str | None, docstring: str, notes: Sequence[Note]) -> str:
        """The whole module."""
        scope, statements = self._scope, self._statements
        nodes = [n for statement in statements if not isinstance(statement, Chain) for n in statement.nodes]
        bound = find_parameters(self._wiring, scope.names, nodes)
        scope.inputs |= {use: parameter.name for use, parameter in bound.items()}
        loras = self._loras()
        name_outputs(self._wiring, scope, statements)
        body = Body(self._wiring, self._module, scope)
        body.loras = {chain: parameter.name for chain, parameter in loras.items()}
        for part, function in zip(self._parts, self._functions, strict=True):
            written = write_part(self._wiring, self._module, scope, function, part, self._taken)
            first = min(part, key=statements.index)
            body.definitions = {**body.definitions, first: written.lines}
            body.calls = {**body.calls, **written.calls}
        above = self._notes(notes)
        body.comments = {node: rows for node, rows in above.items() if node is not None}
        parameters = sorted(dict.fromkeys([*bound.values(), *loras.values()]), key=lambda found: found.kind)
        main = [*head(self._function, self._signature(parameters), "Workflow")]
        general = [f"{INDENT}{row}" for row in above.get(None, ())]
        intro = [*comments.docstring(docstring, INDENT), *general, *([""] if general else [])]
        return self._joined([*main, *intro, *body.lines(statements), *self._return(name)])

    def _notes(self, notes: Sequence[Note]) -> dict[Node | None, list[str]]:
        """The comments above each node, and those for the whole graph."""
        ids = {number: node for node, number in self._wiring.graph.ids.items()}
        found: dict[Node | None, list[str]] = {}
        for note in notes:
            rows = found.setdefault(ids.get(note.node) if note.node is not None else None, [])
            rows += [*(["#"] if rows else []), *comments.comment(note.text)]
        return found

    def _loras(self) -> dict[Chain, Parameter]:
        """A parameter for each chain of LoRAs."""
        chains = [statement for statement in self._statements if isinstance(statement, Chain)]
        words = roles.marks(self._wiring) if chains else {}
        names = self._scope.names.share([Wish("loras", marks=words[chain.nodes[0]]) for chain in chains])
        return {chain: self._lora(chain, name) for chain, name in zip(chains, names, strict=True)}

    def _lora(self, chain: Chain, name: str) -> Parameter:
        row = ", ".join(type(cell).__name__ for cell in chain.rows[0])
        self._module.take("collections.abc", "Sequence")
        return Parameter(name, chain.rows, Kind.WEIGHT, f"Sequence[tuple[{row}]]")

    def _signature(self, parameters: Sequence[Parameter]) -> list[str]:
        items = [self._parameter(parameter) for parameter in parameters]
        prompts = sum(parameter.kind is Kind.PROMPT for parameter in parameters)
        return [*items[:prompts], "*", *items[prompts:]] if len(items) > prompts else items

    def _parameter(self, parameter: Parameter) -> str:
        start = f"{parameter.name}: {parameter.annotation} = "
        value = flat(self._module.value(parameter.value, parameter.name))
        if not fits(f"{INDENT}{start}{value},"):
            value = self._module.constant(parameter.value, parameter.name)
        return start + value

    def _return(self, name: str | None) -> Iterator[str]:
        sinks: list[Expression] = [self._scope.targets[sink].names for sink in dict.fromkeys(self._wiring.graph.sinks)]
        if name is not None:
            sinks.append(Keyed("name=", text(name)))
        return lines(Call("Workflow", tuple(sinks)), "return ", "", INDENT)

    def _joined(self, function: Sequence[str]) -> str:
        """The module: one empty line between constants, two before the function."""
        blocks = [[*self._module.import_lines()], *self._module.constants()]
        found = [line for block in blocks for line in ("", *block)][1:]
        return "\n".join([*found, "", "", *function]) + "\n"


def _statements(wiring: Wiring) -> tuple[list[list[Instance]], list[Statement]]:
    """The parts that are written as functions, and the statements in order."""
    for parts in (find_parts(wiring), []):
        in_part = {node: instance for part in parts for instance in part for node in instance.nodes}
        free = [chain for chain in find_chains(wiring) if in_part.keys().isdisjoint(chain.nodes)]
        chains = {node: chain for chain in free for node in chain.nodes}
        found = [in_part.get(node) or chains.get(node) or Single(node) for node in wiring.graph.nodes]
        order = in_order(wiring, dict.fromkeys(found))
        if order is not None:
            return parts, order
    raise AssertionError("a graph has no cycles, and neither has one whose chains are one node each")
