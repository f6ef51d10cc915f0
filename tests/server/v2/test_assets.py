"""Assets by the contract, where the official client does not look: hashes, keys, ranges."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.http.content import Span, span_of
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient

BYTES = b"some bytes of a file"
HASH = f"blake3:{blake3(BYTES).hexdigest()}"


def upload(client: TestClient, content: bytes = BYTES, headers: dict[str, str] | None = None, **form: Any) -> Any:
    data = {"content_type": "image/png", "file_path": "photo.png", **form}
    return client.post("/api/v2/assets", data=data, files={"file": ("x", content)}, headers=headers)


def test_the_first_upload_is_new_and_the_second_is_not(client: TestClient) -> None:
    first, second = upload(client), upload(client)
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["created_new"], second.json()["created_new"]) == (True, False)
    assert first.json()["hash"] == second.json()["hash"] == HASH
    assert first.json()["id"] != second.json()["id"]


def test_another_hash_than_expected_mints_nothing(client: TestClient) -> None:
    wrong = upload(client, expected_hash="blake3:" + "0" * 64)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "hash_mismatch")
    assert client.head(f"/api/v2/assets/by-hash/{HASH}").status_code == 404
    assert upload(client, expected_hash=HASH).status_code in (200, 201)


def test_a_key_is_good_for_one_upload(client: TestClient) -> None:
    key = {"Idempotency-Key": "mine"}
    first = upload(client, headers=key)
    again = upload(client, b"other", headers=key)
    assert (again.status_code, again.json()["error"]["code"]) == (422, "idempotency_key_reuse")
    assert client.get(f"/api/v2/assets/{first.json()['id']}").json()["hash"] == HASH


def test_content_is_minted_again_by_its_hash(client: TestClient) -> None:
    missing = client.post("/api/v2/assets/from-hash", json={"hash": HASH})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "blob_not_found")
    upload(client)
    assert client.head(f"/api/v2/assets/by-hash/{HASH}").status_code == 200
    other = client.post("/api/v2/assets/from-hash", json={"hash": HASH, "file_path": "other.png", "tags": ["input"]})
    same = client.post("/api/v2/assets/from-hash", json={"hash": HASH, "file_path": "other.png", "tags": ["input"]})
    assert (other.status_code, same.status_code) == (201, 200)
    assert other.json()["id"] == same.json()["id"]
    assert client.get(other.json()["url"]).content == BYTES


@pytest.mark.parametrize("hash_text", ["", "blake3:", "md5:" + "0" * 32, "../../etc/passwd", "blake3:" + "Z" * 64])
def test_a_hash_that_is_none_finds_nothing(hash_text: str, client: TestClient) -> None:
    assert client.post("/api/v2/assets/from-hash", json={"hash": hash_text}).status_code == 404


@pytest.mark.parametrize("seconds", [59, 604_801])
def test_retention_has_bounds(seconds: int, client: TestClient) -> None:
    assert upload(client, expires_in=seconds).status_code == 422
    assert upload(client, expires_in=600).json()["expires_at"] is not None


def test_deleting_one_asset_leaves_the_other_its_bytes(client: TestClient) -> None:
    first, second = upload(client).json(), upload(client).json()
    assert client.delete(f"/api/v2/assets/{first['id']}").status_code == 204
    assert client.delete(f"/api/v2/assets/{first['id']}").status_code == 404
    assert client.get(f"/api/v2/assets/{second['id']}/content").content == BYTES


def test_active_content_is_never_shown(client: TestClient) -> None:
    asset = upload(client, b"<script>", content_type="text/html", file_path="x.html").json()
    answer = client.get(f"/api/v2/assets/{asset['id']}/content")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_part_of_the_content(client: TestClient) -> None:
    path = f"/api/v2/assets/{upload(client).json()['id']}/content"

    def part(**headers: str) -> tuple[int, bytes, str | None]:
        answer = client.get(path, headers=headers)
        return answer.status_code, answer.content, answer.headers.get("content-range")

    size = len(BYTES)
    assert part(Range="bytes=0-3") == (206, BYTES[:4], f"bytes 0-3/{size}")
    assert part(Range="bytes=5-") == (206, BYTES[5:], f"bytes 5-{size - 1}/{size}")
    assert part(Range="bytes=-4") == (206, BYTES[-4:], f"bytes {size - 4}-{size - 1}/{size}")
    status, body, whole = part(Range=f"bytes={size}-")
    assert (status, whole) == (416, f"bytes */{size}") and b"range_not_satisfiable" in body
    assert part(Range="bytes=0-1,3-4")[:2] == (200, BYTES)
    assert part(Range="bytes=0-3", **{"If-Range": '"another"'})[:2] == (200, BYTES)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_span_is_what_python_slices(size: int, first: int, last: int) -> None:
    content = bytes(range(size))
    try:
        span = span_of(f"bytes={first}-{last}", size)
    except ValueError:
        assert content[first : last + 1] == b""
        return
    if last < first:
        assert span is None
    else:
        assert isinstance(span, Span) and content[span.start : span.end] == content[first : last + 1] != b""


@given(st.text(max_size=30), st.integers(1, 50))
def test_any_header_gives_a_span_or_none(header: str, size: int) -> None:
    try:
        span = span_of(header, size)
    except ValueError:
        return
    assert span is None or 0 <= span.start < span.end <= size


ME, YOU = ("a-token-of-sixteen", "another-of-sixteen")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[TestClient]:
    """A client with a token of a server that asks for one."""
    settings = Settings(tokens=Tokens.parse(f"me:{ME},you:{YOU}"))
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), settings), headers=bearer(ME)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_address_of_content_needs_no_token(guarded: TestClient) -> None:
    asset = upload(guarded).json()
    del guarded.headers["Authorization"]
    assert guarded.get(asset["url"]).content == BYTES
    assert guarded.get(asset["url"], headers={"Sec-Fetch-Site": "cross-site"}).content == BYTES
    plain = asset["url"].partition("?")[0]
    assert guarded.get(plain).status_code == 401
    for forged in ("expires=99999999999&signature=" + "0" * 64, "signature=", "expires=1&signature=é", "signature=x"):
        answer = guarded.get(f"{plain}?{forged}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert guarded.delete(asset["url"]).status_code == 401


def test_an_address_is_good_for_one_file_until_its_time(guarded: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = upload(guarded).json(), upload(guarded, b"other", bearer(YOU)).json()
    query = first["url"].partition("?")[2]
    del guarded.headers["Authorization"]
    assert guarded.get(f"{second['url'].partition('?')[0]}?{query}").status_code == 401
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert guarded.get(first["url"]).status_code == 401


@pytest.mark.parametrize(
    ("host", "settings", "begins"),
    [
        ("localhost:8100", {}, "http://localhost:8100/api/v2/"),
        ("anything.example", {}, "/api/v2/"),
        ("ryla.example", {"hosts": ("ryla.example",)}, "http://ryla.example/api/v2/"),
        ("anything.example", {"public_url": "https://ryla.example/"}, "https://ryla.example/api/v2/"),
    ],
)
def test_no_address_is_made_of_an_untrusted_host(
    host: str, settings: dict[str, Any], begins: str, tmp_path: Path
) -> None:
    chosen = Settings(tokens=Tokens.parse(f"me:{ME}"), **settings)
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), chosen), headers=bearer(ME)) as client:
        assert upload(client, headers={"Host": host}).json()["url"].startswith(begins)
