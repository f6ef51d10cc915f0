"""How far plans are off from published figures: `python -m benchmarks.estimates`. Prints the tables of docs/plan.md.

Nothing is measured here: published figures are set against a plan of the same graph. A row that an estimate
was fitted to says so, since its error proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ryla_graphs import presets
from ryla_graphs.plan import GPUS, Plan
from ryla_graphs.plan.architectures import architecture
from ryla_graphs.plan.canvas import Canvas, canvases
from ryla_graphs.plan.gpus import GPU
from ryla_graphs.plan.loaded_weights import Weights
from ryla_graphs.plan.seconds import run_seconds
from ryla_graphs.plan.stages import stages
from ryla_graphs.validation import View

RTX_4090 = GPU(
    name="RTX 4090",
    memory_gib=24.0,
    capability=(8, 9),
    tflops=137,
    fp32_tflops=60,
    evidence="published",
    basis="Flux.1 Dev takes 20 steps at 1.85 a second (Comfy-Org/ComfyUI#9002)",
    usd_per_second=0.0,
)
"""Not a card for rent, but one with many published figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure, and the graph it was measured on."""

    what: str
    preset: str
    parameters: Mapping[str, Any]
    low: float
    high: float
    source: str
    fitted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMemory(Published):
    """A peak in GB."""

    of: str = "peak"
    """`peak`: with what a stage does not need unloaded; `resident`: with all loaded; `model`: a step of it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSeconds(Published):
    """The seconds of a picture or a video, warm."""

    card: GPU


_FP8 = {"weightDtype": "fp8_e4m3fn", "clipName2": "t5xxl_fp8_e4m3fn.safetensors"}
_FACE = {"referenceImage": "me.png"}
_RYLA = "RYLA on Modal"

MEMORY = (
    PublishedMemory(
        what="Flux.1 Dev in bf16, text encoder unloaded",
        preset="flux-dev", parameters={}, low=22, high=24, source="lldacing's README",
    ),
    PublishedMemory(
        what="Flux.1's transformer in bf16, alone",
        preset="flux-dev", parameters={}, low=24.3, high=24.3, source="diffusers/benchmarks", of="model",
    ),
    PublishedMemory(
        what="Flux.1 Dev in fp8", preset="flux-dev", parameters=_FP8, low=14, high=17, source="users' reports",
    ),
    PublishedMemory(
        what="PuLID-Flux in bf16, nothing unloaded",
        preset="flux-pulid", parameters=_FACE, low=45, high=45, source="PuLID's authors", of="resident",
    ),
    PublishedMemory(
        what="PuLID-Flux in bf16, offloading",
        preset="flux-pulid", parameters=_FACE, low=30, high=30, source="PuLID's authors",
    ),
    PublishedMemory(
        what="PuLID-Flux in fp8", preset="flux-pulid", parameters=_FACE | _FP8, low=15, high=17,
        source="PuLID's authors",
    ),
    PublishedMemory(
        what="SDXL's U-Net in bf16, alone",
        preset="sdxl-instantid", parameters=_FACE, low=5.42, high=5.42, source="diffusers/benchmarks", of="model",
    ),
    PublishedMemory(
        what="SDXL with InstantID", preset="sdxl-instantid", parameters=_FACE, low=13, high=13, source="diffusers",
    ),
    PublishedMemory(
        what="Z-Image-Turbo in bf16", preset="z-image-turbo", parameters={}, low=13, high=16, source="its model card",
    ),
    PublishedMemory(
        what="Z-Image-Turbo in bf16, nothing unloaded",
        preset="z-image-turbo", parameters={}, low=21.7, high=21.7, source="vLLM-Omni", of="resident",
    ),
    PublishedMemory(
        what="Wan 2.1 1.3B, 81 frames of 832x480",
        preset="wan-t2v", parameters={"length": 81}, low=8.19, high=8.19, source="Wan",
    ),
    PublishedMemory(
        what="Wan 2.1 14B from a picture, 81 frames",
        preset="wan-i2v", parameters={"referenceImage": "me.png", "length": 81}, low=40, high=40,
        source="users' reports",
    ),
)  # fmt: skip

