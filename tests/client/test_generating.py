"""Modules of typed calls, written from the document of a server."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import connect, create_app
from ryla_graphs.client.generating import module_of
from ryla_graphs.problems import InvalidDocument
from ryla_graphs.server import Settings, SqliteStore
from ryla_graphs.server.safety.tokens import Tokens
from tests.conftest import ROOT
from tests.server.live import listening
from tests.test_cli import good, ryla

TOKEN = "0123456789abcdef-me"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"))
    store = SqliteStore(tmp_path_factory.mktemp("data"))
    with listening(create_app(connect("simulator"), store, settings)) as address:
        yield address


def test_a_module_of_a_server_runs_and_has_types(address: str, tmp_path: Path) -> None:
    assert good("client", "generate", address, "-o", tmp_path / "my_client.py", RYLA_TOKEN=TOKEN)
    program = tmp_path / "program.py"
    program.write_text(
        "from my_client import Pipelines\nfrom ryla_graphs.client import RylaClient\n"
        'print(Pipelines(RylaClient.from_env()).flux_dev(prompt="x", width=64, height=64, steps=1).state)\n'
    )
    environment = {**os.environ, "RYLA_URL": address, "RYLA_TOKEN": TOKEN, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    result = subprocess.run([sys.executable, program], capture_output=True, text=True, env=environment, check=False)
    assert (result.stdout, result.stderr) == ("succeeded\n", "")
    assert "/nothing/openapi.json answered 4" in ryla("client", "generate", f"{address}/nothing").stderr
    assert "no ryla_graphs server answers" in ryla("client", "generate", "http://127.0.0.1:9").stderr


def document(name: str = "portrait", summary: str = "A portrait.", **properties: Any) -> dict[str, Any]:
    schema = {"properties": properties, "required": ["words"]}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/OwnParams"}}}}
    inner = {"properties": {"deepName": {"type": "string"}, "more": {"$ref": "#/components/schemas/InnerParams"}}}
    return {
        "paths": {f"/{name}": {"post": {"tags": ["presets"], "summary": summary, "requestBody": body}}},
        "components": {"schemas": {"OwnParams": schema, "InnerParams": inner}},
    }


def test_every_kind_of_parameter() -> None:
    text = module_of(
        document(
            name="my-portrait",
            words={"type": "string", "description": "What to show"},
            inputImage={"anyOf": [{"type": "string"}, {"type": "null"}], "format": "ryla-file"},
            image2={"type": "string", "format": "ryla-file"},
            size={"type": "integer", "minimum": 64, "maximum": 128, "default": 64},
            style={"enum": ["oil", "ink"], "type": "string"},
            parts={"type": "array", "items": {"$ref": "#/components/schemas/InnerParams"}},
            labels={"type": "object", "additionalProperties": {"type": "string"}},
            anything={},
        ),
        "http://127.0.0.1:8100",
    )
    ast.parse(text)
    for line in (
        "words: Required[str]",
        '"""What to show"""',
        "input_image: File | None",
        "image2: File",
        "size: int",
        '"""64 to 128; by default 64"""',
        "style: Literal['oil', 'ink']",
        "parts: list[Inner]",
        "labels: dict[str, str]",
        "anything: Any",
        "deep_name: str",
        "    def my_portrait(",
        "    async def my_portrait(",
        "self, *, on_event: OnEvent | None = None, previews: bool = False, **parameters: Unpack[MyPortraitParameters]",
        ") -> Job:",
        ") -> AsyncJob:",
        'self._client.run_preset("my-portrait", parameters, on_event=on_event, previews=previews)',
    ):
        assert f"{line}\n" in text, line


SPACED: dict[str, Any] = {"a b": {}}
ODD = ('""" + evil() + """', 'ends with "', "a \\", "two\nlines \x00 and \u2028 more", "\\N{x}")


@pytest.mark.parametrize("said", ODD)
def test_what_a_server_says_stays_text(said: str) -> None:
    text = module_of(document(summary=said, words={"type": "string", "description": said, "default": said}), said)
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert {ast.unparse(call.func) for call in calls} <= {"self._client.run_preset"}


@pytest.mark.parametrize(
    "given",
    [[], {"paths": {}}, {"openapi": "3.1.0"}, document("class"), document(**SPACED), document(x={"$ref": "#/y"})],
)
def test_documents_of_which_nothing_can_be_written(given: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument):
        module_of(given, "it")
    (tmp_path / "openapi.json").write_text(json.dumps(given))
    assert ryla("client", "generate", tmp_path / "openapi.json").returncode == 1
