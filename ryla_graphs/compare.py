"""What differs between two graphs in API JSON: changed values, rewired links, nodes added and removed.

Nodes with the same id and class are the same node. If the ids are new, nodes are matched by what they are made of, then
by title, and finally by class and wiring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ryla_graphs.prompt.links import read_link

_MOST_PAIRS = 250_000
"""The most pairs of unmatched nodes of one class to compare; beyond that, they count as removed and added."""


_ROUNDS = 6


class _Absent:
    """Stands for the value of an input that a graph does not have."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """An input that differs."""

    node: str
    """Its node in the second graph."""
    was: str
    """The same node in the first graph."""
    class_type: str
    input: str
    kind: Literal["value", "link"]
    """`link` if a link was added, removed or rewired."""
    before: Any
    after: Any

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON-ready data; what a graph does not have is left out."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in facts.items() if value is not ABSENT}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two graphs differ."""

    changes: tuple[Change, ...]
    added: tuple[tuple[str, str], ...]
    """Id and class of nodes that only the second graph has."""
    removed: tuple[tuple[str, str], ...]
    """The same for the first."""
    renumbered: Mapping[str, str]
    """The same nodes under new ids: first graph's id to second's. Not a difference by itself."""

    @property
    def equal(self) -> bool:
        """Whether the graphs do the same, whatever their nodes' ids."""
        return not (self.changes or self.added or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-ready data."""
        return {
            "equal": self.equal,
            "changes": [change.to_dict() for change in self.changes],
            "added": [{"node": node, "class_type": class_type} for node, class_type in self.added],
            "removed": [{"node": node, "class_type": class_type} for node, class_type in self.removed],
            "renumbered": dict(self.renumbered),
        }


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Compare two graphs in API JSON.

    >>> a = {"1": {"class_type": "EmptyImage", "inputs": {"width": 64}}}
    >>> b = {"7": {"class_type": "EmptyImage", "inputs": {"width": 32}}}
    >>> [(c.node, c.input, c.before, c.after) for c in compare(a, b).changes]
    [('7', 'width', 64, 32)]
    """
    old, new = _Side(first), _Side(second)
    pairs = _Pairing(old, new).run()
    partners = {b: a for a, b in pairs.items()}
    return Comparison(
        changes=tuple(
            change for number in new.classes if number in partners for change in _changes(old, new, number, partners)
        ),
        added=tuple((number, kind) for number, kind in new.classes.items() if number not in partners),
        removed=tuple((number, kind) for number, kind in old.classes.items() if number not in pairs),
        renumbered={a: b for a, b in pairs.items() if a != b},
    )


class _Side:
    """One of the graphs."""

    def __init__(self, prompt: Mapping[str, Any]) -> None:
        self.nodes = {number: node for number, node in prompt.items() if isinstance(node, Mapping)}
        self.classes = {number: str(node.get("class_type")) for number, node in self.nodes.items()}
        self.inputs: dict[str, Mapping[str, Any]] = {}
        self.titles: dict[str, str] = {}
        self.users: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        """The users of a node's outputs: the other node, its input, and the slot."""
        for number, node in self.nodes.items():
            inputs, meta = node.get("inputs"), node.get("_meta")
            self.inputs[number] = inputs if isinstance(inputs, Mapping) else {}
            self.titles[number] = str(meta.get("title")) if isinstance(meta, Mapping) else ""
            for name, value in self.inputs[number].items():
                if (link := read_link(value)) is not None:
                    self.users[link.node].append((number, name, link.slot))

    def made_of(self) -> dict[str, Hashable]:
        """A mark for each node: equal for two nodes with the same class, inputs and everything upstream."""
        marks: dict[str, Hashable] = {}
        for number in self._sources_first():
            parts = []
            for name, value in sorted(self.inputs[number].items()):
                link = read_link(value)
                parts.append((name, _mark(value) if link is None else (marks.get(link.node), link.slot)))
            marks[number] = hash((self.classes[number], tuple(parts)))
        return marks

    def _sources_first(self) -> Iterator[str]:
        """All nodes, each after those linked into it; nodes on or behind a cycle come last."""
        links = {
            number: [link.node for link in map(read_link, inputs.values()) if link]
            for number, inputs in self.inputs.items()
        }
        waiting = {number: sum(source in links for source in sources) for number, sources in links.items()}
        ready = [number for number, count in waiting.items() if not count]
        for number in ready:
            yield number
            for user, _, _ in self.users.get(number, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    ready.append(user)
        yield from (number for number, count in waiting.items() if count > 0)


class _Pairing:
    """Finds which nodes of two graphs are the same."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self.old, self.new = old, new
        self.pairs: dict[str, str] = {}
        self.partners: dict[str, str] = {}

    def run(self) -> dict[str, str]:
        """The nodes of the first graph, each with its match in the second."""
        common = [number for number in self.old.classes if number in self.new.classes]
        alike = [number for number in common if self.old.classes[number] == self.new.classes[number]]
        if 2 * len(alike) >= len(common):  # otherwise the ids mean different things in each
            for number in alike:
                self._pair(number, number)
        old_marks, new_marks = self.old.made_of(), self.new.made_of()
        self._by(old_marks.__getitem__, new_marks.__getitem__, all_of_them=True)
        old_titles, new_titles = self.old.titles, self.new.titles
        self._by(
            lambda number: old_titles[number] and (self.old.classes[number], old_titles[number]),
            lambda number: new_titles[number] and (self.new.classes[number], new_titles[number]),
        )
        for round_ in range(_ROUNDS):  # each knows more neighbours than the one before
            self._by_surroundings(at_last=round_ == _ROUNDS - 1)
        return self.pairs

    def _pair(self, a: str, b: str) -> None:
        self.pairs[a] = b
        self.partners[b] = a

    def _by(self, old_key: Callable[[str], Any], new_key: Callable[[str], Any], *, all_of_them: bool = False) -> None:
        """Pair nodes with the same key: only if each graph has exactly one, or all of them in order."""
        old, new = _grouped(self._left_old(), old_key), _grouped(self._left_new(), new_key)
        for key, numbers in old.items():
            others = new.get(key, [])
            if key and (all_of_them or len(numbers) == len(others) == 1):
                for a, b in zip(numbers, others, strict=False):
                    self._pair(a, b)

    def _by_surroundings(self, *, at_last: bool) -> None:
        """Within each class, pair nodes that have something in common: mutual best matches, then whatever is left."""
        old = _grouped(self._left_old(), self.old.classes.__getitem__)
        new = _grouped(self._left_new(), self.new.classes.__getitem__)
        for kind, numbers in old.items():
            others = new.get(kind, [])
            if len(numbers) * len(others) > _MOST_PAIRS:
                continue
            scores = {(a, b): likeness for a in numbers for b in others if (likeness := self._likeness(a, b))}
            best: dict[str, int] = defaultdict(int)
            for (a, b), likeness in scores.items():
                best[f"old {a}"] = max(best[f"old {a}"], likeness)
                best[f"new {b}"] = max(best[f"new {b}"], likeness)
            for (a, b), likeness in sorted(scores.items(), key=lambda row: -row[1]):
                wanted = at_last or likeness == best[f"old {a}"] == best[f"new {b}"]
                if wanted and a not in self.pairs and b not in self.partners:
                    self._pair(a, b)

    def _likeness(self, a: str, b: str) -> int:
        """How many values, sources and users two nodes have in common; sources and users count more."""
        likeness = 0
        mine, other = self.old.inputs[a], self.new.inputs[b]
        for name in mine.keys() & other.keys():
            link, others = read_link(mine[name]), read_link(other[name])
            if link is None or others is None:
                likeness += same(mine[name], other[name])
            else:
                likeness += 3 * (self.pairs.get(link.node) == others.node and link.slot == others.slot)
        users = set(self.new.users.get(b, ()))
        likeness += sum(
            3 for user, name, slot in self.old.users.get(a, ()) if (self.pairs.get(user), name, slot) in users
        )
        return likeness

    def _left_old(self) -> list[str]:
        return [number for number in self.old.classes if number not in self.pairs]

    def _left_new(self) -> list[str]:
        return [number for number in self.new.classes if number not in self.partners]


def _grouped(numbers: Sequence[str], key: Callable[[str], Any]) -> dict[Any, list[str]]:
    groups: dict[Any, list[str]] = defaultdict(list)
    for number in numbers:
        groups[key(number)].append(number)
    return groups


def _changes(old: _Side, new: _Side, number: str, partners: Mapping[str, str]) -> Iterator[Change]:
    """The inputs of a node that differ from those of its partner."""
    was = partners[number]
    mine, other = old.inputs[was], new.inputs[number]
    for name in (*mine, *(name for name in other if name not in mine)):
        before, after = mine.get(name, ABSENT), other.get(name, ABSENT)
        link, others = read_link(before), read_link(after)
        if link is not None and others is not None:
            if partners.get(others.node) == link.node and others.slot == link.slot:
                continue
        elif same(before, after):
            continue
        kind: Literal["value", "link"] = "value" if link is None and others is None else "link"
        yield Change(number, was, new.classes[number], name, kind, before, after)


def same(first: Any, second: Any) -> bool:
    """Whether two values mean the same: 1 is 1.0, but true is not 1."""
    return bool(_mark(first) == _mark(second))


def _mark(value: Any) -> Hashable:
    """A value in a form that can be compared and hashed."""
    if isinstance(value, Mapping):
        return ("object", tuple(sorted((str(key), _mark(item)) for key, item in value.items())))
    if isinstance(value, (list, tuple)):
        return ("list", tuple(_mark(item) for item in value))
    return (isinstance(value, bool), value)
