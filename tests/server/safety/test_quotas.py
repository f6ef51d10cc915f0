"""What one owner may keep is counted to the byte, uploads and LoRAs apart, also while it arrives."""

from __future__ import annotations

import base64
import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, Store, create_app
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.quotas import HOUR_SECONDS, Quota, Quotas
from ryla_graphs.server.storage.blobs import FileBlobs
from tests.server.clients import TestClient
from tests.server.live import until

Image.new("RGB", (64, 64), "red").save(_file := io.BytesIO(), "PNG")
PICTURE = _file.getvalue()
SIZES = st.integers(0, 12)


class Kept:
    """A store, as far as a quota asks it."""

    def __init__(self, uploads: int = 0, loras: int = 0) -> None:
        self._kept = {False: uploads, True: loras}

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        return self._kept[loras] if owner == "me" else 0


def quotas(quota: Quota, **kept: int) -> Quotas:
    return Quotas(cast("Store", Kept(**kept)), quota)


@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.booleans())
def test_an_owner_may_fill_a_quota_and_not_a_byte_more(
    uploads: int, loras: int, most: int, most_loras: int, size: int, lora: bool
) -> None:
    here = quotas(Quota(uploads=most, loras=most_loras), uploads=uploads, loras=loras)
    kept, limit, what = (loras, most_loras, "LoRAs") if lora else (uploads, most, "uploads")
    if kept + size <= limit:
        with here.room("me", size, loras=lora):
            pass
    else:
        with pytest.raises(RequestError) as refused, here.room("me", size, loras=lora):
            pytest.fail("there is no room")
        message = str(refused.value)
        assert refused.value.code == "over_quota" and f"your {what} " in message
        assert [int(number) for number in re.findall(r"\d+", message)] == [kept, limit, size]


def test_uploads_are_what_is_meant_where_nothing_else_is_said() -> None:
    here = quotas(Quota(uploads=9, loras=99), uploads=9)
    with pytest.raises(RequestError), here.room("me", 1):
        pass
    with here.room("somebody else", 9):
        pass


@given(st.lists(st.tuples(st.floats(0, 5000), st.integers(1, 9)), max_size=30))
def test_new_input_files_of_an_hour_are_limited(brought: list[tuple[float, int]]) -> None:
    now = 0.0
    quotas = Quotas(cast("Store", Kept(0, 0)), Quota(inputs=20), clock=lambda: now)
    counted: list[tuple[float, int]] = []
    for pause, size in brought:
        now += pause
        used = sum(each for at, each in counted if at > now - HOUR_SECONDS)
        if used < 20:
            quotas.check_inputs("me")
            quotas.brought("me", size)
            counted.append((now, size))
        else:
            with pytest.raises(RequestError) as refused:
                quotas.check_inputs("me")
            assert refused.value.code == "over_quota" and 1 <= (refused.value.retry_after or 0) <= HOUR_SECONDS
        quotas.check_inputs("somebody else")


def test_refused_requests_and_wrong_hashes_leave_little_behind(tmp_path: Path) -> None:
    settings = Settings(quota=Quota(inputs=3 * len(PICTURE)))
    store = SqliteStore(tmp_path)
    with TestClient(create_app(Simulator(), store, settings)) as client:
        for number in range(10):
            picture = base64.b64encode(PICTURE + bytes([number])).decode()
            load = {"class_type": "LoadImage", "inputs": {"image": picture}}
            refused = client.post("/workflow", json={"1": load, "2": {"class_type": "NoSuchNode", "inputs": {}}})
            assert refused.status_code == (422 if number < 3 else 413)
        again = base64.b64encode(PICTURE + bytes([0])).decode()
        save = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
        known = {"1": {"class_type": "LoadImage", "inputs": {"image": again}}, "2": save}
        assert client.post("/workflow", json=known).status_code == 413
        before = FileBlobs(tmp_path / "content").total()
        wrong = {"content_type": "image/png", "file_path": "a.png", "expected_hash": f"blake3:{'0' * 64}"}
        assert client.post("/api/v2/assets", files={"file": PICTURE}, data=wrong).status_code == 409
        right = wrong | {"expected_hash": f"blake3:{blake3(b'mine').hexdigest()}"}
        assert client.post("/api/v2/assets", files={"file": b"mine"}, data=right).status_code == 201
        assert FileBlobs(tmp_path / "content").total() == before + len(b"mine") < 5 * len(PICTURE)


def test_an_owner_may_keep_4_gib_of_uploads_and_64_of_loras() -> None:
    assert Quota() == Quota(uploads=4_294_967_296, loras=68_719_476_736, inputs=17_179_869_184)


