"""`Problem`: one thing that is wrong, as data.

>>> problem = Problem(code="required_input_missing", message="is missing", subject=AtNode("7", "KSampler", "seed"))
>>> print(problem)
KSampler '7'.seed: is missing
>>> problem.level, problem.tier
('error', 1)
>>> Problem.from_dict({**problem.to_dict(), "of": "a newer version"}) == problem
True
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self, cast

from ryla_graphs.deprecation import deprecated
from ryla_graphs.problems.codes import CODES, Level, Tier
from ryla_graphs.problems.text import printable


@dataclass(frozen=True, slots=True)
class AtNode:
    """A node of a graph, or one of its inputs."""

    node: str | None = None
    """The node's id in the compiled prompt, which is its name if it has one."""
    class_type: str | None = None
    input: str | None = None

    def __str__(self) -> str:
        text = self.class_type or ("node" if self.node is not None else "workflow")
        if self.node is not None:
            text += f" '{self.node}'"
        return f"{text}.{self.input}" if self.input is not None else text


@dataclass(frozen=True, slots=True)
class AtParameter:
    """A parameter of a preset; None if it is about several of them."""

    preset: str
    parameter: str | None = None

    def __str__(self) -> str:
        return self.preset if self.parameter is None else f"{self.preset}.{self.parameter}"


@dataclass(frozen=True, slots=True)
class AtField:
    """A field of a request, or an option of a command; None if it is about all of it."""

    request: str
    """The kind of request: ``request``, ``sweep``, a command's option."""
    field: str | None = None

    def __str__(self) -> str:
        return self.request if self.field is None else f"{self.request}.{self.field}"


@dataclass(frozen=True, slots=True)
class AtFile:
    """A weight file."""

    file: str
    """Below ``models``: ``vae/ae.safetensors``."""

    def __str__(self) -> str:
        return self.file


Subject = AtNode | AtParameter | AtField | AtFile
_SUBJECTS: Mapping[str, type[Subject]] = {
    "preset": AtParameter,
    "request": AtField,
    "file": AtFile,
}
"""The kind of a subject by a fact that only it has; a subject with none of them is a node."""
WORKFLOW = AtNode()
"""The subject of problems of a graph as a whole."""
_REGISTERED: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, with a code for programs and a message for people.

    Level and tier come from the register of codes, unless they are given. Raises `KeyError` for an unknown code without
    level and tier.

    >>> Problem(code="value_smaller_than_min", message="must be at least 1").level
    'error'
    """

    code: str
    message: str
    subject: Subject = WORKFLOW
    level: Level = _REGISTERED
    tier: Tier = _REGISTERED
    given: Any = None
    expected: str | None = None
    hint: str | None = None
    source: str | None = None
    """`file:line` of the call that made the node, if the graph was written in Python."""
    parameters: tuple[str, ...] = ()
    """The preset parameters that decide this input, the likeliest first, if the graph came from a preset."""
    suggest: Callable[[], str | None] | None = dataclasses.field(default=None, compare=False, repr=False)
    """Finds a hint among similar names, which is slow, so only `hinted` calls it."""

    def __post_init__(self) -> None:
        for name in ("level", "tier"):
            if getattr(self, name) is _REGISTERED:
                object.__setattr__(self, name, getattr(CODES[self.code], name))

    @property
    def node(self) -> str | None:
        """The id of the node, if the problem is about one."""
        return self.subject.node if isinstance(self.subject, AtNode) else None

    @property
    def class_type(self) -> str | None:
        """The class of the node."""
        return self.subject.class_type if isinstance(self.subject, AtNode) else None

    @property
    def input(self) -> str | None:
        """The input of the node."""
        return self.subject.input if isinstance(self.subject, AtNode) else None

    @property
    def parameter(self) -> str | None:
        """The preset's parameter, if the problem is about one."""
        return self.subject.parameter if isinstance(self.subject, AtParameter) else None

    @property
    def field(self) -> str | None:
        """The field of a request or a command, if the problem is about one."""
        return self.subject.field if isinstance(self.subject, AtField) else None

    @property
    def file(self) -> str | None:
        """The weight file, if the problem is about one."""
        return self.subject.file if isinstance(self.subject, AtFile) else None

    @property
    @deprecated(
        "`Problem.severity` is deprecated since 0.2.0 and goes in 0.4.0, not before 2027-06-01: use `Problem.level`"
    )
    def severity(self) -> Level:
        """The level, under the name it had in 0.1.0."""
        return self.level

    @property
    def where(self) -> str:
        """The place in one word: ``KSampler 'sampler'.cfg``."""
        return str(self.subject)

    def at(self, **changes: Any) -> Self:
        """The same problem with some facts filled in or changed, including those of its node."""
        if "file" in changes:
            changes["subject"] = AtFile(changes.pop("file"))
        inner = {name: changes.pop(name) for name in ("node", "class_type", "input") if name in changes}
        if inner:
            subject = self.subject if isinstance(self.subject, AtNode) else WORKFLOW
            changes["subject"] = replace(subject, **inner)
        return replace(self, **changes)

    def hinted(self) -> Self:
        """The same problem with its hint looked up."""
        if self.suggest is None:
            return self
        return replace(self, hint=self.suggest() or self.hint, suggest=None)

    def to_dict(self) -> dict[str, Any]:
        """The problem as flat, JSON-ready data, without unknown facts."""
        facts: dict[str, Any] = {"code": self.code, "level": self.level, "tier": self.tier}
        facts |= {fact.name: getattr(self.subject, fact.name) for fact in fields(self.subject)}
        facts |= {name: getattr(self, name) for name in _FACTS}
        return {key: value for key, value in facts.items() if value is not None and value != ()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The problem that `to_dict` wrote, perhaps in a newer version: unknown facts are left out.

        Raises `KeyError` if there is no code.
        """
        kind = next((kind for name, kind in _SUBJECTS.items() if isinstance(data.get(name), str)), AtNode)
        subject = kind(**{fact.name: data[fact.name] for fact in fields(kind) if fact.name in data})
        known = CODES.get(data["code"])
        given = {name: data[name] for name in _FACTS if name in data}
        given["message"] = str(data.get("message", ""))
        given["parameters"] = tuple(data.get("parameters", ()))
        level, tier = data.get("level"), data.get("tier")
        return cls(
            code=data["code"],
            subject=subject,
            level=cast("Level", level if level in ("error", "warning", "note") else known.level if known else "error"),
            tier=cast("Tier", tier if tier in (1, 2, 3) else known.tier if known else 2),
            **given,
        )

    def __str__(self) -> str:
        if self.parameters:
            names = ", ".join(f"`{name}`" for name in self.parameters)
            text = f"parameter {names}{'' if self.subject == WORKFLOW else f' ({self.where})'}: {self.message}"
        else:
            text = f"{self.where}: {self.message}"
        if self.source:
            text += f" [{self.source}]"
        return f"{printable(text)}\n    hint: {printable(self.hint)}" if self.hint else printable(text)


_FACTS = ("message", "given", "expected", "hint", "source", "parameters")
