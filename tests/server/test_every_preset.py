"""Every preset is served under its name, pictures and masks among its parameters, and described in OpenAPI."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import presets
from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from tests.preset_examples import EXAMPLES, acting
from tests.server.clients import TestClient

SMALL = {"width": 64, "height": 64, "megapixels": 0.1, "resolution": 64, "length": 9, "steps": 2, "refineSteps": 1}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = SqliteStore(tmp_path_factory.mktemp("data"))
    with TestClient(create_app(Simulator(), store, Settings())) as client:
        yield client


def picture() -> str:
    buffer = io.BytesIO()
    Image.new("RGBA", (32, 32), (200, 40, 40, 128)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("name", presets.NAMES)
def test_it_is_served_with_all_its_pictures(name: str, client: TestClient) -> None:
    """Of its examples the one with the most pictures."""
    given = max((parameters for preset, parameters in EXAMPLES.values() if preset == name), key=pictures)
    body = {key: picture() if is_picture(value) else value for key, value in given.items()}
    answer = client.post(f"/{name}", json=body | acting(name, SMALL, given), headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["state"] == "succeeded" and job["outputs"]
    sent = {key for key, value in given.items() if is_picture(value)}
    assert all(job["parameters"][key].endswith(".png") for key in sent)


def is_picture(value: Any) -> bool:
    return isinstance(value, str) and value.endswith(".png")


def pictures(parameters: dict[str, Any]) -> int:
    return sum(map(is_picture, parameters.values()))


def test_openapi_has_them_all(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    for name in presets.NAMES:
        body = described["paths"][f"/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        schema = described["components"]["schemas"][body["$ref"].rpartition("/")[2]] if "$ref" in body else body
        wanted = {str(fact.alias) for fact in presets.get(name).parameters.model_fields.values()}
        assert wanted <= schema["properties"].keys(), name
