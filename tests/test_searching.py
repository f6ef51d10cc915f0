"""Nodes of a workflow by class and by id, and what is said of those that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.nodes import EmptyImage, ImageInvert, KSampler
from ryla_graphs.problems import InvalidWorkflow, NotFound
from tests.graphs import text_to_image


def test_nodes_by_class() -> None:
    workflow = text_to_image()
    assert workflow.find("KSampler") == workflow.find(KSampler) != ()
    assert workflow.find("ImageScale") == () == workflow.find(ImageInvert)
    with pytest.raises(NotFound, match="there is no node class 'KSamplr'; did you mean 'KSampler'"):
        workflow.find("KSamplr")
    with pytest.raises(NotFound, match="is no class of nodes"):
        workflow.find(workflow.node("sampler"))  # type: ignore[call-overload]
    unknown = Workflow.load({"1": {"class_type": "Own", "inputs": {}}})
    assert len(unknown.find("Own")) == 1
    with pytest.raises(NotFound, match="did you mean 'Own'"):
        unknown.find("own")


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (lambda node: node, KSampler, r"KSampler.*is a class, not a node.*write KSampler\(\.\.\.\)"),
        (lambda _: KSampler, EmptyImage(), r"take one of the workflow: workflow.find\(KSampler\)\[0\]"),
        (lambda _: "sampler", EmptyImage(), r"is a str, not a node.*workflow.node\('sampler'\)"),
        (lambda node: node, None, "None is a NoneType, not a node"),
    ],
)
def test_replace_refuses_what_is_no_node(old: Any, new: Any, hint: str) -> None:
    workflow = text_to_image()
    with pytest.raises(InvalidWorkflow, match=f"(?s){hint}"):
        workflow.replace(old(workflow.node("sampler")), new)
