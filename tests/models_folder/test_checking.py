"""A models folder: files are found as ComfyUI finds them, and their content is what their names say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ryla_graphs.models_folder import CheckedFile, ModelsFolder, check
from ryla_graphs.problems import InvalidDocument, SourceUnreachable
from ryla_graphs.weights import known
from tests.models_folder.files import CLIP_L, FLUX, LORA, encoded, write


@pytest.fixture
def models(tmp_path: Path) -> ModelsFolder:
    return ModelsFolder(tmp_path)


def one(models: ModelsFolder, folder: str, name: str, content: bytes, *, hashes: bool = False) -> CheckedFile:
    write(models.target(folder, name), content)
    (checked,) = [each for each in check(models, hashes=hashes) if each.name == name]
    return checked


def codes(checked: CheckedFile) -> list[tuple[str, str]]:
    place = f"{checked.folder}/{checked.name}"
    assert all(problem.file == place and str(problem).startswith(place) for problem in checked.problems)
    return [(problem.level, problem.code) for problem in checked.problems]


def test_an_unknown_file_is_recognised_by_its_header(models: ModelsFolder) -> None:
    checked = one(models, "diffusion_models", "mine.safetensors", encoded(FLUX))
    assert (checked.state, codes(checked)) == ("unknown", [])
    assert checked.detected is not None and checked.detected.family == "flux1"
    assert checked.to_dict()["families"] == ["flux1"]


@pytest.mark.parametrize(
    ("folder", "name", "content", "code"),
    [
        ("vae", "ae.safetensors", b"", "empty_file"),
        ("loras", "mine.safetensors", b"", "empty_file"),
        ("upscale_models", "mine.pth", b"", "empty_file"),
        ("diffusion_models", "flux1-dev.safetensors", encoded(FLUX)[:-1], "truncated_file"),
        ("diffusion_models", "flux1-dev.safetensors", encoded(LORA), "renamed_file"),
        ("diffusion_models", "z_image_turbo_bf16.safetensors", encoded(FLUX), "renamed_file"),
        ("text_encoders", "clip_l.safetensors", encoded(FLUX), "renamed_file"),
        ("text_encoders", "t5xxl_fp16.safetensors", encoded(CLIP_L), "renamed_file"),
        ("checkpoints", "mine.safetensors", encoded(FLUX), "misplaced_file"),
        ("diffusion_models", "mine.safetensors", encoded(LORA), "misplaced_file"),
        ("vae", "ae.safetensors", b"PK\x03\x04 as torch.save writes it", "pickled_file"),
        ("vae", "ae.safetensors", b"<!DOCTYPE html>log in", "not_safetensors"),
        ("instantid", "ip-adapter.bin", b"<!DOCTYPE html>log in", "not_weights"),
    ],
)
def test_bad_files_are_reported_with_what_to_do(
    models: ModelsFolder, folder: str, name: str, content: bytes, code: str
) -> None:
    checked = one(models, folder, name, content)
    assert (checked.state, codes(checked)) == ("bad", [("error", code)])
    (problem,) = checked.problems
    assert problem.hint
    assert (f"weights pull {name}" in problem.hint) == (known(name) is not None) or code == "renamed_file"


def test_a_file_of_another_kind_says_which_and_where_it_belongs(models: ModelsFolder) -> None:
    (problem,) = one(models, "checkpoints", "mine.safetensors", encoded(FLUX)).problems
    assert "is a diffusion model of Flux.1" in problem.message and "needs a checkpoint" in problem.message
    assert problem.hint == "move it to diffusion_models"


def test_names_of_unknown_files_are_only_a_hint(models: ModelsFolder) -> None:
    checked = one(models, "diffusion_models", "my_sdxl_model.safetensors", encoded(FLUX))
    assert (checked.state, codes(checked)) == ("suspect", [("warning", "renamed_file")])
    assert "is a diffusion model of Flux.1" in checked.problems[0].message
    assert "its name is that of a file of SDXL" in checked.problems[0].message
    assert one(models, "diffusion_models", "my_flux.safetensors", encoded(FLUX)).state == "unknown"


def test_other_sizes_and_pickles_are_worth_a_look(models: ModelsFolder) -> None:
    other = one(models, "text_encoders", "clip_l.safetensors", encoded(CLIP_L))
    assert (other.state, codes(other)) == ("suspect", [("warning", "other_size")])
    mine = one(models, "loras", "mine.pt", b"\x80\x02}")
    assert (mine.state, codes(mine)) == ("suspect", [("warning", "pickled_file")])
    expected = one(models, "ultralytics", "bbox/face_yolov8m.pt", b"\x80\x02}")
    assert codes(expected) == [("warning", "other_size"), ("note", "pickled_file")]


def test_hashes_are_compared_where_asked(models: ModelsFolder) -> None:
    row = known("genderage.onnx")
    assert row is not None and row.size is not None
    content = b"\x08" + bytes(row.size - 1)
    assert one(models, row.folder, row.name, content).state == "fine"
    read: list[int] = []
    (checked,) = check(models, [row.key], hashes=True, on_bytes=read.append)
    assert codes(checked) == [("error", "wrong_hash")] and checked.hashed
    assert hashlib.sha256(content).hexdigest() in checked.problems[0].message
    assert sum(read) == row.size
    (unread,) = check(models, [row.key])
    assert (unread.state, unread.hashed) == ("fine", False)


def test_a_file_without_a_published_hash_is_not_read_whole(models: ModelsFolder) -> None:
    row = known("genderage.onnx")
    assert row is not None and row.size is not None
    unpublished = replace(row, sha256=None)
    write(models.target(row.folder, row.name), b"\x08" + bytes(row.size - 1))
    read: list[int] = []
    (checked,) = check(models, [row.key], rows=[unpublished], hashes=True, on_bytes=read.append)
    assert (checked.state, checked.hashed, checked.problems, read) == ("fine", False, (), [])


def test_a_disk_that_fails_is_reported_without_paths(models: ModelsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, says in ((OSError(5, "Input/output error", "/secret"), "Input/output error"), (OSError("odd"), "odd")):

        def failing(_: Path, error: OSError = error) -> None:
            raise error

        monkeypatch.setattr("ryla_graphs.models_folder.checking.read_header", failing)
        checked = one(models, "vae", "mine.safetensors", encoded(FLUX))
        assert codes(checked) == [("error", "unreadable_file")]
        assert checked.problems[0].message.endswith(f": {says}") and "secret" not in checked.problems[0].message


def test_the_published_hash_is_found_again(models: ModelsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    row = known("genderage.onnx")
    assert row is not None and row.sha256 is not None and row.size is not None
    monkeypatch.setattr("ryla_graphs.models_folder.checking.sha256_of", lambda *_: row.sha256)
    write(models.target(row.folder, row.name), b"\x08" + bytes(row.size - 1))
    (checked,) = check(models, [row.key], hashes=True)
    assert (checked.state, checked.hashed, checked.problems) == ("fine", True, ())


def test_what_is_known_of_a_file_as_json(models: ModelsFolder) -> None:
    (gone,) = check(models, [("vae", "ae.safetensors")], hashes=True)
    facts = gone.to_dict()
    assert facts.pop("problems")[0]["code"] == "missing_file"
    assert facts == {"folder": "vae", "name": "ae.safetensors", "state": "missing"}
    mine = one(models, "diffusion_models", "mine.safetensors", encoded(FLUX), hashes=True)
    path = str(models.target("diffusion_models", "mine.safetensors"))
    assert mine.to_dict() == {
        "folder": "diffusion_models",
        "name": "mine.safetensors",
        "state": "unknown",
        "path": path,
        "size": len(encoded(FLUX)),
        "kind": "diffusion model",
        "families": ["flux1"],
    }


def test_wanted_files_that_are_missing(models: ModelsFolder) -> None:
    wanted = [("vae", "ae.safetensors"), ("loras", "mine.safetensors"), ("vae", "ae.safetensors")]
    found = list(check(models, wanted))
    assert [(each.state, each.name) for each in found] == [
        ("missing", "ae.safetensors"),
        ("missing", "mine.safetensors"),
    ]
    hints = [each.problems[0].hint or "" for each in found]
    assert "weights pull ae.safetensors" in hints[0] and "not in the manifest" in hints[1]


def test_legacy_folders_stand_for_the_new_ones(models: ModelsFolder) -> None:
    write(models.roots[0] / "unet" / "a.safetensors", encoded(FLUX))
    write(models.roots[0] / "clip" / "sub" / "b.safetensors", encoded(CLIP_L))
    assert [(held.folder, held.name) for held in models.files()] == [
        ("diffusion_models", "a.safetensors"),
        ("text_encoders", "sub/b.safetensors"),
    ]
    assert models.find("diffusion_models", "a.safetensors") == models.roots[0] / "unet" / "a.safetensors"
    assert models.find("text_encoders", "sub\\b.safetensors") is not None


def test_of_two_files_of_one_name_comfyui_s_is_taken(models: ModelsFolder) -> None:
    write(models.roots[0] / "diffusion_models" / "a.safetensors", encoded(LORA))
    first = write(models.roots[0] / "unet" / "a.safetensors", encoded(FLUX))
    assert [held.path for held in models.files()] == [first]


def test_names_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "secret.safetensors", encoded(FLUX))
    models = ModelsFolder(tmp_path / "models")
    write(models.target("vae", "a.safetensors"), encoded(FLUX))
    for name in (
        "../../secret.safetensors",
        "..\\..\\secret.safetensors",
        str(tmp_path / "secret.safetensors"),
        "",
        "\0",
    ):
        assert models.find("vae", name) is None
        assert models.get(("vae", name)) is None


def test_several_roots_and_a_cycle_of_links(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write(second / "vae" / "x.safetensors", encoded(FLUX))
    write(first / "loras" / "y.safetensors", encoded(LORA))
    (first / "loras" / "again").symlink_to(first / "loras")
    models = ModelsFolder.open(first, second)
    assert [held.name for held in models.files()] == ["y.safetensors", "x.safetensors"]
    assert models.target("vae", "z").is_relative_to(first)


EXTRA = """
shared:
  base_path: ../shared
  checkpoints: sd
  unet: |
    flux
    /absolute/flux

