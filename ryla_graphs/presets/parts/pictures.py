"""Pictures as parameters: the name of an input file, or a picture of another graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ryla_graphs import sockets
from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import LoadImage
from ryla_graphs.sockets import Image
from ryla_graphs.workflow import Workflow


class _NameOrWire:
    """Takes a name, which is all that JSON can hold, or from Python a wire that carries a picture."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _name_or_wire,
            core_schema.str_schema(min_length=1),
            serialization=core_schema.plain_serializer_function_ser_schema(_told),
        )


def _name_or_wire(given: Any, name: Callable[[Any], str]) -> str | Source[Image]:
    if isinstance(given, Workflow):
        raise PydanticCustomError("not_a_wire", "is a whole workflow, give its `picture`")
    if not isinstance(given, Source):
        return name(given)
    carried = given.carried_type()
    if carried is None or not sockets.accepts(Image.wire_type, carried):
        what = "no single output" if carried is None else sockets.describe(carried)
        raise PydanticCustomError(
            "return_type_mismatch", "has to be a picture, this wire carries {what}", {"what": what}
        )
    return given


def _told(given: str | Source[Image]) -> str:
    return given if isinstance(given, str) else repr(given)


Picture = Annotated[str | Source[Image], _NameOrWire()]
"""A file in the server's input folder by its name, or a picture of another graph, such as `workflow.picture`."""


def load_picture(given: str | Source[Image], name: str) -> Source[Image]:
    """The picture of a parameter: loaded by a node called `name`, unless another graph makes it."""
    return LoadImage(image=given).named(name).out.image if isinstance(given, str) else given
