"""`Node`, the base of every node class.

A node is a frozen value that is born valid: a wire of the wrong type, an unknown choice or a number out of
range is an `InvalidNode` on the line that wrote it, with all of its problems at once. Nodes are equal only
to themselves; merging equal ones is a pass (`ryla_graphs.graph.passes.merge_twins`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from ryla_graphs import sockets
from ryla_graphs.catalog.object_info import Catalog
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.graph.construction import construction_problems
from ryla_graphs.graph.wires import Output, Source
from ryla_graphs.problems import AtNode, InvalidNode, Problem, shorten
from ryla_graphs.sockets import WireType


class Origin(NamedTuple):
    """Where a node comes from, and what it is called."""

    code: CodeType | None = None
    instruction: int = -1
    name: str | None = None
    title: str | None = None
    scope: tuple[str, ...] = ()
    """The parts of a composed graph that the node stands in, outermost first; its id begins with them."""
    original: Node | None = None
    """The node that this one is in another part of the graph, which makes it the same node however impure."""

    @property
    def source(self) -> str | None:
        """`file:line` of the call that made the node."""
        if self.code is None:
            return None
        for start, end, line in self.code.co_lines():
            if start <= self.instruction < end:
                return f"{self.code.co_filename}:{line}"
        return f"{self.code.co_filename}:{self.code.co_firstlineno}"


class Option(BaseModel, frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False):
    """One choice of a dynamic combo with the inputs it brings: `ResizeImageMaskNode.ResizeType.ScaleWidth`.

    Raises `InvalidNode` (with every problem) when written wrongly.
    """

    KEY: ClassVar[Any]
    WIRE_NAMES: ClassVar[Mapping[str, str]] = {}

    def __init__(self, /, **inputs: Any) -> None:
        try:
            super().__init__(**inputs)
        except ValidationError as error:
            frame = sys._getframe(1)
            source = Origin(frame.f_code, frame.f_lasti).source
            schema, specs = _option_facts(type(self))
            problems = construction_problems(error, schema, specs, inputs)
            raise InvalidNode([problem.at(source=source) for problem in problems]) from None


def _option_facts(cls: type[Option]) -> tuple[NodeSchema, dict[str, InputSpec]]:
    """The node class around an option, and the inputs the option brings by field name."""
    owner: type[Node] = getattr(sys.modules[cls.__module__], cls.__qualname__.split(".")[0])
    schema = owner.CATALOG[owner.CLASS_TYPE]
    wire_names = {cls.WIRE_NAMES.get(field, field): field for field in cls.model_fields}
    options = [option for spec in schema.every_input() for option in spec.options if option.key == cls.KEY]
    option = next(o for o in options if {spec.key for spec in o.inputs} == wire_names.keys())
    return schema, {wire_names[spec.key]: spec for spec in option.inputs}


AnyValue = Source[Any] | JsonValue
"""What an input of type ``*`` takes: any wire, or a value."""

Shape = TypeVar("Shape")


_set = object.__setattr__
UNNAMED = 2
"""The length of the `_origin` of a node that nobody named or placed: only its line of code."""


class Node(BaseModel, frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False):
    """The base of all node classes. Inputs are keywords; outputs are under `.out`.

    Raises `InvalidNode` (with every problem) when written wrongly.
    """

    __slots__ = ("_origin",)

    CLASS_TYPE: ClassVar[str]
    CATALOG: ClassVar[Catalog]
    WIRE_NAMES: ClassVar[Mapping[str, str]] = {}
    """The input names that Python cannot spell, by field name."""
    _FIELDS: ClassVar[set[str]]

    # A slot of each node; called a class variable so that checkers do not take it for an input.
    _origin: ClassVar[tuple[Any, ...]]

    def __init__(self, /, **inputs: Any) -> None:
        """Raises `InvalidNode` with every problem where an input is wrong. Outputs are under `.out`."""
        frame = sys._getframe(1)
        self._fill(inputs, (frame.f_code, frame.f_lasti))

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # Nodes are keys everywhere, and C compares identities ten times faster than a method written here.
        for name in ("__hash__", "__eq__"):
            setattr(cls, name, getattr(object, name))
        cls._FIELDS = set(cls.model_fields)

    def _fill(self, inputs: dict[str, Any], origin: tuple[Any, ...]) -> None:
        try:
            self.__pydantic_validator__.validate_python(inputs, self_instance=self)
        except ValidationError as error:
            raise self._invalid(error, inputs, Origin(*origin)) from None
        _set(self, "_origin", origin)
        # One set for all nodes of a class: Python's collector spends as long on a set a node as on the rest of it.
        _set(self, "__pydantic_fields_set__", self._FIELDS)

    def _invalid(self, error: ValidationError, inputs: dict[str, Any], origin: Origin) -> InvalidNode:
        schema = self.CATALOG[self.CLASS_TYPE]
        fields = {self.WIRE_NAMES.get(field, field): field for field in type(self).model_fields}
        specs = {fields[spec.key]: spec for spec in schema.inputs}
        problems = construction_problems(error, schema, specs, inputs)
        return InvalidNode([problem.at(source=origin.source, node=origin.name) for problem in problems])

    @property
    def class_type(self) -> str:
        """The name ComfyUI knows the class by."""
        return self.CLASS_TYPE

    @property
    def schema_(self) -> NodeSchema:
        """What the catalog says of the class."""
        return self.CATALOG[self.CLASS_TYPE]

    @property
    def origin_(self) -> Origin:
        """Where the node comes from, and what it is called."""
        return Origin(*self._origin)

    @property
    def name_(self) -> str | None:
        """The node's id in the compiled prompt: the name given with `named`, after the parts it stands in."""
        if len(self._origin) == UNNAMED:
            return None
        _, _, name, _, scope, _ = self._origin
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
        """How messages call the node: ``KSampler 'sampler'``."""
        return f"{self.class_type} '{self.name_}'" if self.name_ else self.class_type

    if not TYPE_CHECKING:

        def __class_getitem__(cls, family: Any) -> type[Self]:
            """`UNETLoader[Flux1]` is `UNETLoader`: running checks go by what files say, not by what the code says."""
            if not getattr(cls, "__parameters__", ()):
                raise TypeError(f"{cls.__name__} takes no model family")
            return cls

        @property
        def out(self):  # noqa: ANN201 - generated classes say what is in it
            return ()

    def _outputs(self, shape: Callable[..., Shape]) -> Shape:
        """The outputs in the shape that a generated class declares for them."""
        return shape(*[Output(self, slot, wire_type, name) for slot, wire_type, name in self.schema_.slots])

    def named(self, name: str, *, title: str | None = None) -> Self:
        """The same node with an id of its own, which later edits of the graph never move.

        Raises `InvalidNode` for an empty name.
        """
        if not name or not name.isprintable():
            raise InvalidNode([bad_name(self.class_type, name, self.source_)])
        origin = self.origin_
        return self._copy(dict(self.__dict__), Origin(origin.code, origin.instruction, name, title or origin.title))

    def replace(self, **changes: Any) -> Self:
        """A new node with some inputs changed; name and title stay.

        Raises `InvalidNode` as writing the new node would.
        """
        frame = sys._getframe(1)
        origin = self.origin_._replace(code=frame.f_code, instruction=frame.f_lasti, original=None)
        given = {key: value for key, value in self.__dict__.items() if value is not None}
        return self.made(given | changes, origin)

    @classmethod
    def made(cls, inputs: dict[str, Any], origin: tuple[Any, ...]) -> Self:
        """A node with an origin other than the calling line; checked like any other."""
        node = cls.__new__(cls)
        node._fill(inputs, origin)
        return node

    def _copy(self, inputs: dict[str, Any], origin: tuple[Any, ...]) -> Self:
        """A node with inputs that are known to be valid."""
        node = type(self).__new__(type(self))
        _set(node, "__dict__", inputs)
        _set(node, "__pydantic_fields_set__", self._FIELDS)
        _set(node, "__pydantic_extra__", None)
        _set(node, "__pydantic_private__", None)
        _set(node, "_origin", origin)
        return node

    def output(self, slot: int) -> Output[Any]:
        """The output at a slot; raises `InvalidNode` where there is none."""
        declared = self.schema_.slots
        if 0 <= slot < len(declared):
            return Output(self, *declared[slot])
        if self._is_known():
            raise InvalidNode([no_such_output(self.class_type, slot, len(declared), self.source_)])
        return Output(self, slot, sockets.ANY, str(slot))

    def _is_known(self) -> bool:
        return True

    def carried_type(self) -> WireType | None:
        """What the node's only output carries; None where it has not just one."""
        types = self.schema_.output_types
        return types[0] if len(types) == 1 else None

    def given_inputs(self) -> Iterable[tuple[str, Any]]:
        """Wire names and values, in the order of the schema, without what was left out.

        Dynamic inputs are flattened to their dotted names. Values are Python's: sources, numbers, text,
        lists; `formats.api` writes them as JSON.
        """
        renamed = self.WIRE_NAMES
        named = [(renamed.get(f, f), value) for f, value in self.__dict__.items() if value is not None]
        schema = self.schema_
        return _flatten(named, schema.inputs) if schema.is_dynamic else named

    def input_values(self) -> Iterable[Any]:
        """The values of all inputs, as they were given."""
        return self.__dict__.values()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        # The label of a node that is wired in, not its repr, which would go on through the whole graph.
        named = [(n, v.label if isinstance(v, Node) else shorten(v, 40)) for n, v in self.given_inputs()]
        return f"<{self.label}({', '.join(f'{name}={value}' for name, value in named)})>"

    __str__ = __repr__


