"""The best guess for a class without a rule: what its inputs and their names suggest.

Every guess comes with the reason why it is one. The simulator marks what rests on it; limits do not guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ryla_graphs import sockets
from ryla_graphs.shapes.likely import carried, latent_likely, pictures_likely
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.unknown import Unknown, rounded
from ryla_graphs.shapes.values import (
    AudioShape,
    Conditioning,
    ImageShape,
    LatentShape,
    MaskShape,
    Opaque,
    Several,
    Sigmas,
    VideoShape,
)

_HELD_BY: Mapping[str, type] = {
    "IMAGE": ImageShape,
    "MASK": MaskShape,
    "LATENT": LatentShape,
    "VIDEO": VideoShape,
    "AUDIO": AudioShape,
    "SIGMAS": Sigmas,
    "CONDITIONING": Conditioning,
    "STRING": str,
    "BOOLEAN": bool,
}
_PLAIN: Mapping[str, Any] = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False, "COMBO": ""}
_FITTING: Mapping[str, Any] = {"downscale_ratio_spacial": 8}
"""Makes samplers treat it as a latent that they may fit to their model."""
_SIDE = 512
_RATE = 24
_FRAMES = ("length", "frames", "num_frames", "video_frames", "batch_size", "amount")
_FACTORS = ("scale_by", "upscale_by", "scale_factor", "rescale_factor", "scale", "upscale_factor")
_SIZED = (ImageShape, MaskShape, VideoShape)


def guessed_outputs(call: Call) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Outputs of the types that the class declares, and why they are guesses; no reasons if nothing is guessed."""
    outputs = tuple(_guess(call, socket) for socket in _sockets(call))
    lists = [output.is_list for output in call.schema.outputs]
    counted = any(not isinstance(value, (Opaque, Conditioning)) for value in outputs)
    why = f"no rule says what {call.class_type} '{call.node}' gives"
    return tuple([v] if many else v for v, many in zip(outputs, lists, strict=True)), (why,) if counted else ()


def known_outputs(call: Call) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """As `guessed_outputs`, but pictures, videos and sounds have a known size: inputs of unknown size are ignored."""
    known = {name: value for name, value in call.inputs.items() if _unknown_in(value) is None}
    return guessed_outputs(replace(call, inputs=known))


_NUMBERS: Mapping[type, tuple[str, ...]] = {
    ImageShape: ("batch", "height", "width", "channels"),
    MaskShape: ("batch", "height", "width"),
    VideoShape: ("frames", "height", "width", "fps", "audio"),
    AudioShape: ("batch", "channels", "samples", "rate"),
}


def unknown_size(value: Any) -> str | None:
    """Why the size of a picture, video or sound, or of one in a list, is unknown; None if it is known."""
    if isinstance(value, list):
        return next(filter(None, map(unknown_size, value)), None)
    parts = [getattr(value, name) for name in _NUMBERS.get(type(value), ())]
    return next((part.reason for part in parts if isinstance(part, Unknown)), None) or next(
        filter(None, map(unknown_size, parts)), None
    )


def _unknown_in(value: Any) -> str | None:
    """As `unknown_size`, and also for what a latent decodes to, which the simulator may leave unknown."""
    if isinstance(value, LatentShape):
        numbers = (value.batch, value.height, value.width)
        return next((number.reason for number in numbers if isinstance(number, Unknown)), None)
    return unknown_size(value.item if isinstance(value, Several) else value)


def without_unknown(call: Call) -> tuple[Call, tuple[str, ...]]:
    """A call whose unknown inputs are replaced by guesses from what its class declares, with the reasons."""
    reasons = {name: value.reason for name, value in call.inputs.items() if isinstance(value, Unknown)}
    if not reasons:
        return call, ()
    specs, empty = call.schema.flat_inputs(call.inputs), replace(call, inputs={})
    guesses: dict[str, Any] = {}
    for name in reasons:
        declared = specs[name].type if name in specs else sockets.ANY
        guess = _guess(empty, declared if isinstance(declared, str) else "COMBO")
        guesses[name] = [guess] if call.schema.input_is_list else guess
    return replace(call, inputs={**call.inputs, **guesses}), tuple(dict.fromkeys(reasons.values()))


def _sockets(call: Call) -> Iterator[str]:
    for output in call.schema.outputs:
        yield "COMBO" if isinstance(output.type, tuple) else output.type


def _guess(call: Call, declared: str) -> Any:
    if declared in (sockets.ANY, sockets.MATCH):
        wired = [value for value in _values(call) if not isinstance(value, (int, float, str, bool))]
        return next(iter(wired), next(iter(_values(call)), None))
    socket = min((part.strip() for part in declared.split(",")), key=lambda name: name not in _HELD_BY)
    kind = _HELD_BY.get(socket)
    given = next((value for value in _values(call) if kind is not None and type(value) is kind), None)
    width, height = _size(call)
    count = _first_number(call, _FRAMES) or 1
    match socket:
        case "IMAGE":
            decoded = pictures_likely(_values(call))
            if decoded is not None and unknown_size(decoded) is None:
                return decoded
            batch = given.batch if isinstance(given, ImageShape) else count
            return given if _is_size_of(given, width, height) else ImageShape(batch, height, width)
        case "MASK":
            return given if _is_size_of(given, width, height) else MaskShape(1, height, width)
        case "LATENT":
            likely = latent_likely(_values(call))
            return likely or given or LatentShape((count, 4, height // 8, width // 8), keys=_FITTING, empty=True)
        case "VIDEO":
            frames = max((v.batch for v in _values(call) if isinstance(v, ImageShape)), default=_RATE)
            return given or VideoShape(frames, height, width, Fraction(_RATE))
        case "AUDIO":
            return given or AudioShape(1, 2, 44_100)
        case "SIGMAS":
            steps = _first_number(call, ("steps",)) or 1
            return given or Sigmas(tuple(1 - step / steps for step in range(min(steps, 10_000) + 1)))
        case "CONDITIONING":
            return given or Conditioning((((1, 1, 1), {}),))
        case _:
            if given is not None or socket in _PLAIN:
                return given if given is not None else _PLAIN[socket]
            return carried(call, _values(call), socket) or Opaque(socket)


def _values(call: Call) -> Iterator[Any]:
    """The values of all inputs; of a list, the first."""
    for value in call.inputs.values():
        if call.schema.input_is_list and isinstance(value, list):
            yield from value[:1]
        else:
            yield value.item if isinstance(value, Several) else value


def _is_size_of(value: Any, width: Any, height: Any) -> bool:
    return value is not None and (value.width, value.height) == (width, height)


def _size(call: Call) -> tuple[Any, Any]:
    """Width and height: as the inputs say, else those of an input picture, perhaps scaled."""
    behind = next((value for value in _values(call) if isinstance(value, _SIZED)), None)
    width, height = _first_number(call, ("width",)), _first_number(call, ("height",))
    if behind is None:
        latent = next((value for value in _values(call) if isinstance(value, LatentShape)), None)
        wide, high = (latent.width, latent.height) if latent is not None else (_SIDE, _SIDE)
        return width or wide, height or high
    factor = _first_number(call, _FACTORS) or 1
    if width and height:
        return width, height
    if width or height:
        factor = width / behind.width if width else (height or 1) / behind.height
    return max(1, rounded(behind.width * factor)), max(1, rounded(behind.height * factor))


def _first_number(call: Call, names: tuple[str, ...]) -> Any:
    for name in names:
        value = call.inputs.get(name)
        if isinstance(value, list) and call.schema.input_is_list:
            value = value[0] if value else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            return value if name in _FACTORS else int(value)
    return None
