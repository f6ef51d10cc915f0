"""Values as text: the numbers of tensors, as far as they are known."""

from __future__ import annotations

from typing import Any

from ryla_graphs.engines.simulator.computed.registry import computed
from ryla_graphs.engines.simulator.pictures.registry import source
from ryla_graphs.engines.simulator.tensors import tensor_text
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.rules.saving import preview_any
from ryla_graphs.shapes.values import ImageShape, LatentShape, MaskShape, Sigmas

_MAX_SIDE = 4_096


@computed("PreviewAny")
def preview(call: Call, source: Any = None) -> Any:
    match source:
        case Sigmas():
            return tensor_text((len(source.values),), lambda place: float(source.values[place[0]]))
        case ImageShape() | MaskShape() if _is_small(source):
            return _pixels(source, call)
        case LatentShape() if source.empty and not source.more and source.noise_mask is None:
            zeros = tensor_text([int(length) for length in source.samples], lambda _: 0.0)
            further = "".join(f", {name!r}: {value!r}" for name, value in source.keys.items())
            return f"{{'samples': {zeros}{further}}}"
        case _:
            return preview_any(source)


def _is_small(pictures: ImageShape | MaskShape) -> bool:
    return max(int(pictures.width), int(pictures.height)) <= _MAX_SIDE and source(pictures, 0) is not None


def _pixels(pictures: ImageShape | MaskShape, call: Call) -> str:
    bands: dict[int, list[bytes]] = {}

    def value(place: tuple[int, ...]) -> float:
        index, y, x, *channel = place
        if index not in bands:
            found = source(pictures, index)
            assert found is not None, "it has pixels"
            bands[index] = [band.tobytes() for band in call.world.renderer.frame(*found).split()]
        of_frame = bands[index]
        return of_frame[min(channel[0] if channel else 0, len(of_frame) - 1)][y * int(pictures.width) + x] / 255

    return tensor_text([int(length) for length in pictures.shape], value)
