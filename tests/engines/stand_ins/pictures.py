"""What stand-ins draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engines.stub.script import picture


def saved(prompt: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
    """Node, file name and bytes of every picture that a graph saves."""
    batch = max((body["inputs"].get("batch_size", 1) for body in prompt.values()), default=1)
    for node, body in prompt.items():
        if body["class_type"].startswith("Save"):
            prefix = str(body["inputs"].get("filename_prefix", "ComfyUI")).rpartition("/")[2]
            for number in range(1, int(batch) + 1 if isinstance(batch, int) else 2):
                yield node, f"{prefix}_{number:05}_.png", picture(1, f"{node} {number}")
