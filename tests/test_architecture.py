"""The shape of the house: imports point one way, rooms stay small, what is public is said."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

import ryla_graphs
from tests.conftest import ROOT

PACKAGE = ROOT / "ryla_graphs"

LAYERS = (
    "version",
    "deprecation",
    "sockets",
    "problems",
    "catalog",
    "catalogs",
    "prompt",
    "graph",
    "nodes",
    "weights",
    "software",
    "formats",
    "compare",
    "families",
    "validation",
    "answers",
    "outputs",
    "shapes",
    "plan",
    "editing",
    "origins",
    "compile",
    "searching",
    "showing",
    "workflow",
    "codegen",
    "presets",
    "testing",
    "sessions",
    "claims",
    "models_folder",
    "lockfile",
    "engines",
    "notebook",
    "faces",
    "sweeps",
    "sources",
    "pipelines",
    "client",
    "mcp",
    "ryla",
    "server",
    "modal_deploy",
    "runpod_deploy",
    "cli",
)
"""Left never imports right."""

SERVER_ROOMS = (
    "records",
    "pool",
    "threads",
    "log_lines",
    "errors",
    "job_options",
    "storage",
    "safety",
    "settings",
    "sinks",
    "environment",
    "jobs",
    "submit",
    "deployment",
    "http",
    "page",
    "app",
)
"""The rooms of the server, by what a request meets: from the ground up, as the layers."""

PURE_UP_TO = "codegen"
IMPURE = {
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
    "urllib3",
    "requests",
    "websocket",
}
GENERATED = {"nodes", "data"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
"""Lines; what CONTRIBUTING.md asks for is less."""


def sources() -> Iterator[Path]:
    return (path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def layer(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The modules that a file imports, wherever it does: in a function, or behind `TYPE_CHECKING`."""
    return tuple(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from ryla_graphs.formats import api` imports a module too.
            below = [name for alias in node.names if file_of(name := f"{node.module}.{alias.name}")]
            yield from below or [node.module]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def file_of(module: str) -> Path | None:
    """The file of a module of ours."""
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@cache
def hand_written() -> list[Path]:
    return [path for path in sources() if not GENERATED & set(path.parts) and path.name != "preset_calls.py"]


def inside(path: Path) -> str:
    """The name of a file in a message."""
    return path.relative_to(ROOT).as_posix()


def test_imports_point_left() -> None:
    found = [
        f"{inside(path)}: {layer(path)} imports {there}"
        for path in hand_written()
        if layer(path) not in ("__init__", "__main__")
        for there in (name.split(".")[1] for name in imports(path) if name.startswith("ryla_graphs."))
        if LAYERS.index(there) > LAYERS.index(layer(path))
    ]
    assert found == []


def test_the_rooms_of_the_server_point_left() -> None:
    found = [
        f"{inside(path)}: {room(path)} imports {there}"
        for path in (PACKAGE / "server").rglob("*.py")
        if room(path) != "__init__"
        for there in (name.split(".")[2] for name in imports(path) if name.startswith("ryla_graphs.server."))
        if SERVER_ROOMS.index(there) > SERVER_ROOMS.index(room(path))
    ]
    assert found == []


def room(path: Path) -> str:
    """The room of a file of the server."""
    return path.relative_to(PACKAGE / "server").parts[0].removesuffix(".py")


def test_the_rooms_of_the_server_are_those_that_exist() -> None:
    assert {room(path) for path in (PACKAGE / "server").rglob("*.py")} - {"__init__"} == set(SERVER_ROOMS)


def test_no_files_import_each_other() -> None:
    """No cycle of any size, inside rooms too: whoever reads a file needs to know only those below it."""
    written = set(hand_written())
    graph: nx.DiGraph[Path] = nx.DiGraph(
        (path, file) for path in written for name in imports(path) if (file := file_of(name)) in written and file
    )
    cycles = [component for component in nx.strongly_connected_components(graph) if len(component) > 1]
    assert [sorted(str(path.relative_to(PACKAGE)) for path in cycle) for cycle in cycles] == []
    assert list(nx.selfloop_edges(graph)) == []


def test_the_core_has_no_clock_no_chance_no_file_and_no_network() -> None:
    pure = [path for path in hand_written() if layer(path) in LAYERS[: LAYERS.index(PURE_UP_TO) + 1]]
    found = {
        inside(path): impure
        for path in pure
        if (impure := IMPURE & {part for name in imports(path) for part in (name, name.split(".")[0])})
    }
    assert len(pure) > 200 and found == {}


def test_files_stay_small() -> None:
    """Those of the package, of the tests, and of all that is around them; generated ones aside."""
    around = [path for place in ("tests", "tools", "scripts", "benchmarks") for path in (ROOT / place).rglob("*.py")]
    paths = [*hand_written(), *(path for path in around if ROOT / "tests" / "data" not in path.parents)]
    lengths = {inside(path): path.read_bytes().count(b"\n") for path in paths}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}, "split them"


@pytest.mark.parametrize("room", sorted({layer(path) for path in hand_written()}))
def test_functions_stay_small_and_public_things_have_docstrings(room: str) -> None:
    found = [
        f"{inside(path)}: {what}"
        for path in hand_written()
        if layer(path) == room
        for what in faults(ast.parse(path.read_text(encoding="utf-8")), needs_docstrings(path))
    ]
    assert found == []


def faults(tree: ast.Module, docstrings: bool) -> Iterator[str]:
    """What is too long, or has no docstring, in a file."""
    if tree.body and not ast.get_docstring(tree):
        yield "the module has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno
            if length > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines"
    for node in tree.body if docstrings else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not (node.name[0] == "_" or ast.get_docstring(node)):
            yield f"{node.name} has no docstring"


def needs_docstrings(path: Path) -> bool:
    """Rules of the simulator, and socket types, are called by what they are."""
    return not {"simulator", "rules"} & set(path.parts) and path.name != "sockets.py"


def test_faults_of_a_file_are_found() -> None:
    long = "def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION + 1)
    assert [*faults(ast.parse(long + "class A: ..."), True)] == [
        "the module has no docstring",
        f"f has {LONGEST_FUNCTION + 1} lines",
        "f has no docstring",
        "A has no docstring",
    ]
    assert [*faults(ast.parse('"""One."""\ndef f(): ...'), False)] == []


def test_no_module_is_named_like_the_standard_library() -> None:
    for path in (*sources(), *ROOT.glob("*.py")):
        for part in path.relative_to(ROOT).parts:
            name = part.removesuffix(".py")
            if name not in ("compile", "formats", "__init__", "__main__", "code", "socket", "http"):
                assert name not in sys.stdlib_module_names, path


def test_exports() -> None:
    assert ryla_graphs.__all__ == sorted(ryla_graphs.__all__)
    for name in ryla_graphs.__all__:
        assert name in ("Mask", "Person", "Picture", "WeightFile") or getattr(ryla_graphs, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        ryla_graphs.Nothing  # type: ignore[attr-defined]  # noqa: B018
    assert (PACKAGE / "py.typed").exists()


def test_the_layers_are_those_that_exist() -> None:
    assert {layer(path) for path in sources()} - {"__init__", "__main__"} == set(LAYERS)


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(result.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    heavy = {"networkx", "urllib3", "PIL", "typer", "rich", "websocket"}
    assert modules_after("import ryla_graphs").isdisjoint(heavy | {"pydantic"})
    assert modules_after("from ryla_graphs import Workflow").isdisjoint(heavy | {"ryla_graphs.plan"})
    loaded = modules_after("from ryla_graphs.client import RylaClient")
    assert loaded.isdisjoint({"fastapi", "httpx2", "PIL"} | {f"ryla_graphs.{room}" for room in ("engines", "workflow")})


def test_errors_are_all_ours() -> None:
    from ryla_graphs.problems import engine_errors, errors

    tree = errors.__doc__ or ""
    for name, value in {**vars(engine_errors), **vars(errors)}.items():
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_"):
            assert issubclass(value, errors.RylaError)
            assert name in tree, f"{name} is not drawn in the tree of errors"
