"""Pictures and masks as parameters: the name of an input file, or an output of another graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ryla_graphs import sockets
from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import ImageScaleToTotalPixels, ImageToMask, LoadImage, LoadImageMask
from ryla_graphs.presets import forms
from ryla_graphs.presets.parameters import Parameters
from ryla_graphs.sockets import Image, Mask, Socket
from ryla_graphs.workflow import Workflow


class _NameOrWire:
    """Takes a name, which is all that JSON can hold, or from Python a link that carries one of some sockets."""

    def __init__(self, what: str, *carried: type[Socket]) -> None:
        self.what = what
        self.carried = carried

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            self._name_or_wire,
            core_schema.str_schema(min_length=1),
            serialization=core_schema.plain_serializer_function_ser_schema(_as_text),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), **forms.FILE}

    def _name_or_wire(self, given: Any, name: Callable[[Any], str]) -> str | Source[Any]:
        if isinstance(given, Workflow):
            raise PydanticCustomError("not_a_wire", "is a whole workflow, give its `picture`")
        if not isinstance(given, Source):
            return name(given)
        carried = given.carried_type()
        if carried is None or not any(sockets.accepts(socket.wire_type, carried) for socket in self.carried):
            what = "no single output" if carried is None else sockets.describe(carried)
            raise PydanticCustomError(
                "return_type_mismatch",
                "has to be {wanted}, this link carries {what}",
                {"wanted": self.what, "what": what},
            )
        return given


def _as_text(given: str | Source[Any]) -> str:
    return given if isinstance(given, str) else repr(given)


GIVEN = "over HTTP a file, URL or id, else a name in input/"
"""How a picture is given, for the descriptions of parameters."""
Picture = Annotated[str | Source[Image], _NameOrWire("a picture", Image)]
"""A file in the server's input folder by its name, or a picture of another graph, such as `workflow.picture`."""
MaskPicture = Annotated[str | Source[Image] | Source[Mask], _NameOrWire("a picture or a mask", Image, Mask)]
"""A picture that is white where something is to be drawn, or a mask of another graph."""


class Pictures(Parameters):
    """One picture to work from, or several."""

    image: Picture = Field(description=f"The first picture: {GIVEN}; the result has its shape")
    image_2: Picture | None = Field(default=None, description="A second picture that the prompt can refer to")
    image_3: Picture | None = Field(default=None, description="A third picture that the prompt can refer to")

    def load_pictures(self) -> dict[str, Source[Image]]:
        """All that are given, in order, by the names of the nodes that load them."""
        return load_pictures(self.image, self.image_2, self.image_3)


def load_picture(given: str | Source[Image], name: str) -> Source[Image]:
    """The picture of a parameter: a node called `name` loads it, unless it comes from another graph.

    >>> from ryla_graphs import load_picture
    >>> load_picture("me.png", "face")
    <LoadImage 'face'.out.image: IMAGE>
    """
    return LoadImage(image=given).named(name).out.image if isinstance(given, str) else given


def load_pictures(*given: str | Source[Image] | None) -> dict[str, Source[Image]]:
    """Up to three pictures, those that are there, loaded by nodes called `first`, `second` and `third`."""
    names = ("first", "second", "third")
    return {
        name: load_picture(picture, name) for name, picture in zip(names, given, strict=True) if picture is not None
    }


def load_with_alpha(given: str | Source[Image], name: str) -> tuple[Source[Image], Source[Mask] | None]:
    """The picture of a parameter, and a mask of where it is transparent; none where another graph makes it."""
    if not isinstance(given, str):
        return given, None
    return LoadImage(image=given).named(name).out


def load_mask(given: str | Source[Image] | Source[Mask]) -> Source[Mask]:
    """The mask of a parameter: the red channel of the picture, unless it is a mask of another graph.

    >>> from ryla_graphs import load_mask
    >>> load_mask("hat.png")
    <LoadImageMask 'mask'(image='hat.png', channel='red')>
    """
    if isinstance(given, str):
        return LoadImageMask(image=given, channel="red").named("mask")
    carried = given.carried_type()
    if carried is not None and sockets.accepts(Mask.wire_type, carried):
        mask: Source[Any] = given
        return mask
    picture: Source[Any] = given
    return ImageToMask(image=picture, channel="red").named("mask")


def scaled(picture: Source[Image], megapixels: float, name: str = "scaled") -> ImageScaleToTotalPixels:
    """A picture of that many pixels and the same shape, whose sides are multiples of 16 as latents want them."""
    return ImageScaleToTotalPixels(
        image=picture, upscale_method="lanczos", megapixels=megapixels, resolution_steps=16
    ).named(name)
