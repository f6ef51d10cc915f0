"""Latents in batches: joined, picked, repeated, rebatched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.latents.mixing import like
from ryla_graphs.shapes.tensors import Dims, differ, joined, sliced
from ryla_graphs.shapes.unknown import Unknown, Whole, least, most
from ryla_graphs.shapes.values import LatentShape

_MOST_NUMBERED = 65_536
"""Larger batches do not keep their numbers."""

Index = tuple[int, ...] | None


def numbered(count: Whole, first: Whole = 0) -> Index:
    """The numbers of a batch; None if they are unknown, or not needed."""
    if isinstance(count, Unknown) or isinstance(first, Unknown) or count > _MOST_NUMBERED:
        return None
    return tuple(range(first, first + count))


def index_of(latent: LatentShape) -> Index:
    """The numbers of the latents of a batch: its own, else counted from 0."""
    return latent.batch_index if latent.batch_index is not None else numbered(latent.batch)


def batch_of(latents: list[LatentShape]) -> LatentShape:
    """One batch of several, at the size of the first."""
    if not latents:
        raise NodeFails("there are no latents")
    first = latents[0]
    dims = joined(*(like(first.samples, latent.samples) for latent in latents))
    parts = [index_of(latent) for latent in latents]
    index = None if None in parts else tuple(number for part in parts for number in part or ())
    empty = all(latent.empty for latent in latents)
    return replace(first, samples=dims, batch_index=index, empty=empty, content=None)


@rule("LatentBatch")
def batch_two(samples1: LatentShape, samples2: LatentShape) -> LatentShape:
    return batch_of([samples1, samples2])


@rule("BatchLatentsNode")
def batch_many(latents: Mapping[str, LatentShape]) -> LatentShape:
    return batch_of(list(latents.values()))


@rule("LatentBatchSeedBehavior")
def seed_behavior(samples: LatentShape, seed_behavior: str) -> LatentShape:
    if seed_behavior == "random":
        return replace(samples, batch_index=None)
    first = samples.batch_index[0] if samples.batch_index else 0
    numbers = numbered(samples.batch)
    return replace(samples, batch_index=None if numbers is None else (first,) * len(numbers))


@rule("RepeatLatentBatch")
def repeat(samples: LatentShape, amount: Any) -> LatentShape:
    mask, index = samples.noise_mask, samples.batch_index
    if mask is not None and differ(mask[0], 1):
        mask = (mask[0] * amount, *mask[1:])
    if index is not None and isinstance(amount, int):
        step = max(index) - min(index) + 1
        index = tuple(number + step * turn for turn in range(amount) for number in index)
    dims = (samples.batch * amount, *samples.samples[1:])
    return replace(samples, samples=dims, noise_mask=mask, batch_index=index, content=None)


@rule("LatentFromBatch")
def from_batch(samples: LatentShape, batch_index: Any, length: Whole) -> LatentShape:
    start = batch_index + samples.batch if batch_index < 0 else batch_index
    begin = most(0, least(samples.batch - 1, start))
    kept = least(samples.batch - begin, length)
    mask, index = samples.noise_mask, samples.batch_index
    if mask is not None and differ(mask[0], 1):
        # A mask for fewer latents is repeated; one for more is used as it is.
        mask = (sliced(most(mask[0], samples.batch), begin, begin + kept), *mask[1:])
    if index is None:
        index = numbered(kept, begin)
    elif isinstance(begin, int) and isinstance(kept, int):
        index = index[begin : begin + kept]
    dims = (kept, *samples.samples[1:])
    return replace(samples, samples=dims, noise_mask=mask, batch_index=index, content=None)


@rule("RebatchLatents")
def rebatch(latents: list[LatentShape], batch_size: list[int]) -> list[LatentShape]:
    """Batches of one size, in input order; latents of another size start a new batch."""
    size, done, processed = batch_size[0], [], 0
    current: _Batch | None = None
    for latent in latents:
        following = _Batch.of(latent, processed)
        processed += len(following.index)
        if current is None:
            current = following
        elif any(differ(a, b) for a, b in zip(following.dims[-2:], current.dims[-2:], strict=True)):
            done.append(current.part(0, size))
            current = following
        else:
            current = current.joined(following)
        if current.dims[0] > size:
            full = current.dims[0] // size
            done += [current.part(turn * size, size) for turn in range(full)]
            left = current.part(full * size, current.dims[0])
            current = left if left.dims[0] else None
    if current is not None:
        done.append(current.part(0, size))
    return [batch.latent() for batch in done]


class _Batch:
    """A batch in progress: its shape, mask and numbers."""

    def __init__(self, latent: LatentShape, dims: Dims, mask: Dims, index: tuple[int, ...], masked: bool) -> None:
        self._latent = latent
        self.dims = dims
        self._mask = mask
        self.index = index
        self._masked = masked

    @classmethod
    def of(cls, latent: LatentShape, offset: int) -> _Batch:
        """An input as a batch. If it has no numbers, they continue those before it."""
        dims = latent.samples
        if len(dims) < 4:
            raise NodeFails(f"it takes latents of pictures or videos, not of {len(dims)} dimensions")
        mask = latent.noise_mask or (dims[0], 1, dims[2] * 8, dims[3] * 8)
        mask = (most(mask[0], dims[0]) if mask[0] < dims[0] else mask[0], *mask[1:])
        index = latent.batch_index or numbered(dims[0], offset)
        if index is None:
            raise NodeFails("so large a batch cannot be numbered")
        return cls(latent, dims, mask, index, latent.noise_mask is not None)

    def joined(self, other: _Batch) -> _Batch:
        """This one and another behind it."""
        dims, mask = joined(self.dims, other.dims), joined(self._mask, other._mask)
        return _Batch(self._latent, dims, mask, self.index + other.index, self._masked or other._masked)

    def part(self, begin: Any, count: Any) -> _Batch:
        """A part of the batch."""
        dims = (sliced(self.dims[0], begin, begin + count), *self.dims[1:])
        mask = (sliced(self._mask[0], begin, begin + count), *self._mask[1:])
        return _Batch(self._latent, dims, mask, self.index[begin : begin + count], self._masked)

    def latent(self) -> LatentShape:
        """The batch as a node outputs it. A mask is assumed to mask something; otherwise the real node drops it."""
        like, mask = self._latent, self._mask if self._masked else None
        return LatentShape(self.dims, like.space, like.time, noise_mask=mask, batch_index=self.index, empty=like.empty)
