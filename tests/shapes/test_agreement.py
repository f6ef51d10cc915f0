"""How much of what a real ComfyUI did the simulator does too: floors by kind, over the recorded prompts.

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

pytest.importorskip("av", reason="the recordings hold videos and sound, which need the extra `media`")

FLOORS = {
    "chain": 0.94,
    "image": 0.97,
    "mask": 1.0,
    "save": 0.95,
    "audio": 0.93,
    "list": 0.80,
    "number": 0.90,
    "switch": 1.0,
    "text": 0.98,
    "video": 1.0,
}
_SAMPLE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 4


@pytest.mark.parametrize("kind", FLOORS)
def test_agreement(kind: str) -> None:
    rows = [row for row in rows_of(recorded("shapes.dev.jsonl.gz")) if row["kind"] == kind]
    looked_at = rows[::_SAMPLE] if len(rows) > 100 else rows
    wrong = defaultdict(list)
    for row in looked_at:
        if found := differences(row, ran(row)):
            wrong[row["class"]].append((row["id"], found))
    share = 1 - sum(map(len, wrong.values())) / len(looked_at)
    assert share >= FLOORS[kind], dict(wrong)
