"""The files that a job was given: shown, looked at, and given to the next one."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient
from tests.server.scripted import InstantEngine

MINE, YOURS = ({"Authorization": f"Bearer {name * 16}"} for name in ("mine", "your"))
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    tokens = Tokens.parse(f"me:{'mine' * 16},you:{'your' * 16}")
    store = SqliteStore(tmp_path_factory.mktemp("data"))
    with TestClient(create_app(InstantEngine(), store, Settings(tokens=tokens))) as client:
        yield client


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((80, 60), 80).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def submit(client: TestClient, image: str, who: dict[str, str] = MINE) -> Any:
    return client.post("/flux-kontext", json={"prompt": "at night", "image": image}, headers=who | ASYNC)


def test_a_job_shows_its_inputs_and_the_next_one_takes_them(client: TestClient) -> None:
    content = picture()
    first = submit(client, f"data:image/png;base64,{base64.b64encode(content).decode()}").json()
    (given,) = first["inputs"]
    assert given["name"] == first["parameters"]["image"]
    assert client.get(given["url"], headers=MINE).content == content
    small = client.get(f"{given['url']}?w=20&format=webp", headers=MINE)
    assert (small.headers["content-type"], Image.open(io.BytesIO(small.content)).size) == ("image/webp", (20, 15))
    second = submit(client, given["url"])
    assert second.status_code == 202
    assert second.json()["inputs"][0]["hash"] == given["hash"]
    graph = {"1": {"class_type": "LoadImage", "inputs": {"image": given["url"]}}}
    graph["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    third = client.post("/workflow", json={"workflow": graph}, headers=MINE | ASYNC)
    assert third.json()["inputs"][0]["hash"] == given["hash"]


def test_they_are_for_their_owner_alone(client: TestClient) -> None:
    (given,) = submit(client, f"data:image/png;base64,{base64.b64encode(picture()).decode()}").json()["inputs"]
    assert client.get(given["url"], headers=YOURS).status_code == 404
    refused = submit(client, given["url"], YOURS)
    assert (refused.status_code, refused.json()["error"]["problems"][0]["code"]) == (422, "missing_asset")


@pytest.mark.parametrize("name", ["0" * 32 + ".png", "none.png", "..%2F..%2Fx", "x"])
def test_what_is_none_is_not_found(client: TestClient, name: str) -> None:
    job = submit(client, f"data:image/png;base64,{base64.b64encode(picture()).decode()}").json()
    assert client.get(f"/jobs/{job['id']}/inputs/{name}", headers=MINE).status_code == 404
    refused = submit(client, f"/jobs/{job['id']}/inputs/{name}")
    assert refused.status_code in (400, 422)


def problem(client: TestClient, image: str, **inputs: str) -> tuple[int, str, str]:
    graph = {"1": {"class_type": "LoadImage", "inputs": {"image": image}}}
    graph["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    answer = client.post("/workflow", json={"workflow": graph, "inputs": inputs}, headers=MINE | ASYNC)
    (found,) = answer.json()["error"]["problems"]
    return answer.status_code, found["code"], f"{found['message']}; {found.get('hint')}"


def test_a_file_that_the_graph_does_not_name_is_a_slip(client: TestClient) -> None:
    given = base64.b64encode(picture()).decode()
    status, code, text = problem(client, "face.png", **{"fase.png": given})
    assert (status, code) == (422, "unused_input")
    assert "'fase.png'" in text and text.endswith("did you mean 'face.png'?")
    assert "face.png" in problem(client, "face.png", other=given)[2]


def test_what_is_no_file_says_what_would_be_one(client: TestClient) -> None:
    status, code, text = problem(client, "face.png", **{"face.png": "not base64!"})
    assert (status, code) == (422, "bad_input") and "file" in text


def test_a_file_whose_content_is_gone_is_missing(client: TestClient) -> None:
    """As after a disk was lost: the rows are there, the content is not."""
    content = picture()
    job = submit(client, f"data:image/png;base64,{base64.b64encode(content).decode()}").json()
    (given,) = job["inputs"]
    fields = {"content_type": "image/png", "file_path": "me.png"}
    files = {"file": ("me.png", content, "image/png")}
    upload = client.post("/api/v2/assets", data=fields, files=files, headers=MINE)
    blobs = client.app.state.deployment.store.blobs  # type: ignore[attr-defined]
    blobs.path(given["hash"].removeprefix("blake3:")).unlink()
    for place, says in ((given["url"], given["name"]), (upload.json()["id"], upload.json()["id"])):
        status, code, text = problem(client, "face.png", **{"face.png": place})
        assert (status, code) == (422, "missing_asset") and f"'{says}'" in text


def test_the_size_of_a_stored_file_is_known_without_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(InstantEngine(), SqliteStore(tmp_path))
    here = app.state.deployment
    digest = here.store.blobs.put(b"12345").hash
    monkeypatch.setattr(type(here.store.blobs), "read", lambda *_: pytest.fail("it is read"))
    assert here.uploads.size(digest) == 5
    assert here.uploads.size("0" * 64) == 0, "it is gone"
