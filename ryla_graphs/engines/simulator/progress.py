"""The number of steps that a node reports while it works."""

from __future__ import annotations

from collections.abc import Callable

from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.values import Sigmas

Steps = Callable[[Call], int]


def _of_sampler(call: Call) -> int:
    # A lower denoise does not change the number of steps, only the part of the noise.
    return int(call.inputs["steps"]) if call.inputs.get("denoise", 1.0) > 0 else 0


def _of_part(call: Call) -> int:
    last = min(call.inputs["steps"], call.inputs["end_at_step"])
    return max(1, int(last - call.inputs["start_at_step"]))


def _of_sigmas(call: Call) -> int:
    sigmas = call.inputs["sigmas"]
    return max(0, len(sigmas.values) - 1) if isinstance(sigmas, Sigmas) else 1


STEPS: dict[str, Steps] = {
    "KSampler": _of_sampler,
    "KSamplerAdvanced": _of_part,
    "SamplerCustom": _of_sigmas,
    "SamplerCustomAdvanced": _of_sigmas,
}