SECONDS = (
    PublishedSeconds(
        what="Flux.1 Dev, 28 steps", preset="flux-dev", parameters={"steps": 28}, low=6.27, high=6.71,
        source="xdit-project/xDiT#378", card=GPUS["H100"], fitted=True,
    ),
    PublishedSeconds(
        what="Flux.1 Dev, 512x512, 50 steps", preset="flux-dev",
        parameters={"steps": 50, "width": 512, "height": 512}, low=8.71, high=8.71, source="Pruna", card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="Flux.1 Dev in fp8, 20 steps", preset="flux-dev", parameters={"steps": 20}, low=11.3, high=11.3,
        source="Comfy-Org/ComfyUI#9002", card=RTX_4090, fitted=True,
    ),
    PublishedSeconds(
        what="Flux.1 Schnell, 4 steps", preset="flux-schnell", parameters={}, low=2.1, high=5.1, source=_RYLA,
        card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="PuLID-Flux, 20 steps", preset="flux-pulid", parameters=_FACE, low=13.2, high=13.2, source=_RYLA,
        card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="SDXL with InstantID, 30 steps", preset="sdxl-instantid", parameters=_FACE, low=8.9, high=8.9,
        source=_RYLA, card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="Z-Image-Turbo, 4 steps", preset="z-image-turbo", parameters={"steps": 4}, low=3.6, high=3.6,
        source=_RYLA, card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="Z-Image-Turbo, 8 steps", preset="z-image-turbo", parameters={}, low=2.3, high=2.3,
        source="a published test", card=RTX_4090,
    ),
    PublishedSeconds(
        what="Wan 2.1 1.3B, 17 frames of 480x480, 30 steps", preset="wan-t2v",
        parameters={"length": 17, "width": 480, "height": 480}, low=7.3, high=7.3, source=_RYLA, card=GPUS["L40S"],
    ),
    PublishedSeconds(
        what="Wan 2.1 1.3B, 81 frames of 832x480, 50 steps", preset="wan-t2v",
        parameters={"length": 81, "steps": 50}, low=240, high=240, source="Wan", card=RTX_4090,
    ),
)  # fmt: skip


def report() -> None:
    """Print both tables."""
    print("\n".join(memory_table()))
    print()
    print("\n".join(seconds_table()))


def memory_table() -> Iterator[str]:
    """Peaks, published and estimated, as lines of Markdown."""
    yield "| graph | published peak | source | estimate | error |"
    yield "|---|---|---|---|---|"
    for row in MEMORY:
        estimate = _memory(_compiled(row).plan, row.of) / 1e9
        yield f"| {row.what} | {_range(row, 'GB')} | {row.source} | {estimate:.1f} GB | {_error(row, estimate)} |"


def seconds_table() -> Iterator[str]:
    """Seconds, published and estimated, as lines of Markdown."""
    yield "| graph | GPU | published | source | estimate | error |"
    yield "|---|---|---|---|---|---|"
    for row in SECONDS:
        estimate = _seconds(row)
        error = _error(row, estimate) + (", fitted" if row.fitted else "")
        yield f"| {row.what} | {row.card.name} | {_range(row, 's')} | {row.source} | {estimate:.1f} s | {error} |"


def _compiled(row: Published) -> Any:
    return presets.get(row.preset).build({"prompt": "a red bicycle", "seed": 1} | dict(row.parameters)).compile()


def _memory(plan: Plan, of: str) -> float:
    if of == "model":
        stage = next(stage for stage in plan.stages if stage.kind == "sample")
        model = architecture(stage.family or "")
        assert model is not None
        return 2 * model.parameters + model.activation(Canvas(width=stage.width, height=stage.height), bytes_each=2)
    found = plan.resident_bytes if of == "resident" else plan.peak_bytes
    assert found is not None
    return found


def _seconds(row: PublishedSeconds) -> float:
    """What a plan would say about a card, even one that cannot be rented, with all weights loaded."""
    compiled = _compiled(row)
    view = View(compiled.prompt, compiled.catalog)
    sizes = canvases(view)
    found = stages(view, Weights(view), sizes)
    return run_seconds(found, row.card, moved=0, written=compiled.plan.pixels)


def _range(row: Published, unit: str) -> str:
    return f"{row.low:g} {unit}" if row.low == row.high else f"{row.low:g} to {row.high:g} {unit}"


def _error(row: Published, estimate: float) -> str:
    """How far the estimate is from the nearer end of the published range."""
    nearest = min(max(estimate, row.low), row.high)
    return f"{(estimate - nearest) / nearest:+.0%}" if nearest != estimate else "within"


if __name__ == "__main__":
    report()