class AnyOut(tuple[Output[Any], ...]):
    """`.out` of an `AnyNode`: by slot, or by name where the catalog knows the class."""

    def __getattr__(self, name: str) -> Output[Any]:
        for output in self:
            if output.name == name or output.name.lower() == name:
                return output
        raise AttributeError(f"no output `{name}`; there are: {', '.join(output.name for output in self)}")


class AnyNode(Node, Source[Any], frozen=True):
    """A node of any class, given by the names on the wire; nothing is checked when it is written.

    For classes without a generated Python class, and for graphs read from JSON:
    `AnyNode(of="MyNode", inputs={"image": picture, "strength": 0.5}).out[0]`. `validate` and `compile`
    check it like any other node as soon as a catalog that knows the class is given.
    """

    CLASS_TYPE = "AnyNode"
    CATALOG = Catalog({"AnyNode": {"input": {"required": {"of": ["STRING"]}, "optional": {"inputs": ["INPUTS"]}}}})

    of: str
    inputs: dict[str, Any] = {}
    catalog: Catalog | None = None

    @property
    def class_type(self) -> str:
        return self.of

    @property
    def schema_(self) -> NodeSchema:
        if self.catalog is not None and self._is_known():
            return self.catalog[self.of]
        return NodeSchema(
            class_type=self.of, display_name=self.of, category="", module="", inputs=(), outputs=(), output_node=False
        )

    @property
    def out(self) -> AnyOut:
        """The outputs, by slot or by name."""
        return self._outputs(lambda *outputs: AnyOut(outputs))

    def _is_known(self) -> bool:
        return self.catalog is not None and self.of in self.catalog

    def carried_type(self) -> WireType | None:
        return super().carried_type() if self._is_known() else sockets.ANY

    def given_inputs(self) -> Iterable[tuple[str, Any]]:
        return self.inputs.items()

    def input_values(self) -> Iterable[Any]:
        return self.inputs.values()

    def replace(self, **changes: Any) -> Self:
        frame = sys._getframe(1)
        origin = self.origin_._replace(code=frame.f_code, instruction=frame.f_lasti, original=None)
        fields = {"of": self.of, "inputs": {**self.inputs, **changes}, "catalog": self.catalog}
        return self.made(fields, origin)


