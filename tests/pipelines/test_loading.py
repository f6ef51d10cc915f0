"""What is loaded of files, folders, modules and entry points, and what is said of what is not."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import Catalog, InvalidParameters, catalogs, presets
from ryla_graphs.pipelines import Loaded, Pipelines, load, loading
from ryla_graphs.pipelines.functions import ASKED_BESIDE
from ryla_graphs.pipelines.limited import TookTooLong, within
from ryla_graphs.server.job_options import JobOptions
from ryla_graphs.server.submit.options import split_options
from tests.pipelines.own import EDITOR, PYTHON, written

HEAD = "from ryla_graphs import Workflow\nfrom ryla_graphs.nodes import EmptyImage, SaveImage\n"
GOOD = "def good() -> Workflow:\n    return Workflow(SaveImage(images=EmptyImage()))\n"


def loaded(folder: Path, code: str, name: str = "theirs.py") -> Loaded:
    (folder / name).write_text(HEAD + GOOD + code)
    return patiently(folder / name)


def patiently(path: Path) -> Loaded:
    """Load with a short limit, since some code never ends; longer, if a slow machine does not get through the good."""
    for seconds in (0.5, 4.0, 32.0):
        found = load([str(path)], import_seconds=seconds, build_seconds=seconds)
        if found.presets:
            break
    return found


CLASHING = """
from ryla_graphs.presets import Parameters, Preset

class Bad(Parameters):
    labels: str = ""

