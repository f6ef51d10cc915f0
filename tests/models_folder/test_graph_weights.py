"""Weight files that only a graph names: fetched from two hosts, into the models folder, and never without a licence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.formats.editor.models import NamedModel
from ryla_graphs.models_folder.graph_weights import HOSTS, weight_of, with_graph_weights
from ryla_graphs.problems import Problem
from ryla_graphs.weights.needs import Need
from ryla_graphs.weights.weight import HubFile, WebFile, Weight

HUB = "https://huggingface.co/someone/things/resolve/main/deep/my%20file.safetensors"
SHA = "ab" * 32


def named(
    url: str | None = HUB,
    *,
    node: str = "1",
    name: str = "mine.safetensors",
    folder: str = "loras",
    sha256: str | None = None,
) -> NamedModel:
    return NamedModel(node=node, class_type="LoraLoader", name=name, folder=folder, url=url, sha256=sha256)


def code(of: Weight | Problem) -> str | None:
    return of.code if isinstance(of, Problem) else None


def row(of: Weight | Problem) -> Weight:
    assert isinstance(of, Weight)
    return of


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (HUB, HubFile("someone/things", "deep/my file.safetensors")),
        (HUB.replace("resolve", "blob"), HubFile("someone/things", "deep/my file.safetensors")),
        (f"{HUB}?download=true", HubFile("someone/things", "deep/my file.safetensors")),
        ("https://huggingface.co/someone/things/resolve/v2/x", WebFile("https://huggingface.co/someone/things/resolve/v2/x")),
        ("https://civitai.com/api/download/models/7", WebFile("https://civitai.com/api/download/models/7")),
    ],
)  # fmt: skip
def test_two_hosts_are_fetched_from(url: str, source: Any) -> None:
    found = row(weight_of(named(url, sha256=SHA)))
    assert found.sources == (source,) and found.sha256 == SHA
    assert found.licence.restriction and not found.licence.commercial


@pytest.mark.parametrize(
    "url",
    [
        None, "", "x", "http://huggingface.co/a/b/resolve/main/x", "file:///etc/passwd", "https://evil.example/x",
        "https://huggingface.co.evil.example/x", "https://evil.example/huggingface.co", "https://huggingface.co:8443/x",
        "https://huggingface.co:99999/x", "https://huggingface.co:port/x", "https://[bad/x", "https://[::1]/x",
        "https://huggingface.co@evil.example/x", "https://me:secret@civitai.com/x", "//civitai.com/x",
    ],
)  # fmt: skip
def test_any_other_address_is_refused_in_a_sentence(url: str | None) -> None:
    refused = weight_of(named(url))
    assert isinstance(refused, Problem) and (refused.code, refused.given) == ("source_refused", url)
    assert refused.message.endswith("; files are only fetched from huggingface.co and civitai.com") and refused.hint


@pytest.mark.parametrize(("url", "where"), [("https://evil.example:8/x", "'evil.example'"), ("x", "no address")])
def test_the_host_that_is_refused_is_named(url: str, where: str) -> None:
    refused = weight_of(named(url))
    assert isinstance(refused, Problem) and refused.message.startswith(f"the graph has it from {where};")


@given(
    st.text(max_size=30) | st.sampled_from(["https://", *(f"https://{host}" for host in HOSTS)]), st.text(max_size=20)
)
def test_whatever_the_address_nothing_is_raised(start: str, end: str) -> None:
    found = weight_of(named(start + end))
    if isinstance(found, Weight):
        assert (start + end).lower().startswith(tuple(f"https://{host}" for host in HOSTS))


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("..", "x"), ("loras", "../x"), ("/etc", "x"), ("loras", "/etc/x"), ("loras/../..", "x"), (".", "x"), ("", "x"),
        ("loras", ""), ("loras", "."), ("loras", ".hidden"), ("loras", "a/.b"), ("loras", "a\\b"), ("C:", "x"),
        ("loras", "x\0y"), ("loras", "a//b"), ("loras", "a/"),
    ],
)  # fmt: skip
def test_a_place_outside_the_models_folder_is_refused(folder: str, name: str) -> None:
    assert code(weight_of(named(folder=folder, name=name))) == "misplaced_file"


@pytest.mark.parametrize("path", ["..", "%2e%2e", "a/../b", "%2E./b"])
def test_an_address_with_dots_is_refused(path: str) -> None:
    assert code(weight_of(named(f"https://huggingface.co/a/b/resolve/main/{path}"))) == "misplaced_file"


@pytest.mark.parametrize("sha256", ["", "ab", "AB" * 32, "zz" * 32, SHA + "\n", SHA + "0"])
def test_what_is_no_hash_checks_nothing(sha256: str) -> None:
    assert row(weight_of(named(sha256=sha256))).sha256 is None


def test_only_what_runs_and_what_the_manifest_lacks_is_brought() -> None:
    need = Need(
        node="1", class_type="LoraLoader", input="lora_name", folder="loras", name="mine.safetensors", weight=None
    )
    models = [
        named("https://evil.example/x"),
        named(),
        named("https://civitai.com/api/download/models/7", sha256=SHA),
        named(node="9", name="asleep.safetensors"),
        named(node="5", name="inner.safetensors"),
        named(folder="vae", name="ae.safetensors"),
        named("https://evil.example/x", name="only-bad.safetensors"),
    ]
    found = with_graph_weights([need], models, ["1", "7:5"])
    mine, inner = found.needs
    assert mine.weight is not None and [type(each) for each in mine.weight.sources] == [HubFile, WebFile]
    assert mine.weight.sha256 == SHA and (mine.input, mine.node) == ("lora_name", "1")
    assert (inner.node, inner.name, inner.input) == ("7:5", "inner.safetensors", None)
    (refused,) = found.refused
    assert "only-bad.safetensors" in str(refused)
