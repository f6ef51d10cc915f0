"""The small weight files that `python -m tools.tiny_weights` writes for a real ComfyUI, as far as they are a table."""

from __future__ import annotations

import json

from ryla_graphs import presets
from ryla_graphs.weights import needed
from tests.engines.test_real_comfyui import CASES, EXECUTED, ONLY_ACCEPTED, named
from tools.tiny_weights.__main__ import OTHERS
from tools.tiny_weights.rows import FILES, LORAS

ELSEWHERE = {"SEEDVR2", "facexlib", "insightface/models/antelopev2", "pulid"}
"""Folders of packs' own files, of which it writes none, or as many as are needed."""


def test_it_writes_what_the_presets_load() -> None:
    copies = {copy for file in FILES.values() for copy in file.copies}
    written = {*FILES, *copies, *LORAS, *OTHERS}
    assert not copies & FILES.keys() and {*LORAS.values()} <= FILES.keys()
    for case, (name, parameters) in CASES.items():
        graph = presets.get(name).build({**presets.get(name).example, **named(parameters)}).compile()
        for need in needed(graph.view):
            if need.folder not in ELSEWHERE and need.name != "x.safetensors":  # a LoRA that the server chooses
                assert f"{need.folder}/{need.name}" in written, case


def test_what_was_executed_is_noted_by_the_cases_that_there_are() -> None:
    cases: dict[str, set[str]] = {name: set() for name in presets.NAMES}
    for case, (name, _) in (CASES | ONLY_ACCEPTED).items():
        cases[name].add(case)
    noted = json.loads(EXECUTED.read_text(encoding="utf-8"))
    assert {name: {*each} for name, each in noted.items()} == cases
    assert all(cases.values()), "a preset without a case is never tried on a real ComfyUI"
