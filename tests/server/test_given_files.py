"""What a request's files are taken for: names in a drawing, shapes where limits count, and none of another owner."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs.plan import Limits
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient
from tests.server.scripted import InstantEngine

MINE, YOURS = ({"Authorization": f"Bearer {name * 16}"} for name in ("mine", "your"))
ASYNC = {"Prefer": "respond-async"}
Serving = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    @contextmanager
    def serve(**settings: Any) -> Iterator[TestClient]:
        with TestClient(create_app(InstantEngine(), SqliteStore(tmp_path), Settings(**settings))) as client:
            yield client

    return serve


def packed(content: bytes) -> str:
    return f"data:;base64,{base64.b64encode(content).decode()}"


def pictures(frames: int = 1, size: tuple[int, int] = (80, 60)) -> bytes:
    buffer, rows = io.BytesIO(), [Image.new("RGB", size, (40 * frame, 9, 9)) for frame in range(frames)]
    rows[0].save(buffer, "PNG" if frames == 1 else "GIF", append_images=rows[1:], save_all=True)
    return buffer.getvalue()


def loading(class_type: str, name: str, content: bytes, **save: Any) -> dict[str, Any]:
    """A body with a graph that loads a file and saves it."""
    inputs = {"LoadImage": "image", "LoadAudio": "audio", "LoadVideo": "file"}
    save_class = {"LoadImage": "SaveImage", "LoadAudio": "SaveAudio", "LoadVideo": "SaveVideo"}[class_type]
    graph = {
        "load": {"class_type": class_type, "inputs": {inputs[class_type]: name}},
        "save": {"class_type": save_class, "inputs": {"filename_prefix": "x", **save}},
    }
    return {"workflow": graph, "inputs": {name: packed(content)}}


def codes(answer: Any) -> set[str]:
    return set() if answer.status_code < 300 else {each["code"] for each in answer.json()["error"]["problems"]}


@pytest.mark.parametrize(
    ("limits", "content", "code"),
    [
        (Limits(megapixels=0.0048, pictures=1), pictures(), None),
        (Limits(megapixels=0.0047), pictures(), "too_large"),
        (Limits(pictures=4), pictures(4), None),
        (Limits(pictures=3), pictures(4), "too_many_pictures"),
        (Limits(megapixels=0.0048), pictures(size=(60, 80)), None),
        (Limits(megapixels=0.0047), pictures(size=(60, 80)), "too_large"),
    ],
)
def test_a_picture_counts_with_its_size_and_its_frames(
    serving: Serving, limits: Limits, content: bytes, code: str | None
) -> None:
    with serving(limits=limits) as client:
        body = loading("LoadImage", "me.png", content, images=["load", 0])
        assert codes(client.post("/workflow", json=body, headers=ASYNC)) == ({code} if code else set())
        assert codes(client.post("/workflow", json=body, headers=ASYNC)) == ({code} if code else set()), "stored now"


@pytest.mark.parametrize(
    ("class_type", "name", "content", "link"),
    [
        ("LoadAudio", "me.flac", b"fLaC" + bytes(40), {"audio": ["load", 0]}),
        ("LoadAudio", "me.mp3", b"ID3\4" + bytes(40), {"audio": ["load", 0]}),
        (
            "LoadVideo",
            "me.mp4",
            b"\0\0\0\x18ftypisom" + bytes(40),
            {"video": ["load", 0], "format": "auto", "codec": "auto"},
        ),
    ],
)
def test_a_sound_or_a_video_of_unknown_length_has_bounds(
    serving: Serving, class_type: str, name: str, content: bytes, link: dict[str, Any]
) -> None:
    with serving() as client:
        answer = client.post("/workflow", json=loading(class_type, name, content, **link), headers=ASYNC)
        assert codes(answer) == set() and answer.json()["inputs"][0]["name"].endswith(
            name[-4:].replace("flac", ".flac")
        )


def test_an_upload_is_for_its_owner_alone(serving: Serving) -> None:
    with serving(tokens=Tokens.parse(f"me:{'mine' * 16},you:{'your' * 16}")) as client:
        fields = {"content_type": "image/png", "file_path": "me.png"}
        upload = client.post("/api/v2/assets", data=fields, files={"file": ("me.png", pictures())}, headers=MINE)
        given = {"prompt": "at night", "image": upload.json()["id"]}
        taken, refused, unknown = (
            client.post("/flux-kontext", json=body, headers=who | ASYNC)
            for who, body in (
                (MINE, given),
                (YOURS, given),
                (MINE, given | {"image": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}),
            )
        )
        assert taken.status_code == 202 and taken.json()["inputs"][0]["hash"] == upload.json()["hash"]
        assert codes(refused) == codes(unknown) == {"missing_asset"}


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ({}, {"referenceImage.png", "baseImage.png"}),
        ({"referenceImage": packed(b"x"), "base_image": packed(b"x")}, {"referenceImage.png", "baseImage.png"}),
        ({"referenceImage": "me.png", "base_image": "you.png"}, {"me.png", "you.png"}),
        ({"reference_image": None, "baseImage": "you.png"}, {"referenceImage.png", "you.png"}),
        ({"maskImage": packed(b"x")}, {"referenceImage.png", "baseImage.png", "maskImage.png"}),
    ],
)
def test_a_picture_that_is_sent_or_missing_has_a_name_in_the_drawing(
    serving: Serving, given: dict[str, Any], drawn: set[str]
) -> None:
    with serving() as client:
        answer = client.post("/presets/face-swap/graph", json=given)
        assert answer.status_code == 200, answer.text
        loads = [node for node in answer.json()["prompt"].values() if node["class_type"].startswith("LoadImage")]
    assert {node["inputs"]["image"] for node in loads} == drawn
