"""Files that their loaders cannot use, by their names alone: the inputs that were handed in, and their good twins."""

from __future__ import annotations

import json

import pytest

from ryla_graphs import catalogs
from ryla_graphs.validation import validate
from tests.conftest import recorded


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("gguf_in_ckptloader", "wrong_file_kind", "ckpt_name"),
        ("gguf_model_as_clip", "wrong_file_kind", "clip_name2"),
        ("flux_umt5", "text_encoder_family", "clip_name2"),
    ],
)
def test_a_name_that_says_it_is_an_error(name: str, code: str, field: str) -> None:
    prompt = json.loads(recorded(f"repro/{name}.json").read_text(encoding="utf-8"))
    errors = [problem for problem in validate(prompt, catalogs.bundled()) if problem.level == "error"]
    assert [(problem.code, problem.input) for problem in errors] == [(code, field)]
    assert errors[0].hint


@pytest.mark.parametrize("name", ["gguf_ok", "flux_sft"])
def test_what_is_right_is_not_touched(name: str) -> None:
    prompt = json.loads(recorded(f"repro/{name}.json").read_text(encoding="utf-8"))
    assert [problem for problem in validate(prompt, catalogs.bundled()) if problem.level == "error"] == []


def test_one_broken_link_is_reported_once() -> None:
    picture = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    chain = {"a": picture} | {
        f"n{n}": {"class_type": "ImageInvert", "inputs": {"image": [f"n{n - 1}" if n else "a", 0]}} for n in range(9)
    }
    broken = chain | {"save": {"class_type": "SaveImage", "inputs": {"images": ["n99", 0], "filename_prefix": "x"}}}
    assert [problem.code for problem in validate(broken, catalogs.bundled())] == ["link_to_missing_node"]
