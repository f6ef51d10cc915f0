"""LoRAs over HTTP: brought, used by their id, taken away."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.safety.quotas import Quota
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.storage import Retention
from tests.server.clients import TestClient
from tests.server.kept import kept

ANNE, BOB = ({"Authorization": f"Bearer {name * 4}"} for name in ("anne", "bob-"))
SMALL = {"prompt": "a knight", "width": 64, "height": 64, "seed": 7, "steps": 2}

pytestmark = pytest.mark.usefixtures("stores")


def safetensors(names: list[str], fill: int = 0) -> bytes:
    """A file of small tensors with these names."""
    header = {
        name: {"dtype": "F16", "shape": [4, 4], "data_offsets": [32 * place, 32 * place + 32]}
        for place, name in enumerate(names)
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes([fill]) * (32 * len(names))


FLUX = safetensors(
    [f"transformer.single_transformer_blocks.0.attn.to_q.lora_{side}.weight" for side in "AB"]
    + [f"transformer.transformer_blocks.0.attn.add_k_proj.lora_{side}.weight" for side in "AB"]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "loras"


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(tokens=Tokens.parse(f"anne:{'anne' * 4},bob:{'bob-' * 4}"), lora_folder=folder, lora_bytes=5000)
    with TestClient(create_app(Simulator(), kept(tmp_path / "data"), settings)) as client:
        yield client


def bring(client: TestClient, content: bytes = FLUX, name: str = "My Face!.safetensors", **who: Any) -> Any:
    headers = who.get("headers", ANNE)
    return client.post("/loras", files={"file": (name, content)}, headers=headers)


def test_a_lora_is_kept_under_a_name_of_ours(client: TestClient, folder: Path) -> None:
    answer = bring(client)
    assert answer.status_code == 201
    lora = answer.json()
    assert "flux1" in lora["families"] and "sdxl" not in lora["families"]
    assert lora["lora_name"] == f"ryla/{lora['name']}" and lora["name"].startswith("my-face-")
    assert (folder / "ryla" / lora["name"]).read_bytes() == FLUX
    assert client.get("/loras", headers=ANNE).json()["loras"] == [lora]
    assert client.get(f"/loras/{lora['id']}", headers=ANNE).json() == lora


def test_the_same_file_again_is_the_same_lora(client: TestClient, folder: Path) -> None:
    first, second = bring(client), bring(client, name="other.safetensors")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(list((folder / "ryla").iterdir())) == 1


@pytest.mark.parametrize("name", ["../../../etc/x.safetensors", "/abs.safetensors", "..", "a/b\\c.safetensors", "\0"])
def test_no_name_of_a_caller_is_a_path(name: str, client: TestClient, folder: Path) -> None:
    lora = bring(client, name=name).json()
    assert {path.name for path in (folder / "ryla").iterdir()} == {lora["name"]}
    assert set(lora["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_a_preset_takes_its_id(client: TestClient) -> None:
    lora = bring(client).json()
    answer = client.post("/flux-lora", json=SMALL | {"loraId": lora["id"]}, headers=ANNE)
    assert answer.status_code == 200
    job = client.get(f"/jobs/{answer.headers['x-job-id']}", headers=ANNE).json()
    assert job["parameters"]["loraId"] == lora["lora_name"]


def test_a_stack_and_a_graph_take_it_too(client: TestClient) -> None:
    lora = bring(client).json()
    stack = {"loras": [{"loraId": lora["id"], "loraStrength": 0.5}]}
    assert client.post("/flux-lora", json=SMALL | stack, headers=ANNE).status_code == 200
    answer = client.post("/flux-lora", json=SMALL | stack, headers=ANNE | {"Accept": "application/json"})
    graph = client.get(f"/api/v2/jobs/{answer.json()['id']}/workflow", headers=ANNE).json()["workflow"]
    (node,) = [body for body in graph.values() if body["class_type"].startswith("LoraLoader")]
    assert node["inputs"]["lora_name"] == lora["lora_name"]
    node["inputs"]["lora_name"] = lora["id"]
    assert client.post("/workflow", json=graph, headers=ANNE).status_code == 200


def test_others_neither_see_it_nor_use_it(client: TestClient) -> None:
    lora = bring(client).json()
    assert client.get("/loras", headers=BOB).json() == {"loras": []}
    assert client.get(f"/loras/{lora['id']}", headers=BOB).status_code == 404
    assert client.delete(f"/loras/{lora['id']}", headers=BOB).status_code == 404
    for name in (lora["id"], lora["lora_name"]):
        answer = client.post("/flux-lora", json=SMALL | {"loraId": name}, headers=BOB)
        if name == lora["lora_name"] or answer.status_code != 200:
            assert answer.status_code == 422 and "there is no LoRA" in answer.text
        else:  # to the simulator any name is a file; it must not be Anne's
            job = client.get(f"/jobs/{answer.headers['x-job-id']}", headers=BOB).json()
            assert job["parameters"]["loraId"] == lora["id"]
    assert client.post("/flux-lora", json=SMALL | {"loraId": lora["lora_name"]}, headers=ANNE).status_code == 200


class Listing(Simulator):
    """Lists the LoRAs of its folder among the choices of a loader, as ComfyUI does."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def catalog(self) -> Catalog:
        known = super().catalog()
        names = [f"ryla/{path.name}" for path in sorted((self._folder / "ryla").glob("*"))]
        entry = json.loads(json.dumps(dict(known.subset(["LoraLoader"]).entries())["LoraLoader"]))
        entry["input"]["required"]["lora_name"] = [["shared.safetensors", *names], {}]
        return (known | Catalog({"LoraLoader": entry}, name="listing")).replace(name=known.name)


