"""The GPUs for rent, as data: their memory, their speed, and their price per second.

Memory is what the driver reports. `tflops` is what a large diffusion transformer reaches on the card in 16 bits,
in PyTorch without compiling: far below the data sheet. ``docs/plan.md`` explains how each figure was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ryla_graphs.plan.money import Size, size_of
from ryla_graphs.problems import NotFound, did_you_mean, shorten

PRICES_AS_OF = "2026-09"
"""The month in which the prices were last verified."""
PRICES_SOURCE = "Modal's list prices, without a region; three independent copies agreed from May to September 2026"

Evidence = Literal["published", "interpolated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GPU:
    """One kind of GPU."""

    name: str
    """Modal's name for it: ``L40S``, ``A100-80GB``."""
    memory_gib: float
    """All of its memory, in GiB."""
    capability: tuple[int, int]
    """CUDA's compute capability: ``(8, 9)``."""
    tflops: float
    """What a diffusion transformer reaches in bf16, or in fp16 where there is no bf16; in 10^12 a second."""
    fp32_tflops: float
    """The same in 32 bits, which is what models without fp16 fall back to where there is no bf16."""
    evidence: Evidence
    """Whether `tflops` follows from a published time on this card, or lies between those of others."""
    basis: str
    """How `tflops` was found."""
    usd_per_second: float
    """The GPU alone; a container's processor and memory are billed separately."""

    @property
    def size(self) -> Size:
        """The CPU cores and memory of a container with this GPU."""
        return size_of(self.name)

    @property
    def container_usd_per_second(self) -> float:
        """The price of a container: the GPU with its CPU cores and memory, before the region's factor."""
        return self.usd_per_second + self.size.usd_per_second

    @property
    def bf16(self) -> bool:
        """Whether it computes in bfloat16."""
        return self.capability >= (8, 0)

    @property
    def fp8(self) -> bool:
        """Whether it multiplies 8-bit floats."""
        return self.capability >= (8, 9)

    @property
    def memory_bytes(self) -> int:
        """All of its memory, in bytes."""
        return int(self.memory_gib * 2**30)

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON-ready data."""
        facts = {"container_usd_per_second": round(self.container_usd_per_second, 9)} | self.size._asdict()
        return asdict(self) | facts | {"bf16": self.bf16, "fp8": self.fp8, "prices_as_of": PRICES_AS_OF}


_ROWS = (
    GPU(
        name="T4",
        memory_gib=15.0,
        capability=(7, 5),
        tflops=17,
        fp32_tflops=5,
        evidence="interpolated",
        basis="SD 2 at 768x768 makes 2.5 steps a second (Stability-AI/stablediffusion#125), which is 10 in a U-Net; "
        "a transformer reaches 1.7 times as much on the L40S",
        usd_per_second=0.000164,
    ),
    GPU(
        name="L4",
        memory_gib=22.5,
        capability=(8, 9),
        tflops=50,
        fp32_tflops=20,
        evidence="interpolated",
        basis="0.41 of its peak of 121, as befits its 72 W: between the L20 (0.70) and the L40S (0.38)",
        usd_per_second=0.000222,
    ),
    GPU(
        name="A10",
        memory_gib=22.5,
        capability=(8, 6),
        tflops=74,
        fp32_tflops=20,
        evidence="interpolated",
        basis="0.59 of its peak of 125: between the L20 (0.70) and the L40S (0.38)",
        usd_per_second=0.000306,
    ),
    GPU(
        name="L40S",
        memory_gib=45.0,
        capability=(8, 9),
        tflops=139,
        fp32_tflops=60,
        evidence="published",
        basis="one Flux.1 step of 74.4 TFLOP takes 0.535 s (huggingface.co/datasets/diffusers/benchmarks)",
        usd_per_second=0.000542,
    ),
    GPU(
        name="A100-40GB",
        memory_gib=40.0,
        capability=(8, 0),
        tflops=195,
        fp32_tflops=60,
        evidence="interpolated",
        basis="0.62 of its peak of 312: between the L20 (0.70) and the L40S (0.38), and rich in bandwidth",
        usd_per_second=0.000583,
    ),
    GPU(
        name="A100-80GB",
        memory_gib=80.0,
        capability=(8, 0),
        tflops=195,
        fp32_tflops=60,
        evidence="interpolated",
        basis="as A100-40GB",
        usd_per_second=0.000694,
    ),
    GPU(
        name="RTX-PRO-6000",
        memory_gib=95.6,
        capability=(12, 0),
        tflops=190,
        fp32_tflops=80,
        evidence="interpolated",
        basis="0.38 of its peak of 503, as the L40S",
        usd_per_second=0.000842,
    ),
    GPU(
        name="H100",
        memory_gib=79.6,
        capability=(9, 0),
        tflops=322,
        fp32_tflops=120,
        evidence="published",
        basis="Flux.1 Dev takes 6.3 to 6.7 s for 28 steps (xdit-project/xDiT#378)",
        usd_per_second=0.001097,
    ),
    GPU(
        name="H200",
        memory_gib=140.4,
        capability=(9, 0),
        tflops=322,
        fp32_tflops=120,
        evidence="interpolated",
        basis="the H100's processor with more memory",
        usd_per_second=0.001261,
    ),
    GPU(
        name="B200",
        memory_gib=179.1,
        capability=(10, 0),
        tflops=620,
        fp32_tflops=150,
        evidence="interpolated",
        basis="0.28 of its peak of 2250: the share falls as peaks rise, from 0.70 (L20) and 0.38 (L40S) to 0.33 (H100)",
        usd_per_second=0.001736,
    ),
)

GPUS: Mapping[str, GPU] = {row.name: row for row in _ROWS}
"""All GPUs by name, cheapest second first."""

_ALSO_CALLED = {"A10G": "A10", "A100-40": "A100-40GB", "A100-80": "A100-80GB", "A100": "A100-40GB"}


def gpu(name: str) -> GPU:
    """The GPU with this name, case-insensitive; raises `NotFound` with all known names."""
    wanted = name.strip().upper()
    found = GPUS.get(_ALSO_CALLED.get(wanted, wanted))
    if found is None:
        near = did_you_mean(wanted, GPUS)
        hint = f"; {near}" if near else ""
        raise NotFound(f"there is no GPU {shorten(name)} here{hint}; known are {', '.join(GPUS)}")
    return found
