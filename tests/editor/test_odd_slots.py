"""Links to slots that no class has are drawn, and come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import catalogs
from ryla_graphs.formats.editor.writing import write
from ryla_graphs.prompt import Prompt
from tests.editor.going_back import differences, prompt_of

BUNDLED = catalogs.bundled()
IDS = ("1", "2", "known", "part/inner", "part/other", "5:1", "5:2", "-10")
slots = st.sampled_from((0, 1, 99, 10**20, -7))
links = st.builds(lambda node, slot: [node, slot], st.sampled_from(IDS), slots)
nodes = st.builds(
    lambda class_type, inputs: {"class_type": class_type, "inputs": inputs},
    st.sampled_from(("EmptyImage", "CheckpointLoaderSimple", "PreviewAny", "NobodysClass")),
    st.dictionaries(st.sampled_from(("source", "width", "ckpt_name", "own")), links, max_size=3),
)


@given(st.fixed_dictionaries(dict.fromkeys(IDS, nodes)))
def test_slots_come_back(document: dict[str, Any]) -> None:
    assert differences(document, BUNDLED) == []


@pytest.mark.parametrize("slot", [99, 10**20, -7])
def test_slots_of_nodes_in_subgraphs_come_back(slot: int) -> None:
    picture = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    document: dict[str, Any] = {
        f"{part}:{name}": body
        for part in ("7", "8")
        for name, body in (
            ("made", {"class_type": "EmptyImage", "inputs": picture}),
            ("other", {"class_type": "ImageInvert", "inputs": {"image": [f"{part}:made", slot]}}),
            ("third", {"class_type": "ImageInvert", "inputs": {"image": [f"{part}:other", 0]}}),
            ("shown", {"class_type": "PreviewAny", "inputs": {"source": [f"{part}:third", slot]}}),
        )
    }
    ui = write(Prompt(document, BUNDLED)).document
    assert len(ui["definitions"]["subgraphs"]) == 1
    back = prompt_of(ui, BUNDLED)
    assert [back[f"{part}:shown"]["inputs"]["source"][1] for part in ("7", "8")] == [slot, slot]
