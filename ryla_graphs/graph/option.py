"""`Option`, a choice of a dynamic combo with the inputs it adds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from inspect import isclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ValidationError

from ryla_graphs.catalog.schema import InputSpec, NodeSchema
from ryla_graphs.catalog.schema import Option as OptionSpec
from ryla_graphs.graph.construction import construction_problems, no_positions
from ryla_graphs.graph.origin import caller
from ryla_graphs.graph.values import hide_pydantic, no_attribute, refuse_assignment
from ryla_graphs.problems import InvalidNode


class Option(
    BaseModel,
    frozen=True,
    extra="forbid",
    strict=True,
    arbitrary_types_allowed=True,
    allow_inf_nan=False,
    defer_build=True,
):
    """One choice of a dynamic combo with the inputs it brings: `ResizeImageMaskNode.ResizeType.ScaleWidth`.

    A value, equal to another if its inputs are. Raises `InvalidNode` (with every problem) when written wrongly.
    """

    KEY: ClassVar[Any]
    WIRE_NAMES: ClassVar[Mapping[str, str]] = {}

    def __init__(self, /, *positions: Any, **inputs: Any) -> None:
        if positions:
            name = type(self).__qualname__
            raise InvalidNode([no_positions(name, type(self).model_fields, positions, caller().source)])
        try:
            super().__init__(**inputs)
        except ValidationError as error:
            schema, specs = _option_facts(type(self))
            problems = construction_problems(error, schema, specs, inputs)
            source = caller().source
            raise InvalidNode([problem.at(source=source) for problem in problems]) from None

    @classmethod
    def _as_written(cls, inputs: dict[str, Any]) -> Self | None:
        """An option with inputs as in the JSON, none converted and none filled in; None if they are not valid."""
        try:
            cls.__pydantic_validator__.validate_python(inputs)
        except (ValidationError, InvalidNode):
            return None
        return cls._copy({field: inputs.get(field) for field in cls.model_fields})

    @classmethod
    def _copy(cls, inputs: dict[str, Any]) -> Self:
        """An option with inputs that are known to be valid."""
        return super().model_construct(set(inputs), **inputs)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: Any = None) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (type(self), dict(self.__dict__))

    if not TYPE_CHECKING:  # checkers know that it is frozen
        __setattr__ = __delattr__ = refuse_assignment("an option", "write another one")

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(no_attribute(type(self).__qualname__, name, type(self).model_fields))


Option.model_config["defer_build"] = False  # for the classes below it: see `Node`
hide_pydantic(Option)


def _unpickled(cls: type[Option], inputs: dict[str, Any]) -> Option:
    return cls._copy(inputs)


def option_class(owner: type[Any], option: OptionSpec) -> type[Option] | None:
    """The generated class of an option, nested in its node's class; None if the option's key alone is enough."""
    keys = {spec.key for spec in option.inputs}
    spaces = [space for space in vars(owner).values() if isclass(space) and not issubclass(space, tuple)]
    inner: list[Any] = [value for space in spaces for value in vars(space).values() if isclass(value)]
    candidates: list[type[Option]] = [value for value in inner if issubclass(value, Option) and option.key == value.KEY]
    of_these = (cls for cls in candidates if {cls.WIRE_NAMES.get(field, field) for field in cls.model_fields} == keys)
    return next(of_these, None)


def _option_facts(cls: type[Option]) -> tuple[NodeSchema, dict[str, InputSpec]]:
    """The schema of the node around an option, and the inputs that the option adds, by field name."""
    owner = getattr(sys.modules[cls.__module__], cls.__qualname__.split(".")[0])
    schema: NodeSchema = owner.CATALOG[owner.CLASS_TYPE]
    wire_names = {cls.WIRE_NAMES.get(field, field): field for field in cls.model_fields}
    options = [option for spec in schema.every_input() for option in spec.options if option.key == cls.KEY]
    option = next(o for o in options if {spec.key for spec in o.inputs} == wire_names.keys())
    return schema, {wire_names[spec.key]: spec for spec in option.inputs}
