"""Sizes of weight files that the manifest does not have: parameters by a file's name, times the bits of each.

Parameters were counted over ComfyUI 0.33's own classes, in the shapes of the published files (`python -m
tools.count_parameters`). Sizes are ranges: a name tells a format, not how many small tensors a file keeps in more bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ryla_graphs.weights.precision import Quantisation

MILLION = 1e6


class Size(NamedTuple):
    """Bytes, at least and at most; equal if known exactly."""

    least: int
    most: int

    def __add__(self, other: object) -> Size:
        if not isinstance(other, Size):
            return NotImplemented
        return Size(self.least + other.least, self.most + other.most)

    def __str__(self) -> str:
        """In GB, MB or kB, as a range if it is not exact.

        >>> str(Size(6_700_000_000, 7_100_000_000)), str(Size(335_304_388, 335_304_388))
        ('6.7 to 7.1 GB', '0.34 GB')
        """
        if self.least == self.most:
            return _bytes(self.most, 2)
        if self.least == 0:
            return f"up to {_bytes(self.most, 1)}"
        least, most = _bytes(self.least, 1), _bytes(self.most, 1)
        unit = most[-3:]
        return f"{least.removesuffix(unit)} to {most}"


def _bytes(size: int, digits: int) -> str:
    if size >= 1e8:
        return f"{size / 1e9:.{digits if size >= 1e9 else 2}f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.2g} kB"


class Parameters(NamedTuple):
    """How many parameters a model has, at least and at most, and how many of them are a table of embeddings."""

    least: float
    most: float
    embeddings: float = 0.0

    def stored(self, how: Quantisation | None) -> Size:
        """The bytes of a file or a part of it; 16 bits per parameter if the format is unknown."""
        least, most = (how.least_bits, how.most_bits) if how is not None else (16.0, 16.0)
        extra = (16 - most) * self.embeddings if how is not None and how.keeps_embeddings else 0.0
        return Size(int(self.least * least / 8), int((self.most * most + max(0.0, extra)) / 8))


_ENCODERS: tuple[tuple[str, float, float, float], ...] = (
    # pattern of the name; millions of parameters at least and at most, and of embeddings
    (r"clip_?g|bigg", 694.7, 694.7, 63.2),
    (r"long.?clip|clip.?l|vit.?l.?14|clip.vit.large", 123.7, 124.0, 37.9),
    (r"old.?t5", 4864.8, 4865.0, 32.9),
    (r"umt5.?base", 281.9, 282.0, 196.9),
    (r"umt5", 5680.9, 5681.0, 1050.1),
    (r"t5gemma", 281.6, 282.0, 196.6),
    (r"byt5", 217.0, 219.3, 2.2),
    (r"t5.?base", 109.6, 110.0, 24.7),
    (r"t5.*xxl", 4762.3, 4893.9, 131.6),
    (r"pile.?t5", 1223.6, 1224.0, 65.8),
    (r"qwen.?3\.?.?vl.?4b", 4437.8, 4830.0, 389.0),
    (r"qwen.?3\.?.?vl.?8b", 8767.1, 9400.0, 622.3),
    (r"qwen.?3\.?.?vl.?32b", 25753.1, 33400.0, 777.9),
    (r"qwen.?2\.?5.*7b", 7747.2, 8292.2, 545.0),
    (r"qwen.?2\.?5.*vl", 3085.9, 3754.6, 311.2),
    (r"ace15.?1\.7b|1\.7b.?ace15", 1720.6, 2032.0, 311.2),
    (r"gemma.?4.*e2b", 4300.0, 5500.0, 0.0),
    (r"gemma.?4.*e4b", 7000.0, 9000.0, 0.0),
    (r"gemma.?4.?12b", 11000.0, 13500.0, 0.0),
    (r"qwen.?3\.8.?27b", 25500.0, 29000.0, 0.0),
    (r"qwen.?3\.5.?2b", 2213.2, 2300.0, 508.6),
    (r"qwen.?3\.5.?4b", 4539.3, 4700.0, 635.7),
    (r"qwen.?3\.5.?9b", 9409.8, 9800.0, 1017.1),
    (r"qwen.?(?:3.)?0\.?6b", 596.0, 752.0, 155.6),
    (r"qwen.?1\.7b", 1854.2, 2032.0, 444.8),
    (r"qwen.?4b", 4189.6, 4400.0, 556.0),
    (r"qwen.?3.?4b", 4022.5, 4411.5, 389.0),
    (r"qwen.?3.?8b", 8190.7, 8200.0, 622.3),
    (r"ministral", 3429.0, 3900.0, 402.7),
    (r"mistral", 17343.8, 24000.0, 671.1),
    (r"llama", 7505.2, 8356.0, 525.6),
    (r"gemma.?2.?2b", 2614.3, 2620.0, 589.8),
    (r"gemma.?3.?4b", 3880.3, 4301.0, 671.3),
    (r"gemma.?3.?12b", 11766.0, 12187.3, 1006.9),
    (r"jina", 558.3, 600.0, 0.0),
    (r"ovis", 1720.6, 2600.0, 311.2),
)

_DIFFUSION: Mapping[str, tuple[float, float]] = {
    "lotus": (865.9, 868.0),
    "svd": (1524.6, 1525.0),
    "krea2": (11000.0, 14400.0),
    "boogu": (10000.0, 12200.0),
    "joyimage": (14300.0, 17700.0),
    "kandinsky5": (2200.0, 3100.0),
    "kandinsky5-image": (5900.0, 6700.0),
    "lens": (1800.0, 6100.0),
    "longcat-image": (6200.0, 7100.0),
    "mage-flow": (3300.0, 4500.0),
    "omnigen2": (3900.0, 4700.0),
    "ovis-image": (7200.0, 8300.0),
    "pid": (1000.0, 1400.0),
    "pixeldit": (1300.0, 1320.0),
    "ace": (3300.0, 3600.0),
    "ace15": (1500.0, 5200.0),
    "hunyuan3d": (1100.0, 3100.0),
}
"""Millions of parameters of diffusion models whose steps are not counted, estimated from gigabytes: what the index of
the official templates gives for all files of a template, minus its other files."""

_VISION: tuple[tuple[str, float, float, float], ...] = (
    (r"siglip|sigclip", 413.0, 430.0, 0.0),
    (r"llava", 303.0, 325.3, 0.0),
    (r"vision.?g|bigg|vit.?g", 1844.9, 1845.0, 0.0),
    (r"vision.?h|vit.?h|clip.?h", 632.1, 633.0, 0.0),
    (r"vision.?l|vit.?l|large", 304.0, 428.0, 0.0),
)

_CONTROLNETS: Mapping[str, tuple[tuple[str, float, float, float], ...]] = {
    "sd15": ((r"t2i|adapter|coadapter", 4.7, 77.4, 0.0), (r"", 361.3, 361.3, 0.0)),
    "sdxl": (
        (r"t2i|adapter", 77.0, 80.0, 0.0),
        (r"control.?lora", 40.0, 400.0, 0.0),
        (r"small|mid", 30.0, 270.0, 0.0),
        (r"", 1251.0, 1330.0, 0.0),
    ),
}
"""By family; a ControlNet without a row is at most as large as its model."""

_VAES: Mapping[str, tuple[float, float]] = {
    "sd15": (83.7, 83.7),
    "sdxl": (83.7, 83.7),
    "sd3": (83.8, 83.8),
    "flux": (83.8, 83.8),
    "flux2": (60.0, 84.1),
    "wan21": (126.9, 127.0),
    "wan22": (704.7, 704.7),
    "hunyuan-video": (246.5, 246.5),
    "hunyuan-video-15": (1262.7, 1262.7),
    "hunyuan-image": (405.6, 405.6),
    "ltxv": (419.2, 1246.9),
    "mochi": (362.0, 459.7),
    "cogvideox": (215.6, 215.6),
    "cascade-b": (18.4, 18.4),
    "cascade-c": (24.2, 40.0),
    "hunyuan-3d": (160.0, 327.6),
    "seedvr2": (250.0, 251.0),
}
"""Millions of parameters by the latents that a VAE makes."""

_PACKED: Mapping[str, tuple[float, float, float]] = {
    "sd15": (123.7, 123.7, 37.9),
    "sd2": (354.0, 354.0, 50.6),
    "sdxl": (818.4, 818.4, 101.1),
    "sdxl-refiner": (694.7, 694.7, 63.2),
    "cascade-c": (694.7, 694.7, 63.2),
    "sd3": (818.4, 5712.0, 232.7),
    "flux1": (4886.0, 5017.6, 169.5),
    "ltxav": (722.5, 1700.0, 0.0),
}
"""The text encoders inside all-in-one checkpoints by family, as in `_ENCODERS`; for LTX-2 only its projections."""

UPSCALER = Parameters(0.3 * MILLION, 42.0 * MILLION)
"""From the compact networks to the largest transformers that ComfyUI's upscaling node loads."""

