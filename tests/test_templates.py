"""The official templates, where their package is installed."""

from __future__ import annotations

import json

import pytest

from ryla_graphs.problems import NotFound
from ryla_graphs.sources import open_document
from ryla_graphs.sources.templates import template, templates
from tests.test_doors import ryla

pytest.importorskip("comfyui_workflow_templates_json", reason="the extra `templates` is not installed")

NAME = "basic_datatype_conversion"
"""A template that needs no weights, of classes of ComfyUI 0.33."""


def test_all_are_listed_and_a_sample_is_opened() -> None:
    rows = list(templates())
    assert len(rows) > 500 and len({row.name for row in rows}) == len(rows)
    assert all(row.title and row.to_dict()["name"] == row.name for row in rows)
    for row in rows[::40]:
        document = open_document(f"template:{row.name}")
        assert document.prompt and document.used == "workflow" and document.name == row.name


def test_a_template_is_a_target() -> None:
    assert ryla("validate", f"template:{NAME}").returncode == 0
    compiled = json.loads(ryla("compile", f"template:{NAME}").stdout)
    assert len(compiled) == len(open_document(f"template:{NAME}").prompt)


def test_list_and_show() -> None:
    found = json.loads(ryla("templates", "list", "z-image", "--json").stdout)
    assert "image_z_image_turbo" in {row["name"] for row in found}
    assert "image_z_image_turbo" in ryla("templates", "list", "z-image", "--local").stdout
    assert "nothing found" in ryla("templates", "list", "no-such-template").stdout
    shown = ryla("templates", "show", NAME)
    assert shown.returncode == 0 and NAME in shown.stdout
    facts = json.loads(ryla("templates", "show", NAME, "--json").stdout)
    assert facts["inputs"] and facts["problems"] is not None


def test_a_name_that_is_none() -> None:
    with pytest.raises(NotFound, match="did you mean 'image_z_image_turbo'"):
        template("image_z_image_turb")
    for name in ("index", "../../x", "fuse_options"):
        with pytest.raises(NotFound):
            template(name)
    assert ryla("run", "template:nothing-like-that").returncode == 2
    assert ryla("templates", "show", "nothing-like-that").returncode == 2
