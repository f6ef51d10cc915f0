"""Python source of graphs: it gives the same bytes, checkers and ruff agree with it, and people can read it."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import AnyNode, RylaError, Workflow, catalogs, presets
from ryla_graphs.formats.python.layout import Call, Expression, Items, Keyed, lines
from ryla_graphs.formats.python.literals import constant, literal, text
from ryla_graphs.testing import graphs, mutations
from tests.conftest import ROOT, recorded
from tests.preset_examples import EXAMPLES

EVERYTHING = bool(os.environ.get("RYLA_ALL_PYTHON"))
"""Let mypy and pyright check the source of every recorded graph, which takes some minutes."""


def run(source: str, **arguments: Any) -> Workflow:
    """The workflow that the function of a module gives."""
    names: dict[str, Any] = {}
    exec(compile(source, "pipe.py", "exec"), names)
    workflow = names["workflow"](**arguments)
    assert isinstance(workflow, Workflow)
    return workflow


def digest(workflow: Workflow) -> str:
    return workflow.compile(check=False).digest


# The law


@given(graphs())
def test_the_source_of_typed_graphs_gives_the_same_bytes(workflow: Workflow) -> None:
    assert digest(run(workflow.to_python())) == digest(workflow)


@given(graphs())
def test_the_source_of_graphs_that_were_read_gives_the_same_bytes(workflow: Workflow) -> None:
    read = Workflow.load(json.loads(workflow.compile().json()))
    source = read.to_python()
    assert digest(run(source)) == digest(read)
    assert "AnyNode" not in source


@given(graphs(catalogs.bundled("core")))
def test_the_source_of_graphs_of_any_nodes_gives_the_same_bytes(workflow: Workflow) -> None:
    assert digest(run(workflow.to_python())) == digest(workflow)


@given(st.data())
def test_the_source_of_broken_graphs_gives_the_same_bytes(data: st.DataObject) -> None:
    broken = data.draw(mutations(json.loads(data.draw(graphs(max_nodes=8)).compile().json())))
    try:
        read = Workflow.of(Workflow.load(broken).graph)  # what a graph cannot hold, such as a slot of -1, is gone here
        expected = digest(read)
    except RylaError:
        return
    assert digest(run(read.to_python())) == expected


@pytest.mark.parametrize("name", ["Select to add LoRA", "class", "3d", "_3d", "²", "lora?"])
def test_inputs_that_are_no_names_in_python_get_constants(name: str) -> None:
    said = AnyNode(of="Say", inputs={name: "a red bicycle, " * 20}).output(0)
    workflow = Workflow(AnyNode(of="Save", inputs={"images": said}))
    assert digest(run(workflow.to_python())) == digest(workflow)


def test_inputs_that_are_no_names_in_python_get_variables_of_a_loop() -> None:
    pipe: object = AnyNode(of="ToDetailerPipe", inputs={"seed": 1})
    for number in range(3):
        chosen = {f"Select to add {what}": f"Select the {what} to add to the text" for what in ("LoRA", "Wildcard")}
        pipe = AnyNode(of="EditDetailerPipe", inputs={"detailer_pipe": pipe, "wildcard": f"{number}", **chosen})
    workflow = Workflow.load(json.loads(Workflow(AnyNode(of="Show", inputs={"x": pipe})).compile(check=False).json()))
    source = workflow.to_python()
    assert "select_to_add_lora in loras:" in source
    assert digest(run(source)) == digest(workflow)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_source_of_presets_gives_the_same_bytes(name: str) -> None:
    read = Workflow.load(json.loads((ROOT / f"tests/golden/{name}.json").read_text()))
    source = read.to_python()
    assert digest(run(source)) == digest(read)
    assert "AnyNode" not in source


@pytest.mark.parametrize("name", ["flux-instantid", "character-sheet"])
def test_the_source_of_built_presets_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    preset, parameters = EXAMPLES[name]
    built = presets.get(preset).build(parameters)
    source = built.to_python()
    assert digest(run(source)) == digest(built)
    assert (first := built.origin.description.splitlines()[0]) and f'    """{first}' in source
    write(tmp_path, {name: source})
    check("ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), ".", cwd=tmp_path)


def recorded_graphs() -> Iterator[tuple[str, Workflow]]:
    """The official templates whose classes are known, as the editor's prompts, and one graph of each pipeline."""
    with gzip.open(recorded("pairs.dev.jsonl.gz")) as rows:
        for row in map(json.loads, rows):
            if row["tier"] == "core" and row["source"].startswith("comfyui-workflow-templates"):
                yield row["name"], Workflow.load(row["api"])
    for path in sorted(recorded("graphs").glob("*.json")):
        yield path.stem, Workflow.load(json.loads(path.read_text()))


@pytest.fixture(scope="module")
def recorded_sources() -> dict[str, str]:
    sources = {}
    for name, workflow in recorded_graphs():
        source = workflow.to_python()
        assert digest(run(source)) == digest(workflow), name
        sources[name] = source
    return sources


def test_the_source_of_official_templates_gives_the_same_bytes(recorded_sources: dict[str, str]) -> None:
    assert len(recorded_sources) > 400
    nodes = sum(source.count(".named(") for source in recorded_sources.values())
    untyped = sum(source.count("AnyNode(") for source in recorded_sources.values())
    assert untyped / nodes < 0.02


# What others say of it


def write(folder: Path, sources: dict[str, str]) -> None:
    for number, source in enumerate(sources.values()):
        (folder / f"pipe_{number}.py").write_text(source, encoding="utf-8")


def check(*command: str, cwd: Path) -> None:
    pytest.importorskip(command[0], reason=f"{command[0]} is not installed (pip install 'ryla-graphs[dev]')")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]


