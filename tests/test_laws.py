"""Laws that hold for every graph."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import RylaError, Workflow, catalogs
from ryla_graphs.formats import api, drafts
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.passes import merge_twins
from ryla_graphs.prompt import reading
from ryla_graphs.testing import graphs, mutations
from ryla_graphs.validation import View, problems_of, validate, verdict
from ryla_graphs.validation.server import _Walk
from tests.graphs import copies, moved, unfolded


@given(graphs())
def test_graphs_of_typed_nodes_are_accepted_by_the_server(workflow: Workflow) -> None:
    prompt = api.dump(workflow.graph)
    answer = verdict(prompt, catalogs.bundled())
    assert answer.accepted and not answer.nodes, (answer, validate(prompt, catalogs.bundled()))


@given(graphs())
def test_graphs_of_typed_nodes_have_no_tier_1_problem_and_compile(workflow: Workflow) -> None:
    assert [problem for problem in workflow.validate() if problem.tier == 1] == []
    workflow.compile()


@given(graphs())
def test_a_draft_is_what_reading_a_dump_gives(workflow: Workflow) -> None:
    graph, catalog = workflow.graph, catalogs.bundled()
    with patch.object(drafts, "OFTEN", 1):
        document, glance = drafts.draft(graph, catalog)
    read = View(api.dump(graph), catalog)
    assert glance is not None
    assert api.encode(document) == read.encoded and list(document) == list(read.document)
    drawn = View(document, catalog, glance=glance)
    assert list(drawn.nodes.items()) == list(read.nodes.items())
    assert problems_of(drawn) == problems_of(read)
    types = {number: node.schema.output_types for number, node in read.nodes.items()}
    for node in glance.nodes.values():  # none is called good that reading looks at twice
        with patch.object(reading, "OFTEN", 1):
            assert reading.reader(node.known)(node.inputs, types) == node.wires


@given(graphs())
def test_load_undoes_dump(workflow: Workflow) -> None:
    document = api.dump(workflow.graph)
    assert api.dump(Workflow.load(document).graph) == document


@given(graphs())
def test_a_compiled_graph_loads_and_compiles_to_the_same_bytes(workflow: Workflow) -> None:
    compiled = workflow.compile()
    again = Workflow.load(json.loads(compiled.json())).compile()
    assert again.json() == compiled.json()
    assert again.digest == compiled.digest
    assert {(output.class_type, output.kind, output.at_least) for output in again.outputs} == {
        (output.class_type, output.kind, output.at_least) for output in compiled.outputs
    }


@given(graphs())
def test_compiling_twice_gives_equal_bytes(workflow: Workflow) -> None:
    assert workflow.compile().json() == workflow.compile().json()


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_in_which_nodes_were_made_does_not_matter(workflow: Workflow, random: Any) -> None:
    twin = _rebuilt_in_another_order(workflow, random)
    assert twin.compile().json() == workflow.compile().json()


def _rebuilt_in_another_order(workflow: Workflow, random: Any) -> Workflow:
    """The same graph from new nodes, siblings in random order."""
    graph = workflow.graph
    waiting = list(graph.nodes)
    made: dict[Any, Any] = {}
    while waiting:
        ready = [node for node in waiting if all(source in made for source in _sources(graph, node))]
        node = random.choice(ready)
        waiting.remove(node)
        inputs = {field: moved(value, made) for field, value in node.__dict__.items() if value is not None}
        made[node] = type(node)(**inputs)
    return Workflow(*[made[sink] for sink in graph.sinks])


def _sources(graph: Graph, node: Any) -> list[Any]:
    return [wire.source for wire in graph.wires() if wire.target is node]


@given(graphs())
def test_merging_twins_changes_no_output(workflow: Workflow) -> None:
    merged = merge_twins(workflow.graph)
    assert len(merged.nodes) <= len(workflow.graph.nodes)
    assert unfolded(merged) == unfolded(workflow.graph)
    assert merge_twins(merged).nodes == merged.nodes


@given(graphs())
def test_a_graph_with_a_twin_of_every_node_merges_to_itself(workflow: Workflow) -> None:
    doubled = Workflow(*workflow.graph.sinks, *copies(workflow))
    alone = merge_twins(workflow.graph)
    together = merge_twins(doubled.graph)
    extra = sum(not _mergeable(node) for node in alone.nodes)
    assert len(together.nodes) == len(alone.nodes) + extra


def _mergeable(node: Any) -> bool:
    """Whether a node and everything it needs is merged with an equal one."""
    stack, seen = [node], set()
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.schema_.output_node or not current.schema_.is_pure:
            return False
        stack += [value.node for value in _wires_of(current)]
    return True


def _wires_of(node: Any) -> list[Any]:
    from ryla_graphs import Output

    return [value for _, value in node.given_inputs() if isinstance(value, Output)]


@given(st.data())
def test_broken_json_raises_nothing_but_our_errors(data: st.DataObject) -> None:
    prompt = data.draw(graphs(max_nodes=8)).compile().prompt
    broken = data.draw(mutations(copy.deepcopy(prompt)))
    problems = validate(broken, catalogs.bundled())
    answer = verdict(broken, catalogs.bundled())
    if not answer.accepted or answer.nodes:
        assert any(problem.tier == 1 and problem.level == "error" for problem in problems)
    else:
        assert not any(problem.tier == 1 for problem in problems)
    try:
        workflow = Workflow.load(broken)
        workflow.validate()
        workflow.compile()
    except RylaError:
        pass


@given(st.data())
def test_the_quick_look_agrees_with_the_walk(data: st.DataObject) -> None:
    prompt = data.draw(graphs(max_nodes=8)).compile().prompt
    broken = data.draw(st.one_of(st.just(prompt), mutations(copy.deepcopy(prompt), most=1)))
    answer = verdict(broken, catalogs.bundled())
    if answer.error in (None, "prompt_outputs_failed_validation") and answer.crash is None:
        view = View(broken, catalogs.bundled())
        walk = _Walk(broken, {n: catalogs.bundled()[b["class_type"]] for n, b in broken.items()}, catalogs.bundled())
        outputs = [number for number in broken if walk.schemas[number].output_node]
        good = [walk.output_is_valid(number) for number in outputs]
        assert (any(good), all(good)) == (answer.accepted, not answer.nodes)
        problems_of(view)


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from ryla_graphs import presets;"
        "print(presets.get('flux-instantid').build(prompt='p', referenceImage='r.png', seed=1).compile().digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(digests) == 1
