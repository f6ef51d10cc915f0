"""Socket types: what a link carries, and which links fit which inputs.

A socket type has three forms: ComfyUI's type string (``"CONTROL_NET"``), a phantom class that type checkers compare
(`ControlNet`), and `WireType`, which the checks at run time use: the string, or a tuple of choices for old custom
nodes whose outputs are typed by a list of options.

For type checkers, sockets carry the model family as a type parameter: `Model[Flux1]` does not fit `Model[SDXL]`. A
`Model` without one has an unknown family, which fits all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, ClassVar, Generic

from typing_extensions import TypeVar

WireType = str | tuple[object, ...]

ANY = "*"
COMBO = "COMBO"
MATCH = "COMFY_MATCHTYPE_V3"
AUTOGROW = "COMFY_AUTOGROW_V3"
DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"


WIDGETS = frozenset(
    {
        *("AUDIO_RECORD", "BOUNDING_BOXES", "COLORS", "COMPOSITOR", "IMAGECOMPARE", "LOAD_3D", "WEBCAM"),
        *("ACNAUTOSIZE", "ADEAUTOSIZE", "ADEWARN", "MTB_COLOR", "{}"),
        *("EASY_COMBO", "EASY_PROMPT_AWAIT_BAR", "EASY_PROMPT_STYLES", "EASY_TABLE_EDITOR"),
        *("AUTOCOMPLETE_TEXT_LORAS", "AUTOCOMPLETE_TEXT_PROMPT", "CYCLER_CONFIG", "LORAS", "LORA_POOL_CONFIG"),
        "RANDOMIZER_CONFIG",
    }
)
"""Types that no class outputs: a widget of ComfyUI's page or of a pack fills such an input, with any value."""


class Socket:
    """The base class of socket types. They are never instantiated; only type checkers use them."""

    wire_type: ClassVar[str]

    def __init_subclass__(cls, wire_type: str | None = None) -> None:
        super().__init_subclass__()
        if wire_type is not None:
            cls.wire_type = wire_type


class ModelFamily:
    """The base class of model families for type checkers; `ryla_graphs.families` has a row for each."""

    id: ClassVar[str]

    def __init_subclass__(cls, id: str) -> None:  # noqa: A002 - the field's own word
        cls.id = id


class SD15(ModelFamily, id="sd15"): ...


class SD2(ModelFamily, id="sd2"): ...


class SDXL(ModelFamily, id="sdxl"): ...


class SD3(ModelFamily, id="sd3"): ...


class Flux1(ModelFamily, id="flux1"): ...


class Flux2(ModelFamily, id="flux2"): ...


class Chroma(ModelFamily, id="chroma"): ...


class Lumina2(ModelFamily, id="lumina2"): ...


class ZImage(ModelFamily, id="z-image"): ...


class HiDream(ModelFamily, id="hidream"): ...


class QwenImage(ModelFamily, id="qwen-image"): ...


class Wan(ModelFamily, id="wan"): ...


class Wan5B(ModelFamily, id="wan22-5b"): ...


class HunyuanVideo(ModelFamily, id="hunyuan-video"): ...


class LTXV(ModelFamily, id="ltxv"): ...


Family = TypeVar("Family", bound=ModelFamily, default=Any)
"""The family that the links of a node share; unknown if nothing determines it."""

OutFamily = TypeVar("OutFamily", bound=ModelFamily, default=Any)
"""The same for a node's `.out`: a nested class needs a type variable of its own."""


class Int(Socket, wire_type="INT"): ...


class Float(Socket, wire_type="FLOAT"): ...


class String(Socket, wire_type="STRING"): ...


class Boolean(Socket, wire_type="BOOLEAN"): ...


class Combo(Socket, wire_type=COMBO): ...


class Model(Socket, Generic[Family], wire_type="MODEL"): ...


class Clip(Socket, Generic[Family], wire_type="CLIP"): ...


class Vae(Socket, Generic[Family], wire_type="VAE"): ...


class Conditioning(Socket, Generic[Family], wire_type="CONDITIONING"): ...


class Latent(Socket, Generic[Family], wire_type="LATENT"): ...


class Image(Socket, wire_type="IMAGE"): ...


class Mask(Socket, wire_type="MASK"): ...


class Video(Socket, wire_type="VIDEO"): ...


class Audio(Socket, wire_type="AUDIO"): ...


class ControlNet(Socket, Generic[Family], wire_type="CONTROL_NET"): ...


class ClipVision(Socket, wire_type="CLIP_VISION"): ...


class ClipVisionOutput(Socket, wire_type="CLIP_VISION_OUTPUT"): ...


class StyleModel(Socket, wire_type="STYLE_MODEL"): ...


class UpscaleModel(Socket, wire_type="UPSCALE_MODEL"): ...


class Noise(Socket, wire_type="NOISE"): ...


class Guider(Socket, Generic[Family], wire_type="GUIDER"): ...


class Sampler(Socket, wire_type="SAMPLER"): ...


class Sigmas(Socket, wire_type="SIGMAS"): ...


BUILTIN: dict[str, type[Socket]] = {socket.wire_type: socket for socket in Socket.__subclasses__()}
"""The phantom classes of this module by ComfyUI's type string; generated modules add their own."""

WITH_FAMILY = frozenset(wire_type for wire_type, socket in BUILTIN.items() if issubclass(socket, Generic))
"""The type strings of sockets that belong to one model family."""


def class_name(wire_type: str) -> str:
    """The class name for a type string: ``"BBOX_DETECTOR"`` is `BboxDetector`."""
    known = BUILTIN.get(wire_type)
    if known is not None:
        return known.__name__
    words = [word for word in re.split(r"[^0-9A-Za-z]+", wire_type) if word]
    name = "".join(w[0].upper() + (w[1:].lower() if w.isupper() else w[1:]) for w in words) or "Unnamed"
    return name if name[0].isalpha() else f"Type{name}"


@lru_cache(maxsize=4096)
def members(wire_type: str) -> frozenset[str]:
    """The types in a type string: ``"INT,FLOAT"`` has two."""
    return frozenset(part.strip() for part in wire_type.split(","))


@lru_cache(maxsize=65536)
def accepts(expected: WireType, received: WireType) -> bool:
    """Whether an input of type `expected` accepts a link of type `received`, as ComfyUI's server decides it.

    Unions fit if they share a member, ``*`` and V3 match types fit everything, and an output typed by a
    list of options fits a V3 combo or an identical list.
    """
    if expected == received or ANY in (expected, received) or MATCH in (expected, received):
        return True
    if isinstance(received, tuple):
        return expected == COMBO
    if isinstance(expected, tuple):
        return False
    ours, theirs = members(expected), members(received)
    return ANY in ours or ANY in theirs or not ours.isdisjoint(theirs)


def is_widget(wire_type: str) -> bool:
    """Whether inputs of this type take values: a widget's type, or a variant of a plain one, such as ``INT:seed``."""
    return wire_type in WIDGETS or wire_type.partition(":")[0] in _PLAIN


_PLAIN = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN"})


def describe(wire_type: WireType) -> str:
    """The name of the type in messages."""
    if isinstance(wire_type, tuple):
        return "a choice"
    return {ANY: "anything", MATCH: "anything that matches", COMBO: "a choice"}.get(wire_type, wire_type)
