"""Nodes that the simulator knows only by their schema: every output has the type it declares."""

from __future__ import annotations

from typing import Any

from ryla_graphs import sockets
from ryla_graphs.engines.simulator.call import Call
from ryla_graphs.engines.simulator.pictures import unknown_picture
from ryla_graphs.engines.simulator.values import Audio, Latents, Masks, Opaque, Pictures, Regions, Video

_HELD_BY: dict[str, type] = {
    "IMAGE": Pictures,
    "MASK": Masks,
    "LATENT": Latents,
    "SEGS": Regions,
    "VIDEO": Video,
    "AUDIO": Audio,
    "INT": int,
    "FLOAT": float,
    "STRING": str,
    "BOOLEAN": bool,
}


def simulate_by_schema(call: Call) -> tuple[Any, ...]:
    """For each output the first input of its type, else something new of that type."""
    return tuple(_output(call, slot, output.type) for slot, output in enumerate(call.schema.outputs))


def _output(call: Call, slot: int, declared: sockets.WireType) -> Any:
    if isinstance(declared, tuple):
        return declared[0] if declared else ""
    if declared in (sockets.ANY, sockets.MATCH):
        wired = [value for value in call.inputs.values() if not isinstance(value, (int, float, str, bool))]
        return next(iter(wired), next(iter(call.inputs.values()), None))
    kind = next(iter(sockets.members(declared)))
    held_by = _HELD_BY.get(kind)
    if held_by is None:
        return Opaque(kind, f"{call.key}#{slot}")
    for value in call.inputs.values():
        if type(value) is held_by:
            return value
    return _new(call, kind)


def _new(call: Call, kind: str) -> Any:
    pictures = unknown_picture(call, call.schema.class_type)
    made = {
        "IMAGE": pictures,
        "MASK": Masks(tuple(image.convert("L") for image in pictures.images)),
        "LATENT": Latents(512, 512, 1, call.key),
        "SEGS": Regions(pictures.size, 1, call.key),
        "VIDEO": Video(pictures.images, 24.0),
        "AUDIO": Audio(1.0),
        "INT": 0,
        "FLOAT": 0.0,
        "STRING": "",
        "BOOLEAN": False,
    }
    return made[kind]