_BILLIONS = re.compile(r"(?<![a-z0-9.])(?:a)?(\d{1,3}(?:[._]\d)?)b(?![a-z0-9])")


def encoder(name: str) -> Parameters | None:
    """The text encoder that a file's name indicates; None if unknown."""
    return _fitting(_ENCODERS, name)


def diffusion(family: str, name: str) -> Parameters | None:
    """The diffusion model of a family whose steps are not counted; a size in its name comes first."""
    if (named := nominal(name)) is not None or family not in _DIFFUSION:
        return named
    least, most = _DIFFUSION[family]
    return Parameters(least * MILLION, most * MILLION)


def vision(name: str) -> Parameters | None:
    """The same for image encoders."""
    return _fitting(_VISION, name)


def controlnet(family: str, name: str) -> Parameters | None:
    """A ControlNet or adapter of a family; None for families whose sizes are unknown."""
    return _fitting(_CONTROLNETS.get(family, ()), name)


def vae(latents: str) -> Parameters | None:
    """The VAE that makes these latents, as `ryla_graphs.families` names them."""
    if latents not in _VAES:
        return None
    least, most = _VAES[latents]
    return Parameters(least * MILLION, most * MILLION)


def packed_encoders(family: str) -> Parameters | None:
    """The text encoders inside an all-in-one checkpoint of a family."""
    return Parameters(*(each * MILLION for each in _PACKED[family])) if family in _PACKED else None


def nominal(name: str) -> Parameters | None:
    """The parameters that a name itself states: ``ltx-2-19b`` has 19 billion, give or take a tenth.

    >>> nominal("ltx-2-19b-dev.safetensors").most
    20900000000.0
    """
    found = [float(number.replace("_", ".")) for number in _BILLIONS.findall(name.lower())]
    largest = max(found, default=0.0) * 1e9
    return Parameters(0.9 * largest, 1.1 * largest) if largest else None


def _fitting(rows: tuple[tuple[str, float, float, float], ...], name: str) -> Parameters | None:
    plain = name.lower().replace("\\", "/")
    for pattern, *millions in rows:
        if re.search(pattern, plain):
            return Parameters(*(each * MILLION for each in millions))
    return None
