"""What one owner may keep is counted to the byte, uploads and LoRAs apart."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import cast

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ryla_graphs.engines import connect
from ryla_graphs.server import Settings, SqliteStore, Store, create_app
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.quotas import HOUR_SECONDS, Allowance, Quota
from ryla_graphs.server.storage.blobs import FileBlobs
from tests.server.clients import TestClient

Image.new("RGB", (64, 64), "red").save(_file := io.BytesIO(), "PNG")
PICTURE = _file.getvalue()
SIZES = st.integers(0, 12)


class Kept:
    """A store, as far as a quota asks it."""

    def __init__(self, uploads: int, loras: int) -> None:
        self._kept = {False: uploads, True: loras}

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        return self._kept[loras] if owner == "me" else 0


@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.booleans())
def test_an_owner_may_fill_a_quota_and_not_a_byte_more(
    uploads: int, loras: int, most: int, most_loras: int, size: int, lora: bool
) -> None:
    store, quota = cast("Store", Kept(uploads, loras)), Quota(uploads=most, loras=most_loras)
    kept, limit, what = (loras, most_loras, "LoRAs") if lora else (uploads, most, "uploads")
    if kept + size <= limit:
        quota.check(store, "me", size, loras=lora)
    else:
        with pytest.raises(RequestError) as refused:
            quota.check(store, "me", size, loras=lora)
        message = str(refused.value)
        assert refused.value.code == "over_quota" and f"your {what} " in message
        assert [int(number) for number in re.findall(r"\d+", message)] == [kept, limit, size]


def test_uploads_are_what_is_meant_where_nothing_else_is_said() -> None:
    store = cast("Store", Kept(uploads=9, loras=0))
    with pytest.raises(RequestError):
        Quota(uploads=9, loras=99).check(store, "me", 1)
    Quota(uploads=9, loras=99).check(store, "somebody else", 9)


def test_uploads_at_the_same_time_share_the_quota() -> None:
    allowance = Allowance(Quota(uploads=10), cast("Store", Kept(uploads=4, loras=0)))
    with allowance.storing("me", 4), allowance.storing("somebody else", 10):
        with pytest.raises(RequestError), allowance.storing("me", 3):
            pass
        with allowance.storing("me", 2), allowance.storing("me", 9, loras=True):
            pass
    with allowance.storing("me", 6):
        pass


@given(st.lists(st.tuples(st.floats(0, 5000), st.integers(1, 9)), max_size=30))
def test_new_input_files_of_an_hour_are_limited(brought: list[tuple[float, int]]) -> None:
    now = 0.0
    allowance = Allowance(Quota(inputs=20), cast("Store", Kept(0, 0)), clock=lambda: now)
    counted: list[tuple[float, int]] = []
    for pause, size in brought:
        now += pause
        used = sum(each for at, each in counted if at > now - HOUR_SECONDS)
        if used < 20:
            allowance.check_inputs("me")
            allowance.brought("me", size)
            counted.append((now, size))
        else:
            with pytest.raises(RequestError) as refused:
                allowance.check_inputs("me")
            assert refused.value.code == "over_quota" and 1 <= (refused.value.retry_after or 0) <= HOUR_SECONDS
        allowance.check_inputs("somebody else")


def test_refused_requests_and_wrong_hashes_leave_little_behind(tmp_path: Path) -> None:
    settings = Settings(quota=Quota(inputs=3 * len(PICTURE)))
    store = SqliteStore(tmp_path)
    with TestClient(create_app(connect("simulator"), store, settings)) as client:
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
