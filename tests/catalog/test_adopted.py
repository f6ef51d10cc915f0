"""Catalogs of one's own, releases by their version, and how catalogs differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ryla_graphs import Catalog, catalogs, open_catalog
from ryla_graphs.catalog.comparing import differences
from ryla_graphs.catalogs import COMFYUI_VERSION
from ryla_graphs.cli import app
from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.problems import InvalidDocument, InvalidSettings, NotFound
from ryla_graphs.sources import adopt, adopted
from tests.engines.stub import Script, serve

RUN = CliRunner()
CORE = dict(catalogs.bundled("core").entries())
FEW = {name: CORE[name] for name in ("KSampler", "VAEDecode", "SaveImage")}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RYLA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RYLA_CATALOG", raising=False)
    return tmp_path


def written(folder: Path, entries: dict[str, Any], name: str = "object_info.json") -> str:
    (folder / name).write_text(json.dumps(entries))
    return str(folder / name)


def test_what_was_adopted_is_used_by_its_name(cache: Path) -> None:
    kept = adopt(written(cache, FEW), "prod")
    assert (kept.name, kept.comfyui, adopted.names()) == ("prod", None, ["prod"])
    catalog = open_catalog("prod")
    assert [*catalog] == [*FEW] and catalog.name == "the catalog 'prod'"
    assert catalog["KSampler"] == catalogs.bundled()["KSampler"]


@pytest.mark.parametrize("version", [COMFYUI_VERSION, None], ids=["of the bundled release", "that says no version"])
def test_a_server_is_adopted_with_its_version(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    asked = ComfyClient.json

    def json_(client: ComfyClient, path: str, **given: Any) -> Any:
        if path == "/system_stats" and version is not None:
            return {"system": {"comfyui_version": version}}
        return asked(client, path, **given)

    monkeypatch.setattr(ComfyClient, "json", json_)
    with serve(Script(object_info=FEW)) as (address, _):
        kept = adopt(address)
    assert kept.comfyui == version and kept.name.startswith("127.0.0.1-")
    assert [*open_catalog(kept.name)] == [*FEW]


@pytest.mark.parametrize("name", ["", "core", "bundled", "../x", "a b", ".hidden", "x" * 80])
def test_names_that_cannot_be_are_refused(cache: Path, name: str) -> None:
    with pytest.raises(InvalidSettings, match="cannot name a catalog"):
        adopted.keep(adopted.Adopted(name, "x", None, FEW))
    assert adopted.names() == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("http://127.0.0.1:8188", "127.0.0.1-8188"),
        ("https://comfy.example.com/object_info", "comfy.example.com"),
        ("data/object_info.json.gz", "object_info"),
        ("-", "catalog"),
    ],
)
def test_default_names(source: str, name: str) -> None:
    assert adopted.default_name(source) == name


def test_a_damaged_file_says_what_to_do(cache: Path) -> None:
    adopt(written(cache, FEW), "prod")
    (adopted.folder() / "prod.json.gz").write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(InvalidDocument, match="nodes adopt"):
        open_catalog("prod")
    with pytest.raises(NotFound, match="prod"):
        adopted.load("prd")


def test_a_release_is_a_catalog_too() -> None:
    assert open_catalog("0.28").name == open_catalog("v0.28.0").name == "ComfyUI 0.28.0"
    with pytest.raises(NotFound, match=r"0\.28\.0"):
        open_catalog("0.28.5")


def test_catalogs_differ_in_what_was_changed() -> None:
    sampler = json.loads(json.dumps(CORE["KSampler"]))
    sampler["input"]["required"]["scheduler"][0] += ["mine"]
    sampler["input"]["required"]["steps"][1]["max"] = 50
    sampler["input"]["optional"] = {"noise": ["NOISE"]}
    del sampler["input"]["required"]["denoise"]
    first, second = Catalog(FEW), Catalog({"KSampler": sampler, "SaveImage": CORE["SaveImage"]})
    assert [(each.what, each.where) for each in differences(first, second)] == [
        ("range", "KSampler.steps"),
        ("choices", "KSampler.scheduler"),
        ("input", "KSampler.denoise"),
        ("input", "KSampler.noise"),
        ("class", "VAEDecode"),
    ]
    assert list(differences(first, first)) == []
    assert {(each.where, each.first, each.second) for each in differences(second, first)} == {
        (each.where, each.second, each.first) for each in differences(first, second)
    }


def test_the_commands(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = written(cache, FEW, "prod.json")
    assert "--catalog prod" in RUN.invoke(app, ["nodes", "adopt", source]).output
    assert json.loads(RUN.invoke(app, ["nodes", "catalogs", "--json"]).output)["adopted"] == ["prod"]
    same = RUN.invoke(app, ["nodes", "diff", "prod", source])
    assert (same.exit_code, same.output) == (0, "no difference\n")
    result = RUN.invoke(app, ["nodes", "diff", "prod", "core"])
    assert result.exit_code == 1 and "class     APG: not there -> comfy_extras" in result.output
    monkeypatch.setenv("RYLA_CATALOG", "prod")
    assert RUN.invoke(app, ["nodes", "search", "load", "image"]).output == "nothing found\n"


def test_since() -> None:
    result = RUN.invoke(app, ["nodes", "since", "CFGNorm.pre_cfg", "TextEncodeAceStepAudio1.5"])
    assert result.exit_code == 0 and "CFGNorm.pre_cfg: since ComfyUI 0.24.0" in result.output
    assert RUN.invoke(app, ["nodes", "since", "NoSuchClass"]).exit_code == 1
