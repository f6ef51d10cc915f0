"""`Node`, the base of every node class, and `Output`, the handle on one of a node's outputs.

A node is a frozen value that is valid from the start: a link of the wrong type, an unknown choice or a number out of
range raises `InvalidNode` on the line that wrote it, with all problems at once. Nodes are equal only to themselves;
a pass merges equal ones (`ryla_graphs.graph.passes.merge_twins`). They never change, so a copy of a node is the
node itself; a pickle of it contains everything upstream.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from ryla_graphs import sockets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.graph.construction import bad_name, construction_problems, no_positions, no_such_output
from ryla_graphs.graph.flatten import flatten
from ryla_graphs.graph.origin import UNNAMED, Origin, caller
from ryla_graphs.graph.packing import pack, unpack
from ryla_graphs.graph.values import hide_pydantic, no_attribute, public_names, refuse_assignment
from ryla_graphs.graph.wires import AbstractNode, AbstractOutput, Source, T_co
from ryla_graphs.problems import InvalidNode, did_you_mean, shorten
from ryla_graphs.sockets import WireType

AnyValue = Source[Any] | JsonValue
"""What an input of type ``*`` accepts: any link, or a value."""

Shape = TypeVar("Shape")

_set = object.__setattr__
_UNSEEN: Any = object()
"""A placeholder for facts that are looked up on first use, because a class reads its schema late."""


class Output(Source[T_co], AbstractOutput):
    """One output slot of a node. Two outputs are equal if their node and slot are.

    >>> from ryla_graphs.nodes import EmptyImage
    >>> EmptyImage(width=64, height=64).named("grey").out.image.label
    "EmptyImage 'grey'.out.image"
    """

    __slots__ = ("name", "node", "slot", "type")

    def __init__(self, node: Node, slot: int, type: WireType, name: str) -> None:  # noqa: A002 - the field's own word
        self.node = node
        self.slot = slot
        self.type = type
        self.name = name

    def carried_type(self) -> WireType:
        return self.type

    @property
    def label(self) -> str:
        """Its name in messages: ``KSampler 'sampler'.out.latent``."""
        return f"{self.node.label}.out.{self.name}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Output) and self.node is other.node and self.slot == other.slot

    def __hash__(self) -> int:
        return hash((id(self.node), self.slot))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.node, self.slot, self.type, self.name)

    def __repr__(self) -> str:
        return f"<{self.label}: {sockets.describe(self.type)}>"


class OutputList(Output[T_co]):
    """An output that is a list: the receiving node runs once for each item, or takes the whole list."""

    __slots__ = ()


class Node(
    BaseModel,
    AbstractNode,
    frozen=True,
    extra="forbid",
    strict=True,
    arbitrary_types_allowed=True,
    allow_inf_nan=False,
    defer_build=True,
):
    """The base of all node classes. Inputs are keyword arguments; outputs are under `.out`.

    Nodes never change. Creating one raises `InvalidNode`, with all problems, if an input is wrong.

    >>> from ryla_graphs.nodes import EmptyImage
    >>> small = EmptyImage(width=64, height=64)
    >>> small.replace(width=128).width
    128
    """

    __slots__ = ("_origin",)

    CLASS_TYPE: ClassVar[str]
    CATALOG: ClassVar[Catalog]
    WIRE_NAMES: ClassVar[Mapping[str, str]] = {}
    """The input names that Python cannot spell, by field name."""
    MORE: ClassVar[str | None] = None
    """The field for undeclared inputs, by name, if the class takes any."""
    _FIELDS: ClassVar[set[str]]
    _PLAIN: ClassVar[bool | None] = None
    """Whether the JSON has exactly the fields, by the same names; None until this is checked."""
    _LATEST: ClassVar[list[tuple[Any, ...]]]
    """The origin of the latest node of the class. Nodes made in a loop share it, which saves the collector work."""
    _CARRIED: ClassVar[Any]
    """The type of its only output."""

    # A slot of each node; annotated as a class variable so that checkers do not mistake it for an input.
    _origin: ClassVar[tuple[Any, ...]]

    def __init__(self, /, *positions: Any, **inputs: Any) -> None:
        """Raises `InvalidNode` with every problem if an input is wrong. Outputs are under `.out`."""
        frame = sys._getframe(1)
        origin: tuple[Any, ...] = self._LATEST[0]
        if origin[0] is not frame.f_code or origin[1] != frame.f_lasti:
            origin = self._LATEST[0] = (frame.f_code, frame.f_lasti)
        if positions:
            fields, source = type(self).model_fields, Origin(*origin).source
            raise InvalidNode([no_positions(self.CLASS_TYPE, fields, positions, source)])
        self._fill(inputs, origin)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # Nodes are dict keys everywhere, and C compares identities ten times faster than a Python method.
        for name in ("__hash__", "__eq__"):
            setattr(cls, name, getattr(object, name))
        cls._FIELDS = set(cls.model_fields)
        cls._PLAIN = None
        cls._LATEST = [(None, 0)]
        cls._CARRIED = _UNSEEN
        if (outputs := vars(cls).get("Out")) is not None:
            # Not in the generated class: a checker that saw it would accept every name as an output.
            outputs.__getattr__ = _no_output

    def _fill(self, inputs: dict[str, Any], origin: tuple[Any, ...]) -> None:
        try:
            self.__pydantic_validator__.validate_python(inputs, self_instance=self)
        except ValidationError as error:
            raise self._invalid(error, inputs, Origin(*origin)) from None
        _set(self, "_origin", origin)
        # All nodes of a class share one set: a set for each node would double the collector's work.
        _set(self, "__pydantic_fields_set__", self._FIELDS)

    def _invalid(self, error: ValidationError, inputs: dict[str, Any], origin: Origin) -> InvalidNode:
        schema = self.CATALOG[self.CLASS_TYPE]
        fields = {self.WIRE_NAMES.get(field, field): field for field in type(self).model_fields}
        specs = {fields[spec.key]: spec for spec in schema.inputs}
        problems = construction_problems(error, schema, specs, inputs, self.MORE)
        return InvalidNode([problem.at(source=origin.source, node=origin.name) for problem in problems])

    @property
    def class_type(self) -> str:
        """ComfyUI's name for the class."""
        return self.CLASS_TYPE

    @property
    def schema_(self) -> NodeSchema:
        """The catalog's schema of the class."""
        return self.CATALOG[self.CLASS_TYPE]

    @property
    def origin_(self) -> Origin:
        """Where the node was made, and its names."""
        return Origin(*self._origin)

    @property
    def name_(self) -> str | None:
        """The node's id in the compiled prompt: the name given with `named`, after the parts it stands in."""
        if len(self._origin) == UNNAMED:
            return None
        _, _, name, _, scope, *_ = self._origin
        return "/".join((*scope, name)) if scope and name is not None else name

    @property
    def title_(self) -> str | None:
        """The title given with `named`, which the editor shows."""
        return self._origin[3] if len(self._origin) > UNNAMED else None

    @property
    def source_(self) -> str | None:
        """`file:line` of the call that made the node."""
        return self.origin_.source

    @property
    def label(self) -> str:
        """Its name in messages: ``KSampler 'sampler'``."""
        return f"{self.class_type} '{self.name_}'" if self.name_ else self.class_type

    if not TYPE_CHECKING:

        def __class_getitem__(cls, family: Any) -> type[Self]:
            """`UNETLoader[Flux1]` is `UNETLoader`: checks at run time use the family of the files, not of the code."""
            if not getattr(cls, "__parameters__", ()):
                raise TypeError(f"{cls.__name__} takes no model family")
            return cls

        @property
        def out(self):  # noqa: ANN201 - generated classes say what is in it
            return ()

        __setattr__ = __delattr__ = refuse_assignment("a node", "`node.replace(NAME=VALUE)` gives another one")

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name if name.startswith("_") else _no_attribute(self, name))

    def _outputs(self, shape: Callable[..., Shape]) -> Shape:
        """The outputs in the shape that a generated class declares for them."""
        schema = self.schema_
        lists = schema.list_slots
        return shape(*[(OutputList if slot[0] in lists else Output)(self, *slot) for slot in schema.slots])

    def named(self, name: str, *, title: str | None = None) -> Self:
        """The same node with this id, which stays the same when the graph is edited; `title` is shown in the editor.

        Raises `InvalidNode` if the name is empty.
        """
        if not name or not name.isprintable():
            raise InvalidNode([bad_name(self.class_type, name, self.source_)])
        origin = self.origin_
        placed = origin._replace(name=name, title=title or origin.title, scope=(), original=None)
        return self._copy(dict(self.__dict__), placed)

    def replace(self, **changes: Any) -> Self:
        """A copy of the node with some inputs changed; name and title stay.

        Raises `InvalidNode` if an input is wrong.
        """
        at = caller()
        return self._changed(changes, self.origin_._replace(code=at.code, instruction=at.instruction, original=None))

    def _changed(self, changes: Mapping[str, Any], origin: tuple[Any, ...]) -> Self:
        """A checked node with some inputs changed; the others stay as written, such as 7 for a FLOAT."""
        given = {field: value for field, value in self.__dict__.items() if value is not None}
        node = self.made({**given, **changes}, origin)
        kept = {field: value for field, value in self.__dict__.items() if field not in changes}
        _set(node, "__dict__", {**node.__dict__, **kept})
        return node

    @classmethod
    def made(cls, inputs: dict[str, Any], origin: tuple[Any, ...]) -> Self:
        """A node with an origin other than the calling line; checked like any other."""
        node = cls.__new__(cls)
        node._fill(inputs, origin)
        return node

    @classmethod
    def _as_written(cls, inputs: dict[str, Any], origin: tuple[Any, ...]) -> Self | None:
        """A node with inputs as in the JSON, none converted and none filled in; None if they are not valid."""
        try:
            cls.__pydantic_validator__.validate_python(inputs, self_instance=cls.__new__(cls))
        except ValidationError:
            return None
        return cls._copy({field: inputs.get(field) for field in cls.model_fields}, origin)

    @classmethod
    def _copy(cls, inputs: dict[str, Any], origin: tuple[Any, ...]) -> Self:
        """A node with inputs that are known to be valid."""
        node = cls.__new__(cls)
        _set(node, "__dict__", inputs)
        _set(node, "__pydantic_fields_set__", cls._FIELDS)
        _set(node, "__pydantic_extra__", None)
        _set(node, "__pydantic_private__", None)
        _set(node, "_origin", origin)
        return node

    def output(self, slot: int) -> Output[Any]:
        """The output with this slot number; raises `InvalidNode` if there is none."""
        declared = (schema := self.schema_).slots
        if 0 <= slot < len(declared):
            return (OutputList if slot in schema.list_slots else Output)(self, *declared[slot])
        if self._is_known():
            raise InvalidNode([no_such_output(self.class_type, slot, len(declared), self.source_)])
        return Output(self, slot, sockets.ANY, str(slot))

    def _is_known(self) -> bool:
        return True

    def carried_type(self) -> WireType | None:
        """The type of the node's only output; None if it has none or several."""
        carried: WireType | None = self._CARRIED
        if carried is _UNSEEN:
            types = self.schema_.output_types
            carried = type(self)._CARRIED = types[0] if len(types) == 1 else None
        return carried

    def given_inputs(self) -> Iterable[tuple[str, Any]]:
        """The names and values of the inputs that were given, in the order of the schema.

        Dynamic inputs are flattened to their dotted names. Values are Python values: outputs, numbers, text, lists.
        """
        if (plain := self.plain_inputs()) is not None:
            return [pair for pair in plain.items() if pair[1] is not None]
        renamed = self.WIRE_NAMES
        named = [(renamed.get(f, f), value) for f, value in self.__dict__.items() if value is not None]
        if self.MORE is not None and (more := self.__dict__[self.MORE]) is not None:
            named = [*(pair for pair in named if pair[0] != self.MORE), *more.items()]
        schema = self.schema_
        flat = flatten(named, schema.inputs) if schema.is_dynamic else named
        return flat if len(self._origin) == UNNAMED or not self._origin[-1] else [*flat, *self._origin[-1]]

    def plain_inputs(self) -> Mapping[str, Any] | None:
        """The fields by name, None values included, if the JSON has the same names; otherwise None."""
        cls = type(self)
        if cls._PLAIN is None:
            cls._PLAIN = not cls.WIRE_NAMES and cls.MORE is None and not self.schema_.is_dynamic
        plain = cls._PLAIN and (len(self._origin) == UNNAMED or not self._origin[-1])
        return self.__dict__ if plain else None

    def input_values(self) -> Iterable[Any]:
        return self.__dict__.values()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object = None) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, pack([self])

    def __dir__(self) -> Iterable[str]:
        return sorted(public_names(type(self)))

    def __repr__(self) -> str:
        # The label of a node that is linked in, not its repr, which would run through the whole graph.
        named = [(n, v.label if isinstance(v, Node) else shorten(v, 40)) for n, v in self.given_inputs()]
        return f"<{self.label}({', '.join(f'{name}={value}' for name, value in named)})>"

    __str__ = __repr__


# A bare `Node` is never created, and its validator would slow the import; each subclass builds its own at once.
Node.model_config["defer_build"] = False
hide_pydantic(Node)


def _unpickled(rows: Any, places: list[int]) -> Node:
    (node,) = unpack(rows, places)
    assert isinstance(node, Node)
    return node


def _no_attribute(node: Node, name: str) -> str:
    outputs = [output for _, _, output in node.schema_.slots]
    if name in outputs:
        return f"{node.label} has no `{name}`; its outputs are under `.out`: write `.out.{name}`"
    return no_attribute(node.label, name, type(node).model_fields)


def _no_output(outputs: Any, name: str) -> Any:
    raise no_output_called(name, outputs._fields)


def no_output_called(name: str, names: Iterable[str]) -> AttributeError:
    """The error for a wrong name under ``.out``, with the names that exist."""
    known = list(names)
    hint = did_you_mean(name, known)
    there = f"; there are: {', '.join(known)}" if known else "; the node has none"
    return AttributeError(f"no output `{name}`{there}{f'; {hint}' if hint else ''}")
