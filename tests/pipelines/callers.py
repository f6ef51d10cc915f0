"""A user's own file with three pipelines, and all who call it: curl, our client, the official SDK."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from comfy_sdk import Comfy
from PIL import Image

from ryla_graphs import RylaClient

THREE = '''
from typing import Annotated

from pydantic import Field

from ryla_graphs import Picture, Workflow, load_picture, preset
from ryla_graphs.nodes import EmptyImage, ImageInvert, SaveImage
from ryla_graphs.presets import Parameters


class GreyParams(Parameters):
    width: Annotated[int, Field(ge=16, le=512)] = 64


@preset("grey", GreyParams, example={})
def grey(p: GreyParams) -> Workflow:
    """A grey picture."""
    return Workflow(SaveImage(images=EmptyImage(width=p.width, height=64)).named("save"))


def negative(face: Picture) -> Workflow:
    """The negative of a picture."""
    return Workflow(SaveImage(images=ImageInvert(image=load_picture(face, "face"))).named("save"))


dot = Workflow(SaveImage(images=EmptyImage(width=16, height=16)).named("save"))
'''


def three(folder: Path) -> str:
    """The file."""
    (folder / "three.py").write_text(THREE)
    return str(folder / "three.py")


def size(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


def called_by_all(address: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each caller runs each of the three, and the SDK finds what curl began."""
    face = io.BytesIO()
    Image.new("RGB", (40, 24), "tan").save(face, "PNG")
    data_url = f"data:image/png;base64,{base64.b64encode(face.getvalue()).decode()}"
    bodies: dict[str, dict[str, Any]] = {"grey": {"width": 32}, "negative": {"face": data_url}, "dot": {}}
    sizes = {"grey": (32, 64), "negative": (40, 24), "dot": (16, 16)}

    ids = {}
    for name, body in bodies.items():
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--include", f"{address}/{name}"]
        command += ["--header", f"Authorization: Bearer {token}", "--header", "Content-Type: application/json"]
        command += ["--data", json.dumps(body)]
        said = subprocess.run(command, capture_output=True, check=True).stdout
        head, _, picture = said.partition(b"\r\n\r\n")
        assert size(picture) == sizes[name]
        ids[name] = next(
            line[10:].strip().decode() for line in head.splitlines() if line.lower().startswith(b"x-job-id:")
        )

    with RylaClient(address, token) as client:
        ours: Any = client
        made = {"grey": ours.grey(width=32), "negative": ours.negative(face=face.getvalue()), "dot": ours.dot()}
        assert {name: size(job.outputs[0].read()) for name, job in made.items()} == sizes

    monkeypatch.setenv("COMFY_BASE_URL", address)
    monkeypatch.setenv("COMFY_API_KEY", token)
    headers = {"Authorization": f"Bearer {token}"}
    with Comfy() as sdk:
        for name, job_id in ids.items():
            assert size(sdk.jobs.get(job_id).result().outputs[0].to_bytes()) == sizes[name]
        drawn = requests.post(f"{address}/presets/grey/graph", json=bodies["grey"], headers=headers, timeout=60)
        ran = sdk.run(sdk.workflows.from_json(drawn.json()["prompt"]))
        assert size(ran.outputs[0].to_bytes()) == sizes["grey"]