ARRIVALS = st.lists(st.tuples(st.sampled_from(["me", "you"]), st.integers(0, 9), st.booleans(), st.booleans()))


@given(ARRIVALS)
def test_what_arrives_at_the_same_time_shares_one_quota(arrivals: list[tuple[str, int, bool, bool]]) -> None:
    here, under_way = quotas(Quota(uploads=10, loras=20), uploads=3), dict[tuple[str, bool], int]()
    kept = {("me", False): 3}
    with ExitStack() as all_:
        for owner, size, loras, ends in arrivals:
            of = owner, loras
            fits = kept.get(of, 0) + under_way.get(of, 0) + size <= (20 if loras else 10)
            with ExitStack() as one:
                try:
                    one.enter_context(here.room(owner, size, loras=loras))
                except RequestError:
                    assert not fits
                    continue
                assert fits
                if not ends:  # it is still arriving while the next ones come
                    all_.push(one.pop_all())
                    under_way[of] = under_way.get(of, 0) + size
    with here.room("me", 7), here.room("you", 20, loras=True):
        assert here._arriving == {("me", False): 7, ("you", True): 20}
    assert not here._arriving, "an owner with nothing under way takes no memory"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(quota=Quota(uploads=10))
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), settings)) as client:
        yield client


def upload(client: TestClient, content: bytes, headers: dict[str, str] | None = None, **form: Any) -> Any:
    data = {"content_type": "image/png", "file_path": "photo.png", **form}
    return client.post("/api/v2/assets", data=data, files={"file": ("x", content)}, headers=headers)


def two_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[Any, Any]:
    """The answers to an upload, and to another one that comes and ends while the first is being stored."""
    blobs: Any = client.app.state.deployment.store.blobs  # type: ignore[attr-defined]
    put, arriving, go_on = type(blobs).put, threading.Event(), threading.Event()

    def slow(self: Any, content: Any) -> Any:
        if not arriving.is_set():
            arriving.set()
            assert go_on.wait(60)
        return put(self, content)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(type(blobs), "put", slow)
        first = pool.submit(upload, client, b"1" * 5, **more)
        assert arriving.wait(60)
        second = upload(client, b"2" * 5, **more)
        go_on.set()
        return first.result(60), second


def test_two_uploads_at_once_do_not_both_take_the_last_bytes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert upload(client, b"0").status_code == 201
    first, second = two_at_once(client, monkeypatch)
    assert (first.status_code, second.status_code) == (201, 413)
    assert second.json()["error"]["code"] == "request_too_large" and "6 of 10" in second.json()["error"]["message"]


def test_two_uploads_at_once_do_not_share_a_key(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that ends first has it; the other one would hear that the server has its bytes."""
    first, second = two_at_once(client, monkeypatch, headers={"Idempotency-Key": "mine"})
    assert (first.status_code, first.json()["error"]["code"]) == (422, "idempotency_key_reuse")
    asset = client.get(f"/api/v2/assets/{second.json()['id']}")
    assert (second.status_code, asset.json()["hash"]) == (201, second.json()["hash"])


def test_an_upload_that_fails_leaves_its_room(client: TestClient) -> None:
    for _ in range(2):
        assert upload(client, b"1" * 6, expected_hash="0" * 64).status_code == 409
    assert upload(client, b"1" * 10).status_code == 201
    assert upload(client, b"2").status_code == 413


def test_equal_content_takes_room_once(client: TestClient) -> None:
    assert upload(client, b"1" * 8).status_code == 201
    assert upload(client, b"1" * 8, file_path="again.png").status_code == 200
    assert upload(client, b"2" * 3).status_code == 413
    assert upload(client, b"3" * 2).status_code == 201


def test_an_output_that_is_kept_as_an_upload_counts_once(client: TestClient) -> None:
    body = {"prompt": "x", "width": 64, "height": 64, "steps": 1}
    job = client.post("/flux-dev", json=body, headers={"Prefer": "respond-async"}).json()
    until(lambda: client.get(f"/jobs/{job['id']}").json()["state"] == "succeeded")
    (output,) = client.get(f"/jobs/{job['id']}").json()["outputs"]
    named = {"hash": output["hash"], "file_path": "mine.png"}
    refused = client.post("/api/v2/assets/from-hash", json=named)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
    quotas = client.app.state.deployment.quotas  # type: ignore[attr-defined]
    quotas._quota = Quota(uploads=output["size"])
    for name in ("mine.png", "again.png"):  # the same bytes take no more room
        assert client.post("/api/v2/assets/from-hash", json=named | {"file_path": name}).status_code == 201
