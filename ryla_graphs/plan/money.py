"""What a container costs besides its GPU: processor, memory and region, at Modal's list prices.

Modal bills the larger of what a container requested and what it used. `SIZES` is what ours request, so a run that
uses more memory is billed more than estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

CORE_USD_PER_SECOND = 0.0000131
"""Of one physical core."""
GIB_USD_PER_SECOND = 0.00000222
"""Of one GiB of memory."""


class Size(NamedTuple):
    """The processor and the memory of a container."""

    cores: float
    ram_gib: float

    @property
    def usd_per_second(self) -> float:
        """The price of both."""
        return self.cores * CORE_USD_PER_SECOND + self.ram_gib * GIB_USD_PER_SECOND


DEFAULT_SIZE = Size(4, 32)
SIZES: Mapping[str, Size] = {
    "T4": Size(2, 16),
    "L4": Size(2, 24),
    "A10": Size(4, 24),
    "RTX-PRO-6000": Size(4, 48),
    "H100": Size(4, 48),
    "H200": Size(8, 64),
    "B200": Size(8, 64),
}
"""By GPU; `DEFAULT_SIZE` for those that are not here. ComfyUI keeps weights in memory that are not on the card, so the
memory grows with what the card can run; a cheap card does not pay for a large card's."""

Breadth = Literal["none", "broad", "narrow"]
REGION_FACTORS: Mapping[Breadth, float] = {"none": 1.0, "broad": 1.15, "narrow": 1.75}
"""The factor on all prices if a region is requested."""
BROAD = frozenset(("us", "eu", "ap"))
"""The regions that count as broad; ``us-west`` and ``uk`` are narrow."""


def region_factor(regions: tuple[str, ...]) -> float:
    """The factor on all prices for these regions; the smaller one if broad and narrow regions are mixed."""
    if not regions:
        return REGION_FACTORS["none"]
    return REGION_FACTORS["narrow" if BROAD.isdisjoint(regions) else "broad"]


def size_of(*gpus: str) -> Size:
    """What a container requests if it may run on any of these GPUs."""
    sizes = [SIZES.get(name, DEFAULT_SIZE) for name in gpus] or [DEFAULT_SIZE]
    return Size(max(size.cores for size in sizes), max(size.ram_gib for size in sizes))
