"""Input files of refused and cancelled requests lie on the disk for an hour, so an owner brings only so many."""

from __future__ import annotations

import base64
import io
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
from ryla_graphs.server.safety.quotas import HOUR_SECONDS, Quota, Quotas
from ryla_graphs.server.storage.blobs import FileBlobs
from tests.server.clients import TestClient

Image.new("RGB", (64, 64), "red").save(_file := io.BytesIO(), "PNG")
PICTURE = _file.getvalue()
STORE = cast("Store", None)  # input files need none


@given(st.lists(st.tuples(st.floats(0, 5000), st.integers(1, 9)), max_size=30))
def test_new_input_files_of_an_hour_are_limited(brought: list[tuple[float, int]]) -> None:
    now = 0.0
    quotas = Quotas(STORE, Quota(inputs=20), clock=lambda: now)
    counted: list[tuple[float, int]] = []
    for pause, size in brought:
        now += pause
        if sum(each for at, each in counted if at > now - HOUR_SECONDS) < 20:
            quotas.check_inputs("me")
            quotas.brought("me", size)
            counted.append((now, size))
        else:
            with pytest.raises(RequestError) as refused:
                quotas.check_inputs("me")
            assert refused.value.code == "over_quota" and 1 <= (refused.value.retry_after or 0) <= HOUR_SECONDS
        quotas.check_inputs("somebody else")


def test_refused_requests_leave_little_behind(tmp_path: Path) -> None:
    settings = Settings(quota=Quota(inputs=3 * len(PICTURE)))
    with TestClient(create_app(connect("simulator"), SqliteStore(tmp_path), settings)) as client:
        for number in range(10):
            picture = base64.b64encode(PICTURE + bytes([number])).decode()
            load = {"class_type": "LoadImage", "inputs": {"image": picture}}
            refused = client.post("/workflow", json={"1": load, "2": {"class_type": "NoSuchNode", "inputs": {}}})
            assert refused.status_code == (422 if number < 3 else 413)
        assert int(refused.headers["Retry-After"]) > 3_000
    assert FileBlobs(tmp_path / "content").total() < 4 * len(PICTURE)


def test_an_upload_with_a_wrong_hash_leaves_nothing_behind(tmp_path: Path) -> None:
    sent = {"content_type": "image/png", "file_path": "a.png"}
    with TestClient(create_app(connect("simulator"), SqliteStore(tmp_path))) as client:
        wrong = sent | {"expected_hash": f"blake3:{'0' * 64}"}
        assert client.post("/api/v2/assets", files={"file": PICTURE}, data=wrong).status_code == 409
        assert FileBlobs(tmp_path / "content").total() == 0
        right = sent | {"expected_hash": f"blake3:{blake3(b'mine').hexdigest()}"}
        assert client.post("/api/v2/assets", files={"file": b"mine"}, data=right).status_code == 201
