"""One function: its head and its statements, with the names of its scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ryla_graphs.formats.python.expressions import Expressions
from ryla_graphs.formats.python.layout import INDENT, Call, Expression, fits, lines
from ryla_graphs.formats.python.order import loads
from ryla_graphs.formats.python.scope import Scope, output_field
from ryla_graphs.formats.python.statements import Chain, Instance, Statement
from ryla_graphs.formats.python.texts import Module
from ryla_graphs.formats.python.wiring import Use, Wiring
from ryla_graphs.formats.python.words import variable
from ryla_graphs.graph.node import Node


def head(name: str, parameters: Sequence[str], returns: str, indent: str = "") -> Iterator[str]:
    """The line, or the lines, that begin a function."""
    line = f"{indent}def {name}({', '.join(parameters)}) -> {returns}:"
    if fits(line):
        yield line
    else:
        yield f"{indent}def {name}("
        yield from (f"{indent}{INDENT}{parameter}," for parameter in parameters)
        yield f"{indent}) -> {returns}:"


class Body:
    """The statements of one function."""

    def __init__(self, wiring: Wiring, module: Module, scope: Scope, indent: str = INDENT) -> None:
        self._indent = indent
        self._wiring = wiring
        self._module = module
        self._scope = scope
        self.names: Mapping[Node, Expression] = {}
        """How the names of nodes are written, if not literally."""
        self.loras: Mapping[Chain, str] = {}
        """The parameters that loops run over."""
        self.calls: Mapping[Instance, Call] = {}
        self.definitions: Mapping[Instance, Sequence[str]] = {}
        """The functions of parts, by the instance before whose call each is written."""
        self.comments: Mapping[Node, Sequence[str]] = {}
        """Lines to write above a node."""

    def lines(self, statements: Sequence[Statement], *, returning: Sequence[str] = ()) -> Iterator[str]:
        """The lines of some statements, with empty lines around loaders and loops, and the return."""
        before: tuple[bool, ...] | None = None
        ended = False
        returned = ", ".join(returning)
        for statement in statements:
            defined = self.definitions.get(statement, ()) if isinstance(statement, Instance) else ()
            kind = loads(self._wiring, statement), isinstance(statement, Chain)
            if before is not None and (defined or kind != before or ended):
                yield ""
            yield from (*defined, "") if defined else ()
            before, ended = kind, not self._wiring.sinks.isdisjoint(statement.nodes)
            for node in statement.nodes:
                yield from (f"{self._indent}{line}" for line in self.comments.get(node, ()))
            if isinstance(statement, Chain):
                yield from self._loop(statement)
            elif isinstance(statement, Instance):
                yield from self._call(statement)
            else:
                last = statement is statements[-1] and self._scope.targets[statement.node].names == returned
                yield from self._single(statement.node, "return " if last else "")
                returned = "" if last else returned
        if returned:
            yield f"{self._indent}return {returned}"

    def _single(self, node: Node, before: str = "") -> Iterator[str]:
        target = self._scope.targets[node]
        end = self._scope.looped.get(node) if not target.lookup else None
        annotation = f": {self._module.source_of(self._wiring.type(end))}" if end is not None else ""
        call = Expressions(self._wiring, self._module, self._scope).node(
            node, name=self.names.get(node), lookup=target.lookup
        )
        return lines(call, before or f"{target.names}{annotation} = ", "", self._indent)

    def _call(self, instance: Instance) -> Iterator[str]:
        targets = [self._scope.result(self._wiring, value) for value in instance.values()]
        return lines(self.calls[instance], f"{', '.join(targets)} = ", "", self._indent)

    def _loop(self, chain: Chain) -> Iterator[str]:
        outputs = self._scope.outputs
        ends = [outputs[end] for end in chain.ends]
        for base, end in zip(chain.bases.values(), chain.ends, strict=True):
            if outputs[base] != outputs[end]:
                annotation = self._module.source_of(self._wiring.type(end))
                yield f"{self._indent}{outputs[end]}: {annotation} = {outputs[base]}"
        columns = {column: self._scope.names.take(variable(column)) for column in chain.columns}
        yield f"{self._indent}for {', '.join(columns.values())} in {self.loras[chain]}:"
        node = chain.nodes[0]
        inputs = {Use(node, name): columns[column] for column, names in chain.columns.items() for name in names}
        inside = Scope(
            self._scope.names,
            self._scope.inputs | inputs,
            outputs | dict(zip(chain.bases.values(), ends, strict=True)),
        )
        call = Expressions(self._wiring, self._module, inside).node(
            node, name=columns.get("name"), lookup=self._lookup(chain)
        )
        yield from lines(call, f"{', '.join(ends)} = ", "", self._indent + INDENT)

    def _lookup(self, chain: Chain) -> str:
        """What a loop takes from its node: the outputs, if it began with outputs."""
        if len(chain.ends) > 1:
            return ".out"
        end, base = next(iter(chain.ends)), next(iter(chain.bases.values()))
        goes_on = self._scope.outputs[base] == self._scope.outputs[end]
        target = self._scope.targets.get(base.node)
        as_outputs = goes_on and target is not None and target.lookup
        if as_outputs or len(self._wiring.schemas[end.node].outputs) > 1:
            return f".out.{output_field(self._wiring, end)}"
        return ""