def test_choices_show_no_lora_of_others(folder: Path, tmp_path: Path) -> None:
    settings = Settings(tokens=Tokens.parse(f"anne:{'anne' * 4},bob:{'bob-' * 4}"), lora_folder=folder)
    with TestClient(create_app(Listing(folder), kept(tmp_path / "data"), settings)) as client:
        lora = bring(client).json()

        def choices(who: dict[str, str]) -> list[str]:
            entry = client.get("/nodes/LoraLoader", headers=who).json()["LoraLoader"]
            return list(entry["input"]["required"]["lora_name"][0])

        assert choices(ANNE) == ["shared.safetensors", lora["lora_name"]]
        assert choices(BOB) == ["shared.safetensors"]
        body = SMALL | {"loraId": "other.safetensors"}
        assert lora["name"] not in client.post("/flux-lora", json=body, headers=BOB).text


def test_loras_have_a_quota_of_their_own(folder: Path, tmp_path: Path) -> None:
    settings = Settings(lora_folder=folder, quota=Quota(uploads=100, loras=len(FLUX) + 10))
    with TestClient(create_app(Simulator(), kept(tmp_path / "data"), settings)) as client:
        assert bring(client).status_code == 201
        assert bring(client).status_code == 200, "what is there already takes no room"
        more = bring(client, FLUX[:-1] + b"\1")
        assert (more.status_code, more.json()["error"]["code"]) == (413, "over_quota")
        form = {"content_type": "image/png", "file_path": "a.png"}
        upload = client.post("/api/v2/assets", data=form, files={"file": ("a", b"x" * 101)})
        assert (upload.status_code, upload.json()["error"]["code"]) == (413, "request_too_large")
        assert "100" in upload.json()["error"]["message"]
        assert client.post("/api/v2/assets", data=form, files={"file": ("a", b"x" * 99)}).status_code == 201


def test_the_file_goes_with_its_last_owner(client: TestClient, folder: Path) -> None:
    annes, bobs = bring(client).json(), bring(client, headers=BOB).json()
    assert annes["id"] != bobs["id"] and annes["name"] == bobs["name"]
    path = folder / "ryla" / annes["name"]
    assert client.delete(f"/loras/{annes['id']}", headers=ANNE).status_code == 204
    assert path.exists()
    assert client.delete(f"/loras/{bobs['id']}", headers=BOB).status_code == 204
    assert not path.exists()
    assert client.get("/loras", headers=ANNE).json() == {"loras": []}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_safetensors"),
        (b"\x80\x04\x95 a pickle", "not_safetensors"),
        (b"PK\x03\x04 a zip", "not_safetensors"),
        (struct.pack("<Q", 2**62) + b"{}", "not_safetensors"),
        (FLUX[:-10], "not_safetensors"),
        (safetensors(["double_blocks.0.img_attn.norm.key_norm.scale"]), "not_a_lora"),
        (safetensors(["nothing.known"]), "not_a_lora"),
    ],
    ids=["empty", "pickle", "zip", "length bomb", "truncated", "a model", "unknown"],
)
def test_what_is_no_lora_is_refused(content: bytes, code: str, client: TestClient, folder: Path) -> None:
    answer = bring(client, content)
    assert answer.status_code == 422
    assert [problem["code"] for problem in answer.json()["error"]["problems"]] == [code]
    assert not (folder / "ryla").exists() or not list((folder / "ryla").iterdir())


def test_a_lora_that_is_too_large(client: TestClient) -> None:
    assert bring(client, safetensors(["x"] * 1, 0) + bytes(6000)).status_code == 413


SDXL = safetensors(
    [
        f"{module}.lora_{way}.weight"
        for way in ("down", "up")
        for module in (
            *(f"lora_unet_input_blocks_4_1_transformer_blocks_{number}_attn1_to_q" for number in range(10)),
            "lora_te2_text_model_encoder_layers_0_mlp_fc1",
        )
    ]
)


def test_a_lora_of_another_family_is_refused_at_submit(client: TestClient) -> None:
    lora = bring(client, SDXL, "style.safetensors").json()
    assert lora["families"] == ["sdxl"]
    answer = client.post("/flux-lora", json=SMALL | {"loraId": lora["id"]}, headers=ANNE)
    assert answer.status_code == 422
    (problem,) = answer.json()["error"]["problems"]
    assert problem["code"] == "lora_family" and "SDXL" in problem["message"] and "Flux.1" in problem["message"]


def test_a_deployment_without_a_folder_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Simulator(), kept(tmp_path))) as client:
        answer = client.post("/loras", files={"file": ("x.safetensors", FLUX)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_lora_folder")


def test_loras_do_not_grow_old(client: TestClient) -> None:
    lora = bring(client).json()
    store = client.app.state.deployment.store  # type: ignore[attr-defined]
    store.expire(Retention(seconds=0), now=4e9)
    assert client.get(f"/loras/{lora['id']}", headers=ANNE).status_code == 200


def test_what_a_killed_server_left_half_written_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "loras"
    (folder / "ryla").mkdir(parents=True)
    left, coming, other = (folder / "ryla" / name for name in (".a.part", ".b.part", "c.part"))
    for file in (left, coming, other):
        file.write_bytes(b"half")
    for file in (left, other):
        os.utime(file, (1e9, 1e9))
    create_app(Simulator(), kept(tmp_path), Settings(lora_folder=folder))
    assert not left.exists() and coming.exists() and other.exists()
