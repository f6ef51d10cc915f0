"""A graph reads what came with it and writes below its own folder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import Workflow, catalogs
from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.nodes import (
    EmptyImage,
    LoadImage,
    LoadImageOutput,
    PrimitiveString,
    SaveAnimatedWEBP,
    SaveImage,
    VHS_LoadImagePath,
)
from ryla_graphs.problems import InvalidWorkflow
from ryla_graphs.server.safety.confine import FREE_READERS, FREE_WRITERS, PREFIXES, Confinement, confined, is_plain
from ryla_graphs.testing import graphs

FOLDER = "ryla/job-1"


def saving(prefix: str) -> CompiledWorkflow:
    return Workflow(SaveImage(images=EmptyImage(), filename_prefix=prefix).named("save")).compile()


def loading(name: str) -> CompiledWorkflow:
    return Workflow(SaveImage(images=LoadImage(image=name).named("photo").out.image)).compile()


@given(st.text(max_size=200))
def test_any_prefix_ends_up_below_the_folder(prefix: str) -> None:
    inside = confined(saving(prefix), FOLDER, ()).prompt["save"]["inputs"]["filename_prefix"]
    folder, _, stem = inside.rpartition("/")
    assert folder == FOLDER
    assert stem and ".." not in stem and not set(stem) & set('\\/:*?"<>|%\0\n')


@pytest.mark.parametrize(
    ("prefix", "stem"),
    [
        ("ComfyUI", "ComfyUI"),
        ("../../etc/passwd", "passwd"),
        ("a/b/../..", "output"),
        ("C:\\x\\y", "y"),
        ("", "output"),
        ("%date:yyyy%", "_date_yyyy_"),
        ("x" * 99, "x" * 80),
    ],
)
def test_the_last_part_of_a_prefix_stays(prefix: str, stem: str) -> None:
    inside = confined(saving(prefix), FOLDER, ()).prompt["save"]["inputs"]["filename_prefix"]
    assert inside == f"{FOLDER}/{stem}"


def test_a_wired_prefix_is_replaced_too() -> None:
    prefix = PrimitiveString(value="../elsewhere")
    workflow = Workflow(SaveImage(images=EmptyImage(), filename_prefix=prefix).named("save")).compile()
    assert confined(workflow, FOLDER, ()).prompt["save"]["inputs"]["filename_prefix"] == f"{FOLDER}/output"


def test_every_class_that_saves_is_confined() -> None:
    webp = SaveAnimatedWEBP(images=EmptyImage(), filename_prefix="../x", method="default").named("save")
    assert confined(Workflow(webp).compile(), FOLDER, ()).prompt["save"]["inputs"]["filename_prefix"] == f"{FOLDER}/x"
    for name, schema in catalogs.bundled().items():
        prefixes = {spec.name for spec in schema.every_input() if spec.name.endswith(("_prefix", "folder_name"))}
        if schema.output_node and name not in FREE_WRITERS:
            assert prefixes - {"show_history_by_prefix", "model_key_prefix"} <= set(PREFIXES), name


@given(graphs(catalogs.bundled("core")))
def test_only_what_is_written_changes(workflow: Workflow) -> None:
    compiled = workflow.compile()
    given_files = {value for _, _, value in file_inputs(compiled)}
    try:
        inside = confined(compiled, FOLDER, given_files)
    except InvalidWorkflow as refused:
        codes = {problem.code for problem in refused.problems}
        assert codes == {"class_not_allowed"}
        return
    for number, body in compiled.prompt.items():
        for name, value in body["inputs"].items():
            same = inside.prompt[number]["inputs"][name] == value
            assert same or name in PREFIXES


@pytest.mark.parametrize(
    "name", ["face.png", "../../etc/passwd", "/etc/passwd", "face.png [output]", "clipspace/x.png", "C:\\x.png"]
)
def test_a_file_that_did_not_come_along_is_refused(name: str) -> None:
    with pytest.raises(InvalidWorkflow) as refused:  # paths are refused by validation already
        confined(loading(name), FOLDER, ["other.png"])
    (problem,) = refused.value.problems
    assert problem.code in ("input_not_given", "custom_validation_failed")
    assert (problem.node, problem.input) == ("photo", "image")


def test_a_file_that_came_along_is_read() -> None:
    confined(loading("face.png"), FOLDER, ["face.png"])


def test_a_server_of_ones_own_may_share_its_input_folder() -> None:
    shared = Confinement(shared_inputs=True)
    confined(loading("face.png"), FOLDER, (), shared)
    confined(loading("faces/anne (1).png"), FOLDER, (), shared)
    for name in ("../face.png", "/face.png", "face.png [output]", "a/../b.png", "a//b.png", ".hidden"):
        assert not is_plain(name)
        with pytest.raises(InvalidWorkflow):
            confined(loading(name), FOLDER, (), shared)


@pytest.mark.parametrize(
    "workflow",
    [
        Workflow(SaveImage(images=VHS_LoadImagePath(image="x.png").out[0])),
        Workflow(SaveImage(images=LoadImageOutput(image="x.png").out.image)),
    ],
    ids=["path", "output folder"],
)
def test_classes_that_read_anything_are_refused(workflow: Workflow) -> None:
    with pytest.raises(InvalidWorkflow, match="not allowed"):
        confined(workflow.compile(), FOLDER, ["x.png"])


def test_the_denied_classes_exist() -> None:
    packs = {"ImageReceiver"}
    assert set(catalogs.bundled()) | packs >= FREE_READERS | FREE_WRITERS


def test_only_allowed_classes_run_where_a_list_is_given() -> None:
    rules = Confinement(allowed=frozenset({"SaveImage"}))
    with pytest.raises(InvalidWorkflow) as refused:
        confined(saving("x"), FOLDER, (), rules)
    assert [problem.class_type for problem in refused.value.problems] == ["EmptyImage"]
