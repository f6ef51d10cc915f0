"""How long a run takes on a GPU, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable

from ryla_graphs.plan.gpus import GPU
from ryla_graphs.plan.stages import Stage
from ryla_graphs.plan.vram import bytes_each

CONVOLUTIONS = 0.58
"""The share of a transformer's speed that convolutions reach: an SDXL step of 6.0 TFLOP takes 0.074 s on the L40S,
where a Flux.1 step of 74.4 takes 0.535 (huggingface.co/datasets/diffusers/benchmarks)."""
FAST_FP8 = 1.5
"""The speed-up of a model whose weights are multiplied in fp8, on a card that supports it."""
TRANSFER = 10e9
"""Bytes a second from the processor's memory to the GPU's."""
LOADING = 1e9
"""Bytes a second from a volume to the GPU on a cold start: RYLA's Flux takes 55 to 58 s, of which 10 to sample and
12 to start the server. Modal promises up to 2.5e9."""
STARTING = 12.5
"""Seconds that a ComfyUI server takes to start (Modal: 10 to 15)."""
HOST = 0.1
"""Seconds per run for work on the processor."""
WRITING = 0.2e-6
"""Seconds per pixel to write a picture as PNG."""


def compute_seconds(stage: Stage, gpu: GPU) -> float:
    """Seconds that a stage computes; 0 if its work is unknown."""
    if stage.operations is None:
        return 0.0
    speed = gpu.fp32_tflops if bytes_each(stage, gpu) == 4 else gpu.tflops
    if stage.convolutional:
        speed *= CONVOLUTIONS
    fast = any(piece.fast for piece in stage.pieces) and gpu.fp8
    return stage.operations / (speed * 1e12 * (FAST_FP8 if fast else 1.0))


def run_seconds(stages: Iterable[Stage], gpu: GPU, *, moved: int, written: int) -> float:
    """Seconds of a whole run on a warm server.

    `moved` is the bytes that go to the GPU, `written` the pixels that are saved.
    """
    found = list(stages)
    each = {number: compute_seconds(stage, gpu) for number, stage in {stage.alike: stage for stage in found}.items()}
    computed = sum(each[stage.alike] for stage in found)
    return computed + moved / TRANSFER + written * WRITING + HOST


def cold_seconds(weights: int) -> float:
    """Seconds a server that is not running needs before a run, for this many bytes of weights."""
    return STARTING + weights / LOADING
