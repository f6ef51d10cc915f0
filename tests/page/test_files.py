"""The files of the page: who may have them, with which headers, and what of them is not ours."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.page.routes import MEDIA_TYPES, STATIC, files, version
from ryla_graphs.server.safety.tokens import Tokens
from tests.conftest import ROOT
from tests.server.clients import TestClient

VENDOR = STATIC / "vendor"
NAMED = re.compile(r'(?:from|src=|href=) ?"(/page/[^"]+|\./[^"]+)"')
"""Files that a file of the page names."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    settings = Settings(tokens=Tokens.parse("me:a-token-of-mine-that-is-long"))
    return TestClient(create_app(Simulator(), SqliteStore(tmp_path_factory.mktemp("data")), settings))


def test_the_page_needs_no_token_and_runs_nothing_of_others(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"} <= set(policy)
    assert "unsafe" not in page.headers["content-security-policy"]
    assert client.get("/presets").status_code == 401


def test_every_file_that_is_named_is_there(client: TestClient) -> None:
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        folder = path.rpartition("/")[0]
        names = NAMED.findall(answer.text) if "/vendor/" not in path else []
        waiting += [name if name.startswith("/") else f"{folder}/{name.removeprefix('./')}" for name in names]
    ours = {f"/page/{version()}/{name}" for name in files() if name.endswith((".js", ".css", ".svg"))}
    assert ours <= seen, "a file that nothing loads"


def test_a_file_is_sent_again_only_where_it_is_another(client: TestClient) -> None:
    tag = client.get("/page/app.js").headers["etag"]
    assert client.get("/page/app.js", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/page/app.js", headers={"If-None-Match": '"another"'}).status_code == 200


def test_what_has_the_version_in_its_address_is_kept_without_asking(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["cache-control"] == "no-cache"
    named = NAMED.findall(page.text)
    assert named and all(name.startswith(f"/page/{version()}/") for name in named)
    for name in named:
        assert "immutable" in client.get(name).headers["cache-control"]
    other = client.get("/page/v000000000000/app.js")
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
    assert {f"/page/{version()}/{name}" for name in files() if name.endswith(".js")} <= set(named), "asked for at once"


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip, deflate, br", True), ("GZIP;q=0.5", True), ("gzip;q=0", False), ("br, gzip;q=0.0", False), ("", False)],
)
def test_files_are_packed_for_whoever_unpacks_them(client: TestClient, accepts: str, packed: bool) -> None:
    answer = client.get("/page/style.css", headers={"Accept-Encoding": accepts})
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.content == files()["style.css"].content
    assert answer.headers["vary"] == "Accept-Encoding"
    length = int(answer.headers["content-length"])
    assert length < len(answer.content) / 2 if packed else length == len(answer.content)
    plain = client.get("/page/style.css", headers={"Accept-Encoding": "identity"}).headers["etag"]
    assert (answer.headers["etag"] == plain) is not packed


@pytest.mark.parametrize("path", ["/page/", "/page/none.js", "/page/../routes.py", "/page/%2e%2e/routes.py"])
def test_there_are_no_other_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (401, 404)


def test_what_is_not_ours_is_what_the_manifest_says() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    licences = {name for facts in manifest.values() for name in facts["licence_files"]}
    assert {path.name for path in VENDOR.iterdir()} == {*manifest, *licences, "manifest.json"}
    for name, facts in manifest.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == facts["sha256"]
        assert set(facts) >= {"what", "source", "licences"}


def test_every_file_goes_into_the_package() -> None:
    """Hatch leaves out what git ignores, without a word."""
    paths = [path for path in STATIC.rglob("*") if path.is_file()]
    assert {path.suffix for path in paths} <= MEDIA_TYPES.keys()
    assert _ignored(paths) == []


def _ignored(paths: list[Path]) -> list[str]:
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return subprocess.run(
        ["git", "check-ignore", "--no-index", *names], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