bad = Preset("bad", Bad, lambda p: good(), example={})
"""

REFUSED = {
    "loops when it is built": (
        "def bad() -> Workflow:\n    while True:\n        pass\n",
        r"py:\d: it did not end in",
    ),
    "takes **kwargs": ("def bad(**more: int) -> Workflow: ...\n", r"py:5: `bad` takes `\*\*more`"),
    "takes *args": ("def bad(*more: int) -> Workflow: ...\n", r"py:5: `bad` takes `\*more`"),
    "says that it gives a list": ("def bad() -> list[Workflow]: ...\n", "gives `list.*one `Workflow`"),
    "gives a list": ("def bad() -> Workflow:\n    return [good()]\n", "py:5: `bad` gave list, not a Workflow"),
    "gives nothing": ("def bad() -> Workflow: ...\n", "py:5: `bad` gave NoneType, not a Workflow"),
    "is async": ("async def bad() -> Workflow: ...\n", "is async"),
    "has no types": ("def bad(steps) -> Workflow: ...\n", "does not say what `steps` is"),
    "takes what JSON cannot say": ("def bad(how: type) -> Workflow: ...\n", "py:5: a parameter is of a type that JSON"),
    "names what is not there": ("def bad(how: 'Nothing') -> Workflow: ...\n", "py:5: .*'Nothing' is not defined"),
    "has a bad default": ("def bad(steps: int = 'many') -> Workflow:\n    return good()\n", "steps.*valid integer"),
    "raises with its own defaults": ("def bad() -> Workflow:\n    return 1 / 0\n", r"py:6: ZeroDivisionError"),
    "takes what the server is asked": (
        "def bad(gpu: str = '') -> Workflow: ...\n",
        "`gpu`, which is asked of",
    ),
    "is a preset that takes what the server is asked": (CLASHING, "`bad` has a parameter `labels`, which is asked of"),
    "takes a list of pictures": (
        "from ryla_graphs import Picture\ndef bad(faces: list[Picture]) -> Workflow: ...\n",
        "`bad` has pictures inside of `faces`",
    ),
    "has a private parameter": ("def bad(_x: int = 1) -> Workflow: ...\n", "py:5: `bad` has a private parameter `_x`"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_pipeline_is_reported_with_its_line_and_the_others_are_there(what: str, tmp_path: Path) -> None:
    code, reason = REFUSED[what]
    found = loaded(tmp_path, code)
    assert [preset.name for preset in found.presets] == ["good"]
    (reported,) = found.not_served
    assert reported.source == str(tmp_path / "theirs.py")
    assert re.search(reason, str(reported)), str(reported)


FAILING = {
    "no Python": ("def\n", "py:1: SyntaxError"),
    "raises": (f"{HEAD}\nopen('/nothing/here')\n", "py:4: FileNotFoundError"),
    "ends Python": (f"{HEAD}\nraise SystemExit(3)\n", "py:4: SystemExit"),
    "loops": (f"{HEAD}\nwhile True:\n    pass\n", r"py:\d: it did not end in"),
    "has nothing": ("x = 1\n", "no @preset, no function `-> Workflow`, and no"),
}


@pytest.mark.parametrize("what", FAILING)
def test_a_file_that_fails_is_reported_with_its_line(what: str, tmp_path: Path) -> None:
    code, reason = FAILING[what]
    (tmp_path / "a_failing.py").write_text(code)
    (tmp_path / "b_good.py").write_text(HEAD + GOOD)
    found = patiently(tmp_path)
    assert [preset.name for preset in found.presets] == ["good"]
    assert re.search(reason, str(found.not_served[0])), found.not_served


def test_code_that_takes_long_is_logged_with_its_line_before_it_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    def loop() -> None:
        while True:
            pass

    with pytest.raises(TookTooLong, match=r"test_loading.py:\d+: it did not end in 0.2 s"):
        within(0.2, loop, patience=0.1)
    (line,) = (row.getMessage() for row in caplog.records)
    assert re.search(r"test_loading.py:\d+: still at work; it is stopped after 0.2 s", line)


def test_what_is_not_there_is_reported() -> None:
    found = load(["nothing.py", "nothing.json", "no/where", "no_such_module.of_mine"])
    assert [row.source for row in found.not_served] == [
        "nothing.py",
        "nothing.json",
        "no/where",
        "no_such_module.of_mine",
    ]
    assert "no such file" in str(found.not_served[0]) and "ModuleNotFoundError" in str(found.not_served[3])


def test_a_module_of_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "__init__.py").write_text("")
    (tmp_path / "a_package" / "drawing.py").write_text(PYTHON)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load(["a_package.drawing"])
    assert [preset.name for preset in found.presets] == ["grey", "small-portrait"] and not found.not_served


def test_a_file_called_like_another_module_does_not_take_its_place(tmp_path: Path) -> None:
    found = loaded(tmp_path, "", "json.py")
    assert [preset.name for preset in found.presets] == ["good"]
    assert sys.modules["json"] is json


def test_installed_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "installed_one.py").write_text(HEAD + GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [
        EntryPoint("a_name_of_its_own", "installed_one:good", loading.GROUP),
        EntryPoint("broken", "installed_one:nothing", loading.GROUP),
        EntryPoint("whole", "installed_one", loading.GROUP),
    ]
    monkeypatch.setattr(loading, "entry_points", lambda group: points if group == loading.GROUP else [])
    found = load([], installed=True)
    assert [preset.name for preset in found.presets] == ["a-name-of-its-own", "good"]
    assert "broken = installed_one:nothing" in str(found.not_served[0])


def test_a_name_that_is_taken_is_reported(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "z.py").write_text(HEAD + GOOD.replace("good", "grey") + GOOD.replace("good", "flux_dev"))
    found = Pipelines(load([str(tmp_path)]), routes=["one-colour"])
    reported = "\n".join(map(str, found.not_served))
    assert "`grey`: another pipeline is called so" in reported
    assert "`flux-dev`: a preset of the library is called so" in reported
    assert "`one-colour`: the server has a route /one-colour" in reported
    assert found.own == ("grey", "small-portrait")
    assert found.get("flux-dev") is presets.get("flux-dev")


def test_presets_of_the_library_that_a_file_imports_are_not_its_own(tmp_path: Path) -> None:
    found = loaded(tmp_path, "from ryla_graphs.presets.flux_dev import flux_dev\n")
    assert [preset.name for preset in found.presets] == ["good"] and not found.not_served


def test_a_picture_may_be_left_out(tmp_path: Path) -> None:
    code = "from ryla_graphs import Picture\ndef one(face: Picture | None = None) -> Workflow:\n    return good()\n"
    found = loaded(tmp_path, code)
    assert Pipelines(found).get("one").pictures == ("face",), found.not_served


def test_the_engine_is_asked_once_for_its_classes(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(EDITOR))
    asked: list[str] = []

    def catalog() -> Catalog:
        asked.append("")
        return catalogs.bundled()

    assert len(load([str(tmp_path)], catalog=catalog).presets) == 2 and len(asked) == 1


def test_a_function_that_no_made_up_value_suits_is_served(tmp_path: Path) -> None:
    code = "def picky(word: str) -> Workflow:\n    if word != 'please':\n        raise ValueError('say please')\n"
    found = loaded(tmp_path, code + "    return good()\n")
    picky = Pipelines(found).get("picky")
    assert not found.not_served and picky.build(word="please")
    with pytest.raises(InvalidParameters, match="say please"):
        picky.build(word="now")


def test_a_pipeline_that_loops_for_some_parameters_is_stopped(tmp_path: Path) -> None:
    code = "def often(times: int = 1) -> Workflow:\n    while times > 2:\n        pass\n    return good()\n"
    often = Pipelines(loaded(tmp_path, code)).get("often")
    with pytest.raises(Exception, match=r"py:\d+: it did not end in 0.5 s"):
        often.build(times=3)
    assert often.build(times=2)


def test_no_parameter_is_called_like_what_a_server_is_asked_for() -> None:
    given = {
        "webhook_url": "https://a.com",
        "gpu": "L4",
        "max_cost_usd": 1.0,
        "user_key": "ann",
        "outputs": ["1"],
        "labels": {"a": "b"},
    }
    assert set(given) == set(ASKED_BESIDE)
    assert split_options(given, JobOptions(), lambda _: None)[0] == {}


def editor(**extra: Any) -> str:
    return json.dumps(EDITOR | {"extra": extra})


def test_what_app_mode_shows_are_the_parameters(tmp_path: Path) -> None:
    (tmp_path / "colour.json").write_text(json.dumps(EDITOR))
    (colour,) = load([str(tmp_path)]).presets
    assert list(colour.parameters.model_fields) == ["color", "width"]
    prompt = colour.build(color=3).compile().prompt
    assert (prompt["1"]["inputs"]["color"], prompt["1"]["inputs"]["width"]) == (3, 64)
    with pytest.raises(InvalidParameters, match=r"width: .*greater than or equal to 1"):
        colour.build(width=0)


GRAPHS = {
    "no app mode": (editor(), None, "choose inputs for app mode in the editor, or name them in it.toml"),
    "no graph": ("[]", None, "it.json"),
    "no JSON": ("{", None, "not JSON"),
    "bad toml": (editor(), "[parameters\n", r"it.toml: .*line 1"),
    "an input that is not there": (editor(), '[parameters]\nwidth = "1.widht"\n', "`width`: .*did you mean 'width'"),
    "a node that is not there": (editor(), '[parameters]\nwidth = "9.width"\n', "`width`: .*no node '9'"),
    "a link": (editor(), '[parameters]\npicture = "2.images"\n', "takes only a link"),
    "an unknown key": (editor(), '[parameters.width]\ninput = "1.width"\nmaximum = 3\n', "it.toml:3: .*maximum"),
    "a default out of range": (
        editor(),
        '[parameters.width]\ninput = "1.width"\ndefault = 9\nmax = 8\n',
        "width: .*less than or equal to 8",
    ),
}


@pytest.mark.parametrize("what", GRAPHS)
def test_a_saved_graph_that_cannot_be_served_is_reported(what: str, tmp_path: Path) -> None:
    graph, sheet, reason = GRAPHS[what]
    (tmp_path / "it.json").write_text(graph)
    if sheet is not None:
        (tmp_path / "it.toml").write_text(sheet)
    found = load([str(tmp_path / "it.json")])
    assert not found.presets
    assert re.search(reason, str(found.not_served[0])), str(found.not_served[0])
