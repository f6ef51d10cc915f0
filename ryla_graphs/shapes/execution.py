"""The order in which the nodes of a prompt run, and what each gets, as in ComfyUI's executor.

Nothing is executed here. A caller that runs a prompt, or only works out its shapes, asks for the `next` task, works on
its calls, and hands the results to `finish`. Lists, lazy inputs, expansion, blocked branches and equal nodes are
handled here. A link that leads nowhere carries None.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.catalog.behaviour import Undeclared
from ryla_graphs.catalog.schema import KnownInputs, NodeSchema
from ryla_graphs.prompt import ForeignNode, Link, Prompt, PromptNode, read_link, unwrap, wires_of
from ryla_graphs.prompt.values import converted
from ryla_graphs.shapes.calls import Arguments, Wire, calls, merged, repeats
from ryla_graphs.shapes.registry import LAZY, Lazy, NodeFails
from ryla_graphs.shapes.signatures import Signatures
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import Blocked

MAX_REASONS = 20


class Cycle(Exception):
    """The remaining nodes wait for each other; the argument is their ids."""


@dataclass(frozen=True, slots=True)
class Expand:
    """The result of a node that expands to other nodes: their bodies by id, and its outputs, which may be links."""

    nodes: Mapping[str, Mapping[str, Any]]
    outputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A node whose inputs are ready."""

    node: str
    schema: NodeSchema
    wires: Mapping[str, Wire]
    guessed: tuple[str, ...]
    """Why some of its inputs are only guessed."""
    execution: Execution = field(repr=False)
    refused: str | None = None
    """Why the server would not take its values."""

    @property
    def key(self) -> str:
        """A key shared by all nodes that do the same work on the same inputs, in this prompt and any other."""
        return self.execution.key(self.node)

    def calls(self) -> list[Arguments | Blocked]:
        """The arguments of each call. Raises `NodeFails` if the real node cannot be called with them."""
        if self.refused is not None:
            raise NodeFails(self.refused)
        return calls(self.wires, self.schema)


class _Waiting:
    """A node that has not run yet."""

    __slots__ = ("blocks", "feeds_output", "index", "waits_for")

    def __init__(self, index: int) -> None:
        self.index = index
        self.waits_for: set[str] = set()
        self.blocks: list[str] = []
        self.feeds_output = False
        """Whether an output is among those."""


