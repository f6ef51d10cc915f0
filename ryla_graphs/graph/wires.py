"""`Source`, anything that can be linked into an input, and what walks and messages need of nodes and outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from pydantic_core import PydanticCustomError, core_schema

from ryla_graphs import sockets
from ryla_graphs.sockets import WireType

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

T_co = TypeVar("T_co", covariant=True)


class Source(Generic[T_co]):
    """What an input of type `T_co` accepts as a link: an `Output`, or a node with a single output.

    >>> from ryla_graphs.nodes import EmptyImage, ImageInvert
    >>> inverted = ImageInvert(image=EmptyImage(width=64, height=64))
    >>> isinstance(inverted.image, Source)
    True
    """

    __slots__ = ()

    def carried_type(self) -> WireType | None:
        """The type of the output; None if there is none, or more than one."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        expected = _wire_type_of(*get_args(source))

        def check(value: Any) -> Any:
            if not isinstance(value, Source):
                raise PydanticCustomError("not_a_wire", "is not a link")
            received = value.carried_type()
            if received is None:
                raise PydanticCustomError("not_one_output", "has no single output")
            if received == expected or sockets.accepts(expected, received):
                return value
            raise PydanticCustomError("return_type_mismatch", "carries another type")

        return core_schema.no_info_plain_validator_function(check)


class AbstractNode:
    """The part of a node that walks over a graph need; `ryla_graphs.graph.node.Node` is the only subclass."""

    __slots__ = ()

    def input_values(self) -> Iterable[Any]:
        """The values of all inputs, as they were given."""
        raise NotImplementedError


class AbstractOutput:
    """The part of an output that walks need: its `node`, and its `slot` there."""

    __slots__ = ()


class BrokenLink:
    """A link of a graph that was read which leads nowhere or closes a cycle. `validate` reports what is wrong."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
        """The link as in the JSON."""

    def __repr__(self) -> str:
        return f"BrokenLink({self.value!r})"


def _wire_type_of(socket: Any = Any) -> WireType:
    """The type string of a phantom class, a union of them, or `Any`."""
    members = (socket,) if hasattr(socket, "wire_type") else get_args(socket) or (socket,)
    names = [getattr(member, "wire_type", sockets.ANY) for member in members]
    return sockets.ANY if sockets.ANY in names else ",".join(names)
