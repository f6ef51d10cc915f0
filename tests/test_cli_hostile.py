"""A graph from a stranger: no command of the terminal, and no forged line, comes from its names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import ryla

ODD = "[/b][red]\x1b[31m\x1b]0;title\x07\n::error::forged\x9b\u202e\u2028"


def graph(*, unknown: bool) -> dict[str, Any]:
    """A graph with odd names in all places; with a class that no catalog has, if `unknown`."""

    def of(kind: str, **inputs: Any) -> dict[str, Any]:
        return {"class_type": kind, "inputs": inputs, "_meta": {"title": ODD}}

    prompt = {
        "1": of("CheckpointLoaderSimple", ckpt_name=f"x{ODD}"),
        "2": of("CLIPTextEncode", clip=["1", 1], text=ODD),
        "3": of("EmptyLatentImage", width=64, height=64, batch_size=1, **{f"more{ODD}": 1}),
        "4": of(
            "KSampler",
            model=["1", 0],
            positive=["2", 0],
            negative=["2", 0],
            latent_image=["3", 0],
            seed=1,
            steps=2,
            cfg=1.0,
            sampler_name="euler",
            scheduler="normal",
            denoise=1.0,
        ),
        "5": of("VAEDecode", samples=["4", 0], vae=["1", 2]),
        "6": of("SaveImage", images=["5", 0], filename_prefix=f"p{ODD}"),
    }
    return prompt | ({"7": of(f"Class{ODD}", **{f"input{ODD}": ["5", 0]})} if unknown else {})


COMMANDS = [
    ("validate", "bad.json"),
    ("compile", "bad.json"),
    ("diff", "bad.json", "good.json"),
    ("plan", "good.json"),
    ("run", "good.json", "--out", "out"),
    ("lock", "good.json", "--out", "made.lock"),
    ("weights", "pull", "good.json", "--into", "models"),
    ("weights", "pull", "good.json", "--into", "models", "--dry-run"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_names_are_printed_and_do_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    for name, unknown in (("bad.json", True), ("good.json", False)):
        (tmp_path / name).write_text(json.dumps(graph(unknown=unknown)))
    files = {"bad.json", "good.json", "out", "made.lock", "models"}
    done = ryla(*(tmp_path / word if word in files else word for word in command))
    lines = (done.stdout + done.stderr).split("\n")
    assert all(line.isprintable() for line in lines), [line for line in lines if not line.isprintable()]
    assert not any(line.lstrip().startswith("::error") for line in lines)
    assert "forged" in done.stdout + done.stderr
