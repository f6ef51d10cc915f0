"""How much of what a real ComfyUI did the simulator does too, over the recorded prompts: all but what cannot agree.

`python -m benchmarks.shape_agreement` prints the numbers by kind.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from benchmarks.shape_agreement.__main__ import rows_of
from benchmarks.shape_agreement.compare import differences
from benchmarks.shape_agreement.page import PAGE, shown
from benchmarks.shape_agreement.running import ran
from tests.conftest import recorded

pytest.importorskip("av", reason="the recordings hold videos and sound, which need the extra `media`")

KINDS = (
    "audio", "chain", "conditioning", "image", "latent", "list", "mask", "number", "opaque", "save", "sigmas", "switch",
    "text", "video",
)  # fmt: skip
CANNOT: Mapping[str, str] = {
    "LTXAVTextEncoderLoader": "the server had an empty file in the place of the weights",
    "QuadrupleCLIPLoader": "the server had an empty file in the place of the weights",
    "StyleModelLoader": "the server had an empty file in the place of the weights",
    "DecimateMesh": "only the model that makes a mesh knows how many corners it has",
    "RemeshMesh": "only the model that makes a mesh knows how many corners it has",
    "WeldVertices": "only the model that makes a mesh knows how many corners it has",
    "GetMeshInfo": "only the model that makes a mesh knows how many corners it has",
    "PreviewAny": "the text of an object has its place in memory, that of a sound its samples",
    "RebatchLatents": "whether a mask leaves nothing out depends on its pixels",
}
"""Classes of which some rows cannot agree, and why."""
_SAMPLE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 4


@cache
def rows() -> Mapping[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in rows_of(recorded("shapes.dev.jsonl.gz")):
        found[row["kind"]].append(row)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_agreement(kind: str) -> None:
    looked_at = rows()[kind][:: _SAMPLE if len(rows()[kind]) > 100 else 1]
    wrong = defaultdict(list)
    for row in looked_at:
        if found := differences(row, ran(row)):
            wrong[row["class"]].append((row["id"], found))
    assert {name: found for name, found in wrong.items() if name not in CANNOT} == {}
    assert sum(map(len, wrong.values())) <= 0.1 * len(looked_at)


def test_the_page_has_the_table_of_these_rows() -> None:
    reported = shown(PAGE.read_text(encoding="utf-8"))
    everything = {kind: len(found) for kind, found in rows().items()}
    assert {kind: count for kind, (count, _) in reported.items()} == {**everything, "all": sum(everything.values())}, (
        "run python -m benchmarks.shape_agreement --write"
    )
    assert all(agree >= 0.9 * count for count, agree in reported.values())
