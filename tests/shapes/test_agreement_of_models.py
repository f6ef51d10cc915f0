"""How much of what a real ComfyUI did with latents, sigmas and conditionings the simulator does too.

`python -m benchmarks.shape_agreement` prints the numbers. A floor is raised when its kind gets better, never lowered.
"""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

from benchmarks.shape_agreement.__main__ import rows_of
from benchmarks.shape_agreement.compare import differences
from benchmarks.shape_agreement.running import ran
from tests.conftest import recorded

KINDS = ("latent", "sigmas", "conditioning", "opaque")

CANNOT_AGREE = {
    # The recorder's weight files are empty, and what a real server says of an empty file is its reader's affair.
    "LTXAVTextEncoderLoader",
    "QuadrupleCLIPLoader",
    "StyleModelLoader",
    # Corners and faces of meshes that are computed from what a splat looks like.
    "DecimateMesh",
    "RemeshMesh",
    "WeldVertices",
    # Waits for boxes that are drawn by hand in the editor.
    "BuildJsonPromptIdeogram",
}

_SAMPLE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 4


@pytest.mark.parametrize("kind", KINDS)
def test_agreement(kind: str) -> None:
    rows = [row for row in rows_of(recorded("shapes.dev.jsonl.gz")) if row["kind"] == kind]
    assert rows
    wrong = defaultdict(list)
    for row in rows[::_SAMPLE] if len(rows) > 300 else rows:
        found = [] if row["class"] in CANNOT_AGREE else differences(row, ran(row))
        if found:
            wrong[row["class"]].append((row["id"], found))
    assert not wrong, dict(wrong)
