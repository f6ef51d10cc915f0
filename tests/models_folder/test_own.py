"""Rows of one's own: the file that `RYLA_WEIGHTS` names, `weights add`, and what then goes by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import weights
from ryla_graphs.families import BUILTIN
from ryla_graphs.lockfile import Asked, lock_of, rows_of
from ryla_graphs.models_folder import own
from ryla_graphs.plan import plan_of
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.weights import Licence, WebFile, Weight, known
from ryla_graphs.workflow import Workflow
from tests.models_folder.files import CLIP_L, LORA, encoded
from tests.models_folder.hub import Hub, serving
from tests.plan.prompts import flux
from tests.test_cli_weights import Answer, ryla

STYLE = encoded({"__metadata__": {"ss_base_model_version": "flux1"}, **LORA})
ROW = '[[weights]]\nname = "style.safetensors"\nfolder = "loras"\nurl = "https://example.com/style.safetensors"\n'


@pytest.fixture(autouse=True)
def rows() -> Iterator[None]:
    """The rows of one's own are the process's: gone after each test."""
    yield
    weights.use(())


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(
        Hub(files={"acme/style/lora/style.safetensors": STYLE, "web/te.safetensors": encoded(CLIP_L)})
    ) as served:
        yield served


def command(hub: Hub, *arguments: str | Path, **environment: str) -> Answer:
    return ryla(
        *arguments, HF_ENDPOINT=hub.endpoint, HF_TOKEN="", HF_HOME="/nowhere", RYLA_COMMERCIAL="", **environment
    )


def test_what_add_writes_and_pull_brings(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "mine" / "weights.toml"
    file.parent.mkdir()
    page = "https://huggingface.co/acme/style/blob/main/lora/style.safetensors"
    result = command(hub, "weights", "add", page, "--licence", "MIT", "--commercial", "--file", file)
    assert result.returncode == 0, result.stderr
    assert "loras/style.safetensors (lora, flux1" in result.stdout and "RYLA_WEIGHTS=" in result.stderr
    (row,) = own.read(file)
    assert (row.folder, row.content, row.family, row.size) == ("loras", "lora", "flux1", len(STYLE))
    assert row.sha256 == hashlib.sha256(STYLE).hexdigest() and row.licence.name == "MIT" and row.licence.commercial
    assert hub.sent <= 1 << 16, "the header, not the file"
    listed = json.loads(command(hub, "weights", "list", "--json", RYLA_WEIGHTS=str(file)).stdout)
    assert listed[0]["name"] == "style.safetensors"
    models = tmp_path / "models"
    pulled = command(hub, "weights", "pull", "style.safetensors", "--into", models, RYLA_WEIGHTS=str(file))
    assert pulled.returncode == 0, pulled.stderr
    assert (models / "loras" / "style.safetensors").read_bytes() == STYLE
    again = command(hub, "weights", "add", page, "--file", file)
    assert again.returncode == 2 and "has a row of loras/style.safetensors already" in again.stderr


def test_an_unpublished_hash_is_taken_by_pull(hub: Hub, tmp_path: Path) -> None:
    file, url = tmp_path / "weights.toml", f"{hub.endpoint}/web/te.safetensors"
    file.write_text("# mine\n" + ROW)
    result = command(hub, "weights", "add", url, "--name", "my_clip.safetensors", RYLA_WEIGHTS=str(file))
    assert result.returncode == 0 and "text_encoders/my_clip.safetensors" in result.stdout, result.stderr
    assert own.read(file)[1].sha256 is None
    arguments = ("my_clip.safetensors", "--into", tmp_path / "models", "--accept-licence")
    pulled = command(hub, "weights", "pull", *arguments, RYLA_WEIGHTS=str(file))
    assert pulled.returncode == 0 and "1 sha256 written" in pulled.stderr, pulled.stderr
    first, second = own.read(file)
    assert second.sha256 == hashlib.sha256(encoded(CLIP_L)).hexdigest() and first.sha256 is None
    assert file.read_text().startswith("# mine\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ftp://x/y.safetensors"], "expected a URL"),
        (["{hub}/web/none.safetensors", "--folder", "loras"], "no longer at"),
        (["{hub}/web/page.safetensors", "--folder", "loras"], "web page"),
        (["{hub}/web/odd.safetensors"], "--folder loras"),
        (["{hub}/web/some.pth"], "--folder loras"),
        (["{hub}/web/te.safetensors", "--folder", "../x"], "a path below models"),
        (["{hub}/web/te.safetensors", "--name", "a/../../b.safetensors"], "a path below models"),
    ],
)
def test_what_cannot_be_added(hub: Hub, tmp_path: Path, arguments: list[str], words: str) -> None:
    hub.files |= {"web/page.safetensors": b"<html>", "web/odd.safetensors": encoded({}), "web/some.pth": b"x"}
    given = [argument.format(hub=hub.endpoint) for argument in arguments]
    result = command(hub, "weights", "add", *given, "--file", tmp_path / "weights.toml")
    assert result.returncode != 0 and words in result.stderr, result.stderr
    assert not (tmp_path / "weights.toml").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[weights]", "is no TOML"),
        ('[weights]\nname = "x"', "expected tables"),
        ("rows = 1", "expected tables"),
        (ROW + "sise = 3", "did you mean 'size'"),
        (ROW + 'family = "flux"', "did you mean 'flux"),
        (ROW + 'size = "3"', "expected a whole number"),
        (ROW + "size = true", "expected a whole number"),
        (ROW + "size = 0", "expected bytes"),
        (ROW + 'sha256 = "abc"', "64 hexadecimal digits"),
        (ROW + ROW, "is there twice"),
        (ROW.replace("https://", "file://"), "expected an address"),
        (ROW.replace("style.safetensors", "../x", 1), "a path below models"),
        (ROW.replace("loras", "/etc"), "a path below models"),
        ('[[weights]]\nname = "x.pth"\nfolder = "vae"', "expected an address"),
    ],
)
def test_a_wrong_row_is_reported_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "weights.toml"
    file.write_text(text)
    with pytest.raises(InvalidSettings, match=r"weights\.toml") as result:
        own.read(file)
    assert words in str(result.value)
    answer = ryla("weights", "list", RYLA_WEIGHTS=str(file))
    assert answer.returncode == 2 and words in answer.stderr
    assert ryla("weights", "list", RYLA_WEIGHTS=str(tmp_path / "none.toml")).returncode == 2


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters='\\/:*?"<>|'), min_size=1
)
names = words.filter(lambda word: not word.startswith("."))
addresses = st.sampled_from(
    ["https://example.com/a.pth", "https://civitai.com/api/download/1?type=Model", "http://x/%20a"]
)
own_rows = st.builds(
    Weight,
    name=names,
    folder=names,
    content=st.just("other"),
    family=st.sampled_from([None, "flux1", "wan"]),
    variant=st.none() | words,
    precision=st.sampled_from([None, "fp8", "gguf"]),
    size=st.none() | st.integers(1, 10**12),
    sha256=st.none() | st.just("0" * 64),
    licence=st.builds(Licence, name=words.filter(lambda name: name != "unknown"), commercial=st.just(True)),
    sources=st.lists(st.builds(WebFile, addresses), min_size=1, max_size=3).map(tuple),
)


@given(st.lists(own_rows, max_size=4, unique_by=lambda row: row.key))
def test_rows_are_read_as_they_are_written(tmp_path_factory: pytest.TempPathFactory, given_rows: list[Weight]) -> None:
    file = tmp_path_factory.mktemp("rows") / "weights.toml"
    file.write_text(own.dumps(given_rows), encoding="utf-8")
    assert [row.key for row in own.read(file)] == [row.key for row in given_rows]
    assert own.dumps(own.read(file)) == own.dumps(given_rows)


def test_plan_lock_and_families_go_by_rows_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "weights.toml"
    assert known("mystery.safetensors") is None
    assert BUILTIN.names.of("diffusion_models", "mystery.safetensors") is None
    file.write_text(
        '[[weights]]\nname = "mystery.safetensors"\nfolder = "diffusion_models"\nfamily = "flux1"\nsize = 12000000000\n'
        'url = "https://example.com/mystery.safetensors"\nlicence = "MIT"\ncommercial = true\n'
    )
    own.use_own(file)
    found = BUILTIN.names.of("diffusion_models", "mystery.safetensors")
    assert found is not None and found.families == {"flux1"} and found.basis == "manifest"
    workflow = Workflow.load(flux(unet="mystery.safetensors"), name="mine")
    (weight,) = (each for each in plan_of(workflow.compile().view).weights if each.name == "mystery.safetensors")
    assert (weight.size, weight.licence, weight.commercial) == (12_000_000_000, "MIT", True)
    locked = lock_of(Asked(), {"mine": workflow.compile()})
    (row,) = (each for each in locked.weights if each.file == "mystery.safetensors")
    assert (row.url, row.bytes, row.licence) == ("https://example.com/mystery.safetensors", 12_000_000_000, "MIT")
    weights.use(())
    (again,) = (each for each in rows_of(locked) if each.name == "mystery.safetensors")
    assert (again.size, again.family, again.sources) == (12_000_000_000, "flux1", (WebFile(str(row.url)),))
    assert {each.name for each in rows_of(locked)} == {"mystery.safetensors"}, "the others are in the manifest"


def catalogs_graph() -> str:
    from tests.plan.prompts import flux

    return json.dumps(flux(unet="mystery.safetensors"))