def _flatten(
    named: Iterable[tuple[str, Any]], specs: Sequence[InputSpec], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    by_key = {spec.key: spec for spec in specs}
    for key, value in named:
        spec = by_key.get(key)
        if spec is None or spec.kind not in _NESTED:
            yield prefix + key, value
        elif spec.kind is Kind.AUTOGROW:
            items = (
                value.items() if isinstance(value, Mapping) else zip((s.key for s in spec.slots), value, strict=False)
            )
            yield from ((f"{spec.name}.{slot}", item) for slot, item in items)
        elif isinstance(value, Option):
            yield spec.name, value.KEY
            inner = ((value.WIRE_NAMES.get(f, f), v) for f, v in value.__dict__.items() if v is not None)
            chosen = next(option for option in spec.options if option.key == value.KEY)
            yield from _flatten(inner, chosen.inputs, f"{spec.name}.")
        else:
            yield from _defaults_of(spec, value)


def _defaults_of(spec: InputSpec, key: Any) -> Iterator[tuple[str, Any]]:
    """A dynamic choice given by its bare key, with the defaults of the inputs it brings."""
    yield spec.name, key
    for inner in next((option.inputs for option in spec.options if option.key == key), ()):
        if not inner.required:
            continue
        if inner.kind is Kind.DYNAMIC_COMBO and inner.options:
            yield from _defaults_of(inner, inner.options[0].key)
        elif inner.initial is not None:
            yield inner.name, inner.initial


def no_such_output(class_type: str, slot: int, count: int, source: str | None) -> Problem:
    """The problem of an output slot that a class does not have."""
    return Problem(
        code="link_to_missing_output",
        message=f"{class_type} has no output {slot}",
        subject=AtNode(class_type=class_type),
        given=slot,
        expected=f"0 to {count - 1}" if count else "nothing: the node has no outputs",
        source=source,
    )


def bad_name(class_type: str, name: str, source: str | None) -> Problem:
    """The problem of a name that cannot be a node's id."""
    return Problem(
        code="bad_name",
        message=f"{name!r} cannot be the name of a node",
        subject=AtNode(class_type=class_type or None),
        given=name,
        expected="printable text that is not empty",
        source=source,
    )


_NESTED = frozenset({Kind.AUTOGROW, Kind.DYNAMIC_COMBO})
