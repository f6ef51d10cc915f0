"""What follows what in a prompt, held against networkx on any graph, cycles and odd slots included."""

from __future__ import annotations

from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from ryla_graphs import catalogs
from ryla_graphs.prompt import Prompt

Wires = list[list[tuple[int, int]]]

SLOTS = st.sampled_from([0, 0, 0, 1, 2, -1, 40])


@st.composite
def wires(draw: st.DrawFn) -> Wires:
    """By node, where its wires come from, in any order of the document; the last number is no node."""
    count = draw(st.integers(1, 9))
    if draw(st.booleans()):
        return [draw(st.lists(st.tuples(st.integers(0, count), SLOTS), max_size=4)) for _ in range(count)]
    place = draw(st.permutations(range(count)))
    found: dict[int, list[tuple[int, int]]] = {}
    for number in range(count):
        before = st.sampled_from([*place[:number], count])
        found[place[number]] = [(source, 0) for source in draw(st.lists(before, min_size=1, max_size=4))]
    return [found[number] for number in range(count)]


def prompt_of(wires: Wires, saving: frozenset[int]) -> Prompt:
    document: dict[str, Any] = {
        str(number): {
            "class_type": "PreviewAny" if number in saving else "VAEDecode",
            "inputs": {f"in{place}": [str(source), slot] for place, (source, slot) in enumerate(found)},
        }
        for number, found in enumerate(wires)
    }
    return Prompt(document, catalogs.bundled())


@settings(max_examples=300)
@given(wires(), st.frozensets(st.integers(0, 8)))
def test_depth_order_reach_and_use_are_those_of_the_graph(wires: Wires, saving: frozenset[int]) -> None:
    prompt = prompt_of(wires, saving)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(prompt.nodes)
    links = [(str(s), slot, str(n)) for n, found in enumerate(wires) for s, slot in found if s < len(wires)]
    graph.add_edges_from((source, target) for source, _, target in links)
    cyclic = {n for part in nx.strongly_connected_components(graph) if len(part) > 1 for n in part}
    cyclic |= {n for n in graph if graph.has_edge(n, n)}
    behind = cyclic.union(*(nx.descendants(graph, n) for n in cyclic))
    tame = graph.subgraph(set(graph) - behind)

    expected = {n: depth for depth, found in enumerate(nx.topological_generations(tame), 1) for n in found}
    assert prompt.depths == expected
    assert list(prompt.depths) == [n for n in prompt.nodes if n in expected]
    assert prompt.order == sorted(prompt.depths, key=expected.__getitem__)
    assert prompt.is_acyclic == (not cyclic)

    outputs = {str(n) for n in saving if n < len(wires)} or set(graph)
    reached = outputs.union(*(nx.ancestors(graph, n) for n in outputs))
    assert prompt.reached == reached
    count = {number: len(node.schema.outputs) for number, node in prompt.nodes.items()}
    slots = {(s, slot + count[s] if slot < 0 else slot) for s, slot, n in links if n in reached}
    for number in graph:
        for slot in range(3):
            assert prompt.is_used(number, slot) == ((number, slot) in slots)
