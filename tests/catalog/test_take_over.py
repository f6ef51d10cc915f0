"""The report on a newer ComfyUI says what changed, and what of ours that breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ryla_graphs import Catalog, catalogs
from tools import take_over


@pytest.fixture(autouse=True)
def no_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred official templates take a minute."""
    monkeypatch.setattr(take_over, "_templates", lambda _catalog: ({}, {}))


def newer() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(dict(catalogs.bundled("core").entries())))
    return found


def test_the_same_comfyui_changes_nothing() -> None:
    report = take_over.report_on(catalogs.bundled("core").replace(any_input_file=True))
    assert not report.changes and not report.presets and not report.breaks


def test_what_breaks_is_told_by_preset() -> None:
    entries = newer()
    guidance = entries["FluxGuidance"]["input"]["required"]
    guidance["strength"] = guidance.pop("guidance")
    del entries["ConditioningAverage"]
    report = take_over.report_on(Catalog(entries, any_input_file=True))
    assert report.renamed == {"FluxGuidance.guidance": "FluxGuidance.strength"}
    assert ("class", "ConditioningAverage") in {(each.what, each.where) for each in report.changes}
    assert report.breaks and "flux-dev" in report.presets and "z-image-turbo" not in report.presets
    text = "\n".join(take_over.markdown(report))
    assert "- `FluxGuidance.guidance`: FluxGuidance.strength" in text
    assert "strength" in report.presets["flux-dev"][0]


def test_lists_of_files_of_a_recording_are_open() -> None:
    entries = newer()
    entries["LoraLoader"]["input"]["required"]["lora_name"] = [[], {}]
    core = take_over.core_of(Catalog({name: _as_recorded(entry) for name, entry in entries.items()}))
    assert next(spec.open for spec in core["LoraLoader"].inputs if spec.name == "lora_name")


def _as_recorded(entry: dict[str, Any]) -> dict[str, Any]:
    return {"output_name": entry["output"], "display_name": "", **entry}
