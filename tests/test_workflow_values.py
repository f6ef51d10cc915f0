"""Workflows as values: copied, pickled, compared, and freed."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

from hypothesis import given

from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, ImageInvert, PreviewImage, SaveImage
from ryla_graphs.testing import graphs
from tests.graphs import chain, text_to_image


@given(graphs(max_nodes=8))
def test_workflows_survive_copies_and_pickles(workflow: Workflow) -> None:
    assert copy.copy(workflow) is workflow and copy.deepcopy(workflow) is workflow
    read = Workflow.load(workflow.compile().prompt)
    for value in (workflow, read, workflow.prefixed("day"), Workflow.join(workflow, workflow.prefixed("again"))):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and hash(again) == hash(value)
        assert again.compile().json() == value.compile().json()
        assert [problem.code for problem in again.validate()] == [problem.code for problem in value.validate()]
    assert read == workflow


def test_pickles_go_as_deep_as_graphs() -> None:
    workflow = chain(10_000)
    again = pickle.loads(pickle.dumps(workflow))
    assert again == workflow and again.graph.nodes[0].source_ == workflow.graph.nodes[0].source_
    assert Workflow(pickle.loads(pickle.dumps(workflow.graph.sinks[0]))) == workflow


def test_workflows_are_equal_where_their_bytes_are() -> None:
    assert text_to_image() == text_to_image() and len({text_to_image(), text_to_image(), text_to_image(seed=2)}) == 2
    assert text_to_image() != Workflow(*text_to_image().graph.sinks, name="other")
    image = EmptyImage(width=64, height=64).named("x")
    broken = Workflow(PreviewImage(images=ImageInvert(image=image).named("x")))
    assert broken == broken and broken != Workflow(*broken.graph.sinks) and hash(broken)


def test_a_compiled_workflow_is_freed_as_soon_as_nothing_holds_it() -> None:
    compiled = Workflow(SaveImage(images=EmptyImage(width=64, height=64), filename_prefix="x")).compile()
    assert compiled.view.families.asking is not None
    view = weakref.ref(compiled.view)
    gc.disable()
    try:
        del compiled
        assert view() is None, "it is part of a cycle"
    finally:
        gc.enable()
