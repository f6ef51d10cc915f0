"""What other rooms know of bundled packs: weight files, typed modules, the commands."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ryla_graphs import catalogs
from ryla_graphs.cli import app
from ryla_graphs.lockfile import Asked, CustomPack, lock_of
from ryla_graphs.plan import plan_of
from ryla_graphs.plan.releases import taken_by
from ryla_graphs.problems import NotFound
from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import weights_named
from ryla_graphs.validation import View

RUN = CliRunner()


@pytest.mark.parametrize("catalog", ["core", None], ids=["without the packs", "bundled"])
def test_weights_that_loaders_of_packs_name_are_found(catalog: str | None) -> None:
    prompt = {
        "1": {"class_type": "WanVideoModelLoader", "inputs": {"model": "wan.safetensors", "lora": None}},
        "2": {
            "class_type": "Efficient Loader",
            "inputs": {"ckpt_name": "a.safetensors", "vae_name": "Baked VAE", "lora_name": "None"},
        },
        "3": {"class_type": "UltralyticsDetectorProvider", "inputs": {"model_name": "bbox/face.pt"}},
        "4": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    }
    found = [(file.folder, file.name) for file in weights_named(Prompt(prompt, catalogs.bundled(catalog)))]
    assert found == [
        ("diffusion_models", "wan.safetensors"),
        ("checkpoints", "a.safetensors"),
        ("ultralytics", "bbox/face.pt"),
    ]


def test_typed_classes_of_a_bundled_pack_are_made_offline(tmp_path: Path) -> None:
    made = tmp_path / "essentials.py"
    result = RUN.invoke(app, ["nodes", "generate", "--pack", "cubiq/comfyui_essentials", "--out", str(made)])
    assert result.exit_code == 0, result.output
    spec = importlib.util.spec_from_file_location("essentials", made)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.ImageResizePlus.CLASS_TYPE == "ImageResize+"
    made_of = [cls.CLASS_TYPE for name in module.__all__ if hasattr(cls := getattr(module, name), "CLASS_TYPE")]
    assert sorted(made_of) == sorted(catalogs.bundled("cubiq/ComfyUI_essentials"))


def test_a_pack_that_is_not_bundled_is_reported_with_the_nearest_ones(tmp_path: Path) -> None:
    asked = ["nodes", "generate", "--pack", "cubiq/ComfyUI_essential", "--out", str(tmp_path / "x.py")]
    with pytest.raises(NotFound, match="did you mean 'cubiq/ComfyUI_essentials'"):
        RUN.invoke(app, asked, catch_exceptions=False)


def test_where_tells_the_packs_of_classes() -> None:
    result = RUN.invoke(app, ["nodes", "where", "FaceDetailer", "DF_Text", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output) == {
        "FaceDetailer": {"repositories": ["ltdrdata/ComfyUI-Impact-Pack"], "bundled": True},
        "DF_Text": {"repositories": ["Derfuu/Derfuu_ComfyUI_ModdedNodes"], "bundled": False},
    }
    both = RUN.invoke(app, ["nodes", "where", "ConditioningMultiply"])
    assert "ComfyUI's own class hides that of ClownsharkBatwing/RES4LYF" in both.output
    unknown = RUN.invoke(app, ["nodes", "where", "No Such Class"])
    assert unknown.exit_code == 1 and "no known pack has it" in unknown.output


def test_show_says_what_a_class_takes_beside_its_inputs() -> None:
    shown = RUN.invoke(app, ["nodes", "show", "ImageBatchMulti"]).output
    assert "image_\\d+, as many as `inputcount` says" in shown and "kijai/ComfyUI-KJNodes" in shown


def test_a_plan_lists_all_packs_at_once_unknown_ones_too() -> None:
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
        "2": {"class_type": "ImageResizeKJv2", "inputs": {"image": ["1", 0]}},
        "3": {"class_type": "DF_Text", "inputs": {"image": ["2", 0]}},
        "4": {"class_type": "No Such Class", "inputs": {"image": ["3", 0]}},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "a"}},
    }
    plan = plan_of(View(prompt, catalogs.bundled()))
    found = {pack.repository: (pack.commit is not None, pack.classes) for pack in plan.packs}
    assert found == {
        "kijai/ComfyUI-KJNodes": (True, ("ImageResizeKJv2",)),
        "Derfuu/Derfuu_ComfyUI_ModdedNodes": (False, ("DF_Text",)),
    }
    assert "no pack that is known has the class 'No Such Class'" in {str(unknown) for unknown in plan.unknowns}


def test_a_bundled_pack_is_locked_at_the_commit_that_was_recorded() -> None:
    pack = CustomPack.parse("KIJAI/ComfyUI-KJNodes")
    assert pack.repository == "kijai/ComfyUI-KJNodes" and len(pack.commit) == 40
    (locked,) = lock_of(Asked(packs=(pack,)), {}).packs
    assert locked.own_requirements and "ImageResizeKJv2" in locked.classes
    (other,) = lock_of(Asked(packs=(CustomPack.parse(f"kijai/ComfyUI-KJNodes@{'0' * 40}"),)), {}).packs
    assert other.classes == ()


def test_the_releases_that_take_a_graph() -> None:
    core = catalogs.bundled("core")
    plain = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
    }
    assert taken_by(plain, core) == catalogs.release_versions()
    newer = {**plain, "3": {"class_type": "AddLayer", "inputs": {}}}
    versions = catalogs.release_versions()
    assert taken_by(newer, core) == versions[versions.index("0.32.0") :]
    assert taken_by({**plain, "3": {"class_type": "IdeogramV1", "inputs": {}}}, core)[-1] == "0.26.0"
