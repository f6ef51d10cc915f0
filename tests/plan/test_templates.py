"""The official templates of the recorded ComfyUI: each is read, converted, valid, and planned with its weight files.

Of the recorded ones a sample, all with `RYLA_FULL=1`; `RYLA_TEMPLATES=DIR` takes those of a folder, such as that of
comfyui-workflow-templates-json 0.1.50, which ComfyUI 0.33 ships. `pytest -s` prints the figures.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ryla_graphs import catalogs
from ryla_graphs.formats.read import read
from ryla_graphs.plan import plan_of
from ryla_graphs.validation import View, problems_of
from tests.conftest import recorded

EVERY = 1 if os.environ.get("RYLA_FULL") else 6
OF_NO_PACK = {"AILab_QwenVL"}
"""Classes of a pack that is not bundled: two templates of three generations have one."""


def contents() -> Iterator[tuple[str, bytes]]:
    """Name and content of the editor's files."""
    if folder := os.environ.get("RYLA_TEMPLATES"):
        files = (path for path in sorted(Path(folder).glob("*.json")) if not path.name.startswith(("index", "fuse_")))
        yield from ((path.stem, path.read_bytes()) for path in files)
        return
    with gzip.open(recorded("pairs.dev.jsonl.gz"), "rt", encoding="utf-8") as file:
        rows = [line for line in file if '"kind": "template2"' in line or '"kind":"template2"' in line]
    assert len(rows) > 250
    for row in map(json.loads, rows[::EVERY]):
        yield row["name"], json.dumps(row["ui"]).encode()


def test_they_are_read_valid_and_planned_with_their_weights() -> None:
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for name, content in contents():
        document = read(content, name=name)
        view = View(document.prompt, catalogs.bundled())
        foreign = {node.class_type for node in view.foreign.values()}
        assert foreign <= OF_NO_PACK, (name, foreign)
        wrong += [f"{name}: {found}" for found in problems_of(view) if found.level == "error" and not foreign]
        plan = plan_of(view)
        seen += Counter(templates=1, paid=any("partner" in unknown.what for unknown in plan.unknowns))
        for file in plan.weights:
            seen["files"] += 1
            seen["sized"] += file.size is not None or file.between is not None
            if file.source is None:
                wrong.append(f"{name}: no known source of {file.folder}/{file.name}")
            if file.between and file.folder in ("diffusion_models", "text_encoders", "checkpoints"):
                assert 0 < file.between[0] <= file.between[1] < 15 * file.between[0], (name, file)
        assert plan.peak_bytes is None or plan.peak_bytes < 400e9, name
        assert all(0 < (card.seconds or 1) < 1e6 and 0 < (card.usd or 1) < 100 for card in plan.gpus), name
        assert plan.recommended is None or plan.on(plan.recommended).runs, name
    print("\n", dict(seen))
    assert wrong == []
    assert seen["sized"] >= 0.8 * seen["files"] > 0