def test_ruff_has_nothing_to_change(recorded_sources: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, recorded_sources)
    settings_of_project = ["--config", str(ROOT / "pyproject.toml")]
    check("ruff", "format", "--check", *settings_of_project, ".", cwd=tmp_path)
    check("ruff", "check", *settings_of_project, ".", cwd=tmp_path)


@pytest.mark.skipif(not EVERYTHING, reason="takes minutes; RYLA_ALL_PYTHON=1 runs it")
def test_both_checkers_accept_all_of_it(recorded_sources: dict[str, str], tmp_path: Path) -> None:
    # The one graph here that is wrong, and that the checkers refuse for that.
    sources = {name: source for name, source in recorded_sources.items() if not name.startswith("bad_")}
    write(tmp_path, sources)
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "pythonVersion": "3.11"})
    )
    check("mypy", "--strict", "--config-file", os.devnull, "--python-version", "3.11", ".", cwd=tmp_path)
    check("pyright", "--pythonpath", sys.executable, cwd=tmp_path)


# How it is laid out


class _Random:
    """Random expressions of the shapes that nodes have, wide and narrow, with text in every kind of quotes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def word(self) -> str:
        return "q" + "".join(self._random.choices("abc_", k=self._random.choice([1, 5, 8, 12, 20, 45]))).strip("_")

    def text(self) -> str:
        return "".join(self._random.choices(TEXT, k=self._random.choice([0, 1, 5, 10, 30, 60])))

    def value(self, depth: int = 0) -> Expression:
        numbers = [1, 0, -3, 1.5, 1e-7, 1e22, 10**17, True, None, -0.0]
        kind = self._random.choice(range(8 if depth < 3 else 4))
        count = range(self._random.randint(0, 5))
        leaves: list[Expression] = [
            literal(self.text()),
            literal(self._random.choice(numbers)),
            self.word(),
            f"{self.word()}.out.image",
        ]
        if kind < len(leaves):
            return leaves[kind]
        if kind == 4:
            return Items("[]", tuple(self.value(depth + 1) for _ in count))
        if kind == 5:
            return Items("()", tuple(self.value(depth + 1) for _ in (0, *count)))
        if kind == 6:
            return Items("{}", tuple(Keyed(f"{text(self.text())}: ", self.value(depth + 1)) for _ in count))
        return Call(f"Some.{self.word()}", tuple(self.argument(depth + 1) for _ in count))

    def argument(self, depth: int = 0) -> Keyed:
        return Keyed(f"{self.word()}=", self.value(depth))

    def call(self) -> Call:
        named = Call(".named", (text(self.text()), Keyed("title=", text(self.text()))))
        thens: list[tuple[Call | str, ...]] = [
            (),
            (named,),
            (named,),
            (named, ".out.model"),
            (named, ".out"),
            (".out",),
        ]
        arguments = tuple(self.argument() for _ in range(self._random.choice([0, 1, 1, 2, 4, 8])))
        return Call(self.word().title(), arguments, self._random.choice(thens))

    def statement(self) -> Iterator[str]:
        before = self._random.choice(["x = ", "return ", "model, clip, vae = ", f"{self.word()} = "])
        return lines(self.call(), before, "", "    ")


TEXT = "abcdefgh   ,.'\"\\\n\tж中é😀’（{%\u200b\x00"


@pytest.mark.parametrize("seed", range(20 if EVERYTHING else 4))
def test_lines_break_where_ruff_breaks_them(seed: int) -> None:
    drawn = _Random(seed)
    written = ["def f():", *(line for _ in range(300) for line in drawn.statement()), ""]
    for number in range(100):
        written += ["", *constant(f"A{number}", "".join(drawn.text() for _ in range(number % 7)))]
    source = "\n".join(written) + "\n"
    pytest.importorskip("ruff")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    result = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines() == source.splitlines(), result.stderr
