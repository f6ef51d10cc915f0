"""What README.md and docs/ show is what happens: code is run, printed text and pictures are compared."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ryla_graphs import cli, presets
from ryla_graphs.cli.help_json import described
from ryla_graphs.engines import connect
from ryla_graphs.server import SqliteStore, create_app
from tests.conftest import ROOT
from tests.formats.files import PROMPT, WORKFLOW, made
from tests.server.live import listening
from tests.test_cli import ryla

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fences() -> list[tuple[str, str, str, str]]:
    """Name, language, content, and the content of the fence before."""
    found = []
    for path in DOCUMENTS:
        before = ""
        for number, (language, content) in enumerate(FENCE.findall(path.read_text(encoding="utf-8")), start=1):
            found.append((f"{path.stem}-{number}-{language}", language, content, before))
            before = content
    return found


def of_language(*languages: str) -> list[Any]:
    return [pytest.param(content, before, id=name) for name, lang, content, before in fences() if lang in languages]


def execute(code: str) -> tuple[dict[str, Any], str]:
    """The names an example makes, and what it prints; its tests are called."""
    names: dict[str, Any] = {"__name__": "example"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "example.py", "exec"), names)
        for name, value in list(names.items()):
            if name.startswith("test_"):
                value()
    return names, printed.getvalue()


SERVER = "http://127.0.0.1:8100"
"""Where examples take a server to be."""


@pytest.mark.parametrize(("code", "before"), of_language("python"))
def test_examples_run(code: str, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if SERVER not in code:
        execute(code)
        return
    with listening(create_app(connect("simulator"), SqliteStore(tmp_path / "data"))) as address:
        execute(code.replace(SERVER, address))


@pytest.mark.parametrize(("text", "code"), of_language("text"))
def test_examples_print_what_is_shown(text: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(code)[1] == text


@pytest.mark.parametrize(("picture", "code"), of_language("mermaid"))
def test_pictures_are_of_the_graph_above(picture: str, code: str) -> None:
    assert execute(code)[0]["workflow"].to_mermaid() == picture


def commands() -> list[str]:
    lines = (line for _, lang, content, _ in fences() if lang == "bash" for line in content.splitlines())
    shown = [line.split("   ")[0] for line in lines if line.startswith("ryla-graphs ") and " serve" not in line]
    hub = ("weights pull", "weights add")
    return [line for line in shown if "--dry-run" in line or not any(name in line for name in hub)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the commands name."""
    monkeypatch.chdir(tmp_path)
    for name in {"me.png", "scene.png", *re.findall(r"@([\w-]+\.png)", " ".join(commands()))}:
        Image.new("RGB", (64, 64), "tan").save(tmp_path / name)
    shutil.copy(ROOT / "tests" / "data" / "faces" / "obama.jpg", tmp_path / "me.jpg")
    graph = dict(presets.get("flux-dev").build({"prompt": "x"}).compile().prompt)
    for name in ("graph.json", "my_graph.json"):
        (tmp_path / name).write_text(json.dumps(graph))
    (tmp_path / "fox.png").write_bytes(made("PNG"))
    (tmp_path / "workflow.json").write_text(json.dumps(WORKFLOW))
    (tmp_path / "request.json").write_text(json.dumps({"prompt": PROMPT, "client_id": "x"}))
    (tmp_path / "prompts.jsonl").write_text(json.dumps({"id": 1, "prompt": graph}) + "\n")
    (tmp_path / "rows.csv").write_text(next(content for _, lang, content, _ in fences() if lang == "csv"))
    (tmp_path / "ComfyUI" / "models").mkdir(parents=True)
    portrait = next(content for _, _, content, _ in fences() if "def portrait(" in content)
    (tmp_path / "my_pipelines.py").write_text(portrait)
    (tmp_path / "own.py").write_text(next(content for _, _, content, _ in fences() if "def small_portrait(" in content))
    monkeypatch.setenv("RYLA_PIPELINES", "own.py")
    return tmp_path


@pytest.mark.parametrize("command", commands())
def test_commands_work(command: str, place: Path) -> None:
    """As they are shown, but for the address of a server; the first of each kind with a Python of its own."""
    facts = str(ROOT / "tests" / "data" / "object_info.json")
    catalog = command.replace("--object-info http://127.0.0.1:8188", f"--object-info {facts}")
    local = catalog.replace("--engine http://127.0.0.1:8188", "--engine simulator")
    if "--catalog http" in local:
        local = local.partition(" --catalog")[0]
    kind = command.split()[1]
    first = next(other for other in commands() if other.split()[1] == kind)
    result = ryla(*shlex.split(local)[1:], cold=command == first)
    missing = "weights check" in local and "--preset" in local  # the weights are not here
    assert result.returncode == int(missing or " diff " in local), result.stderr


def shown_commands() -> list[tuple[str, str]]:
    """Every command of ours in a fence or between backticks, run here or not, with its document."""
    found = []
    for path in [*DOCUMENTS, ROOT / "skills" / "ryla-graphs" / "SKILL.md", ROOT / "examples" / "README.md"]:
        text = re.sub(r"\\\n *", "", path.read_text(encoding="utf-8"))
        fenced = [line for _, content in FENCE.findall(text) for line in content.splitlines()]
        prose = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
        for line in (*fenced, *prose):
            command = re.search(r"(?:^|^\$ |^[A-Z_]+=\S+ )(ryla-graphs .*)", line.replace("\n", " "))
            if command:
                found.append((path.name, command[1].partition("   #")[0]))
    return found


def test_every_option_in_the_documents_exists() -> None:
    """Also of the commands that no test runs: those that need a server, a Hub, or a file of one's own."""
    wrong, everything = [], described(cli.app)
    for document, line in shown_commands():
        command, flags = everything, {"--help", "--help-json", "--install-completion", "--version"}
        for word in line.split()[1:]:
            command = next((sub for sub in command.get("commands", ()) if sub["name"] == word), command)
        flags |= {flag for each in command.get("parameters", ()) for flag in each.get("flags", ())}
        wrong += [f"{document}: {line}" for option in re.findall(r"(?<= )--?[a-z][\w-]*", line) if option not in flags]
    assert wrong == []
    assert len(shown_commands()) > 100


def test_the_documents_name_what_is_there() -> None:
    for path in DOCUMENTS:
        prose = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_problem_code_is_in_the_documents() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "ryla_graphs").rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r"""(?:code=|input_problem\()"(\w+)\"""", text)}
    written = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert {code for code in codes if f"`{code}`" not in written} == set()
    assert len(codes) > 15


def test_the_readme_names_every_preset() -> None:
    written = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in presets.NAMES if f"`{name}`" not in written] == []
