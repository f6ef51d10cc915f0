"""What a deployment allows one prompt to ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment allows; None for no limit."""

    megapixels: float | None = 16.8
    """Of one picture or frame, in 10^6 pixels: 4096 x 4096."""
    pictures: int | None = 512
    """Pictures or frames that one node works on at once."""
    steps: int | None = 250
    """Evaluations of a model by one sampler, each step with a negative prompt counted twice."""
    work: float | None = 20_000.0
    """Of all samplers together: megapixels times pictures or frames times evaluations. Flux.1 Dev at 1024 x 1024
    with 20 steps is 21, a Wan video of 81 frames of 832 x 480 with 30 steps and a negative prompt 1,941."""
    together: float | None = 2_000.0
    """Of all pictures or frames that one node gives, in 10^6 pixels: 24 GB as ComfyUI keeps pictures in memory."""
    seconds: float | None = 3_600.0
    """Of sound that one node gives."""
    nodes: int | None = 10_000
    """Nodes of the graph."""
    inputs: int | None = 100_000
    """Inputs of all its nodes together: a switch takes as many as it is given."""
    chain: int | None = 700
    """Nodes in one chain. At some more than this (`validation.depth.MAX_DEPTH`, less where packs wrap ComfyUI's
    functions), ComfyUI accepts a graph and then runs nothing until it is restarted."""
    characters: int | None = 4_000_000
    """Of all texts of the graph together: prompts, names, titles. Every job stores its graph."""