mine:
  is_default: true
  vae: here/vae
empty:
"""


def test_extra_model_paths_are_looked_through(tmp_path: Path) -> None:
    comfy = tmp_path / "comfy"
    write(comfy / "folder_paths.py", b"")
    write(comfy / "extra_model_paths.yaml", EXTRA.encode())
    write(comfy / "models" / "vae" / "a.safetensors", b"last")
    first = write(comfy / "here" / "vae" / "a.safetensors", b"first")
    flux = write(tmp_path / "shared" / "flux" / "b.safetensors", encoded(FLUX))
    models = ModelsFolder.open(comfy)
    assert models.find("vae", "a.safetensors") == first
    assert models.find("diffusion_models", "b.safetensors") == flux
    assert [(held.folder, held.name) for held in models.files()] == [
        ("diffusion_models", "b.safetensors"),
        ("vae", "a.safetensors"),
    ]
    assert Path("/absolute/flux") in models.places("diffusion_models")
    assert models.target("vae", "c") == comfy / "here" / "vae" / "c"
    assert models.target("loras", "c") == comfy / "models" / "loras" / "c"
    alone = ModelsFolder.open(comfy / "extra_model_paths.yaml")
    assert alone.find("vae", "a.safetensors") == first
    assert alone.target("checkpoints", "c") == tmp_path / "shared" / "sd" / "c"
    with pytest.raises(SourceUnreachable, match="no folder for loras"):
        alone.target("loras", "c")


@pytest.mark.parametrize("text", ["- a\n- b", "a: b", "a: [", "[" * 1000])
def test_extra_model_paths_that_make_no_sense(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidDocument):
        ModelsFolder.open(write(tmp_path / "extra.yaml", text.encode()))
    with pytest.raises(SourceUnreachable):
        ModelsFolder.open(tmp_path / "none.yaml")


def test_evidence_for_families(models: ModelsFolder) -> None:
    path = write(models.target("loras", "a.safetensors"), encoded(LORA))
    detected = models.get(("loras", "a.safetensors"))
    assert detected is not None and detected.kind == "lora"
    path.write_bytes(encoded(FLUX))
    changed = models.get(("loras", "a.safetensors"))
    assert changed is not None and changed.kind == "diffusion model"
    path.write_bytes(b"")
    assert models.get(("loras", "a.safetensors")) is None
    assert models.get(("loras", "none.safetensors")) is None


def test_a_comfyui_folder_stands_for_its_models(tmp_path: Path) -> None:
    write(tmp_path / "folder_paths.py", b"")
    (tmp_path / "models").mkdir()
    assert ModelsFolder.open(tmp_path).roots == (tmp_path / "models",)
    with pytest.raises(SourceUnreachable, match="is no folder"):
        ModelsFolder.open(tmp_path / "nowhere")