class Execution:
    """One way through a prompt."""

    def __init__(
        self, prompt: Prompt, targets: Iterable[str] | None = None, *, digests: Mapping[str, str] | None = None
    ) -> None:
        """`digests` are those of input files by name, which distinguish files with the same name."""
        self.nodes: dict[str, PromptNode | ForeignNode] = {node.id: node for node in prompt.every_node()}
        """All nodes, including those added by expansion."""
        self._catalog = prompt.catalog
        self._signatures = Signatures(self.nodes, digests or {})
        self.results: dict[str, tuple[Wire, ...] | Unknown] = {}
        """The links of every node that ran, by id."""
        self.guessed: dict[str, tuple[str, ...]] = {}
        """Why the outputs of a node are only guessed, for nodes that guess."""
        self.equal: dict[str, str] = {}
        """Nodes that did not run because an equal one had run, with that node."""
        self._waiting: dict[str, _Waiting] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._first: dict[str, str] = {}
        self._ran: dict[str, str] = {}
        self._defaults: dict[int, Mapping[str, Wire]] = {}
        self._expanded: dict[str, list[tuple[Any, ...] | Blocked]] = {}
        outputs = [number for number in self.nodes if self._is_output(number)]
        for number in outputs if targets is None else targets:
            self._schedule(number)
        for number in self._waiting:
            self._push(number)

    def _schema(self, number: str) -> NodeSchema | None:
        """The class of a node, if the catalog has it."""
        node = self.nodes.get(number)
        return node.schema if isinstance(node, PromptNode) else None

    def _is_output(self, number: str) -> bool:
        schema = self._schema(number)
        return schema is not None and schema.output_node

    # Waiting and getting ready.

    def _add(self, number: str) -> None:
        """Schedule a node and everything it needs, and note what is ready of it."""
        for current in self._schedule(number):
            self._push(current)

    def _schedule(self, number: str) -> Iterable[str]:
        """Schedule a node and everything it needs, except lazy inputs, which are decided later; the nodes met."""
        stack, links = [number], []
        while stack:
            current = stack.pop()
            if current in self._waiting or current in self.results or current not in self.nodes:
                continue
            self._waiting[current] = _Waiting(len(self._waiting) + len(self.results))
            node = self.nodes[current]
            lazy = LAZY.get(node.class_type)
            needed = (link.node for name, link in node.wires.items() if lazy is None or not lazy.is_lazy(name))
            for source in dict.fromkeys(needed):
                stack.append(source)
                links.append((source, current))
        for source, consumer in links:
            self._wait(consumer, source)
        return dict.fromkeys((number, *(n for link in links for n in link)))

    def _wait(self, consumer: str, source: str) -> None:
        behind, waiting = self._waiting.get(source), self._waiting.get(consumer)
        if behind is not None and waiting is not None and source not in waiting.waits_for:
            waiting.waits_for.add(source)
            behind.blocks.append(consumer)
            behind.feeds_output = behind.feeds_output or self._is_output(consumer)

    def _push(self, number: str) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.waits_for:
            heapq.heappush(self._ready, (self._turn(number, waiting), waiting.index, number))

    def _turn(self, number: str, waiting: _Waiting) -> int:
        """The priority of a node: outputs and service calls first, then what they wait for, so results appear early."""
        schema = self._schema(number)
        if schema is not None and (schema.output_node or schema.api_node):
            return 0
        if waiting.feeds_output:
            return 1
        behind = (self._waiting.get(blocked) for blocked in waiting.blocks)
        return 2 if any(node.feeds_output for node in behind if node is not None) else 3

    def next(self) -> Task | None:
        """The node that runs next; None if all have. Raises `Cycle` if the rest wait for each other."""
        while self._ready:
            _, _, number = heapq.heappop(self._ready)
            waiting = self._waiting.get(number)
            if waiting is None or waiting.waits_for:
                continue
            if number in self._expanded:
                self._close_expanded(number)
                continue
            node = self.nodes[number]
            if not isinstance(node, PromptNode):
                self._close(number, Unknown(f"the class '{node.class_type}' is unknown"))
                continue
            if (twin := self._twin_of(number, node.class_type)) is not None:
                self.equal[number] = twin
                self._close(number, self.results[twin])
                continue
            try:
                wires = self._wires(node)
                if self._waits_for_lazy(node, wires):
                    continue
            except NodeFails as failure:
                return Task(number, node.schema, {}, self._inherited(node), self, str(failure))
            return Task(number, node.schema, wires, self._inherited(node), self)
        if self._waiting:
            raise Cycle(tuple(self._waiting))
        return None

    def key(self, number: str) -> str:
        """A key shared by all nodes that do the same work on the same inputs."""
        return self._signatures.of(number).work

    def _twin_of(self, number: str, class_type: str) -> str | None:
        """A node that has run and that the server treats as equal to this one.

        Only nodes of one class are compared, so that most need no signature.
        """
        first = self._first.setdefault(class_type, number)
        if first == number:
            return None
        self._ran.setdefault(self._signatures.of(first).run, first)
        twin = self._ran.setdefault(self._signatures.of(number).run, number)
        return twin if twin != number and twin in self.results else None

    def _waits_for_lazy(self, node: PromptNode, wires: Mapping[str, Wire]) -> bool:
        lazy = LAZY.get(node.class_type)
        if lazy is None:
            return False
        links = {name: link for name, link in node.wires.items() if lazy.is_lazy(name)}
        waiting = frozenset(n for n, link in links.items() if link.node in self.nodes and link.node not in self.results)
        if not waiting:
            return False
        known = {name: wire for name, wire in wires.items() if name not in waiting}
        for name in sorted(_needed(lazy, known, waiting, node.schema)):
            self._add(links[name].node)
            self._wait(node.id, links[name].node)
            self._push(links[name].node)
        return bool(self._waiting[node.id].waits_for)

    # What the links carry.

    def _wires(self, node: PromptNode) -> dict[str, Wire]:
        """All inputs that the node gets: its links followed, its values converted, omitted ones set to their defaults.

        If its class does not declare an input, a value is dropped and a link breaks the call, unless it takes any.
        """
        known, takes_any = node.known, node.schema.any_input_names
        wires: dict[str, Wire] = dict(self._default_wires(node.schema, known))
        for name, value in node.inputs.items():
            link = node.wires.get(name)
            if name not in known and not takes_any:
                fate = node.schema.undeclared(name, wired=link is not None)
                if fate is Undeclared.BREAKS:
                    raise NodeFails(f"it takes no input called '{name}'")
                if fate in (Undeclared.DROPPED, Undeclared.LEFTOVER):
                    continue
            wires[name] = [_converted(name, value, known)] if link is None else self._carried(link)
        return wires

    def _default_wires(self, schema: NodeSchema, known: KnownInputs) -> Mapping[str, Wire]:
        """The defaults of a class; the slots of an autogrow input have none."""
        if id(known) not in self._defaults:
            self._defaults[id(known)] = {
                name: [spec.default]
                for name, spec in known.items()
                if spec.has_default and not name.startswith(schema.growing)
            }
        return self._defaults[id(known)]

    def _carried(self, link: Link) -> Wire:
        found = self.results.get(link.node, ())
        if isinstance(found, Unknown):
            return found
        return found[link.slot] if -len(found) <= link.slot < len(found) else [None]

    def _inherited(self, node: PromptNode) -> tuple[str, ...]:
        if not self.guessed:
            return ()
        sources = dict.fromkeys(link.node for link in node.wires.values())
        reasons = (reason for source in sources for reason in self.guessed.get(source, ()))
        return tuple(dict.fromkeys(reasons))[:MAX_REASONS]

    # Results.

    def finish(
        self, task: Task, results: Sequence[tuple[Any, ...] | Blocked | Expand], guessed: Sequence[str] = ()
    ) -> None:
        """Take the results of all calls of a task, with the reasons if they are only guessed."""
        if task.guessed or guessed:
            self.guessed[task.node] = tuple(dict.fromkeys((*task.guessed, *guessed)))[:MAX_REASONS]
        plain = [result.outputs if isinstance(result, Expand) else result for result in results]
        if expansions := [result for result in results if isinstance(result, Expand)]:
            self._expand(task.node, expansions, plain)
        else:
            self._close(task.node, merged(plain, task.schema, repeats(task.wires, task.schema)))

    def fail(self, task: Task, reason: str) -> None:
        """Stop everything that needs a node, because the node fails."""
        self._close(task.node, tuple([Blocked(reason)] for _ in task.schema.outputs))

    def _expand(self, number: str, expansions: list[Expand], results: list[tuple[Any, ...] | Blocked]) -> None:
        new = [read for expansion in expansions for n, body in expansion.nodes.items() if (read := self._read(n, body))]
        self.nodes.update((node.id, node) for node in new)
        for node in new:
            if self._is_output(node.id):
                self._add(node.id)
        self._expanded[number] = results
        for result in results:
            for value in () if isinstance(result, Blocked) else result:
                if (link := read_link(value)) is not None:
                    self._add(link.node)
                    self._wait(number, link.node)
        self._push(number)

    def _read(self, number: str, body: Mapping[str, Any]) -> PromptNode | ForeignNode:
        class_type, inputs = body["class_type"], body["inputs"]
        if class_type not in self._catalog:
            return ForeignNode(number, class_type, inputs, wires_of(inputs))
        schema = self._catalog[class_type]
        return PromptNode(number, schema, inputs, schema.flat_inputs(inputs), wires_of(inputs))

    def _close_expanded(self, number: str) -> None:
        schema = self._schema(number)
        assert schema is not None, "only a known class expands"
        wires: list[list[Any]] = [[] for _ in schema.outputs]
        for result in self._expanded.pop(number):
            for slot, wire in enumerate(wires):
                value = result if isinstance(result, Blocked) else result[slot]
                link = read_link(value)
                carried = self._carried(link) if link is not None else [value]
                wire.extend(carried if isinstance(carried, list) else [carried])
        self._close(number, tuple(wires))

    def _close(self, number: str, wires: tuple[Wire, ...] | Unknown) -> None:
        self.results[number] = wires
        for blocked in self._waiting.pop(number).blocks:
            waiting = self._waiting.get(blocked)
            if waiting is not None:
                waiting.waits_for.discard(number)
                self._push(blocked)


def _needed(lazy: Lazy, known: Mapping[str, Wire], waiting: frozenset[str], schema: NodeSchema) -> set[str]:
    """Which lazy inputs a node needs, by its other inputs; all of them if those are unknown."""
    try:
        arguments = [given for given in calls(known, schema) if not isinstance(given, Blocked)]
        return {name for given in arguments for name in lazy.needs(given, waiting)} & waiting
    except Undecided:
        return set(waiting)


def _converted(name: str, value: Any, known: KnownInputs) -> Any:
    spec = known.get(name)
    try:
        return unwrap(value) if spec is None else converted(spec, value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NodeFails(f"the server rejects the value of {name}: {error}") from error
