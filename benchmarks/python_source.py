"""How long it takes to write a graph as Python source."""

from __future__ import annotations

import json
from functools import partial

from benchmarks.clock import best
from ryla_graphs import Workflow
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyLatentImage,
    KSampler,
    LatentUpscaleBy,
    SaveImage,
    VAEDecode,
)

STAGES = {100: 24, 1_000: 249, 10_000: 2_499}
"""How many samplings a graph of about so many nodes has."""
OFTEN = {100: 20, 1_000: 2, 10_000: 1}


def staged(stages: int) -> Workflow:
    """A picture that is drawn, then enlarged and drawn again, many times; each stage saves its result."""
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").out
    positive = CLIPTextEncode(clip=clip, text="a red bicycle")
    negative = CLIPTextEncode(clip=clip, text="blurry")
    latent: KSampler | EmptyLatentImage = EmptyLatentImage(width=512, height=512)
    saved = []
    for stage in range(stages):
        canvas = LatentUpscaleBy(samples=latent, scale_by=1.1) if stage else latent
        latent = KSampler(model=model, positive=positive, negative=negative, latent_image=canvas, seed=stage)
        picture = VAEDecode(samples=latent, vae=vae)
        saved.append(SaveImage(images=picture, filename_prefix=f"stage {stage}").named(f"save {stage}"))
    return Workflow(*saved)


def report() -> None:
    """Print the table: graphs as people wrote them, and the same graphs read from JSON."""
    print("| ms for the Python source of | typed nodes | JSON that was read | lines |")
    print("|---|---|---|---|")
    for size, stages in STAGES.items():
        made = staged(stages)
        prompt = json.loads(made.compile().json())
        read = Workflow.load(prompt)
        lines = made.to_python().count("\n")
        read.to_python()  # makes the nodes, which are kept
        cells = [
            f"{best(partial(_often, workflow, OFTEN[size])) * 1000 / OFTEN[size]:.1f}" for workflow in (made, read)
        ]
        print(f"| {len(prompt):,} nodes | {' | '.join(cells)} | {lines:,} |")
    print()


def _often(workflow: Workflow, times: int) -> None:
    for _ in range(times):
        workflow.to_python()


if __name__ == "__main__":
    report()
