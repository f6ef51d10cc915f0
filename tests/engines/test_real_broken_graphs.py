"""Broken graphs on a real ComfyUI: its verdict is ours, and what we compile leaves it running. Set RYLA_COMFYUI."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings

from ryla_graphs import InvalidWorkflow, Workflow
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.testing.mutations import mutations
from ryla_graphs.validation import verdict

URL = os.environ.get("RYLA_COMFYUI", "").rstrip("/")

pytestmark = pytest.mark.skipif(not URL, reason="RYLA_COMFYUI names no server")

SECONDS = 3_600.0
"""How long other prompts may keep the server busy."""


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


GRAPH = {
    "1": node("EmptyImage", width=64, height=64, batch_size=1, color=0),
    "2": node("ImageScale", image=["1", 0], upscale_method="area", width=32, height=32, crop="disabled"),
    "3": node("PreviewImage", images=["2", 0]),
    "4": node("ImageBatch", image1=["1", 0], image2=["2", 0]),
    "5": node("PreviewImage", images=["4", 0]),
    "6": node("StringConcatenate", string_a="a", string_b="b", delimiter=","),
    "7": node("PreviewAny", source=["6", 0]),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return from_object_info(requests.get(f"{URL}/object_info", timeout=600).json())


@given(prompt=mutations(GRAPH))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_servers_verdict_is_ours_and_it_runs_on(prompt: Any, catalog: Catalog) -> None:
    ours = verdict(prompt, catalog)
    if ours.accepted:
        try:
            prompt = Workflow.load(prompt, catalog=catalog).compile().prompt
        except InvalidWorkflow:
            return  # it is not sent: it might stop the server
    body = json.dumps({"prompt": prompt}).encode()
    answer = requests.post(f"{URL}/prompt", body, headers={"Content-Type": "application/json"}, timeout=600)
    assert (answer.status_code == 200) == ours.accepted, answer.text
    if ours.accepted:
        _ends(answer.json()["prompt_id"])


def _ends(prompt_id: str) -> None:
    """Wait until the server has run a prompt, well or not."""
    deadline = time.monotonic() + SECONDS
    while not requests.get(f"{URL}/history/{prompt_id}", timeout=600).json():
        assert time.monotonic() < deadline, "the server runs nothing any more"
        time.sleep(0.1)
