"""Python source: a graph as the code that a person would write. Written only, never read.

Calling the function without arguments gives a graph that compiles to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ryla_graphs.formats.python.comments import Note
from ryla_graphs.formats.python.typed import NodeClasses, bundled_class
from ryla_graphs.formats.python.wiring import Wiring
from ryla_graphs.formats.python.words import identifier
from ryla_graphs.formats.python.writing import Writer
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.passes import merge_twins

__all__ = ["NodeClasses", "Note", "dump"]


def dump(
    graph: Graph,
    *,
    function: str = "workflow",
    name: str | None = None,
    docstring: str = "",
    notes: Iterable[Note] = (),
    parts: Mapping[str, str] | None = None,
    node_classes: NodeClasses = bundled_class,
) -> str:
    """A module with one function, named `function`, that makes the graph.

    Its parameters are the prompts, input files, sizes, seeds and weights; their defaults are the graph's own values.
    `name` is the workflow's name, `parts` the names of subgraphs by the id of the node that stood for each. An
    `AnyNode` is written as a typed node if the class that `node_classes` gives takes exactly its inputs. Raises
    `InvalidWorkflow` if two nodes have one name.
    """
    writer = Writer(Wiring(merge_twins(graph), node_classes), identifier(function) or "workflow", parts or {})
    return writer.source(name=name, docstring=docstring, notes=list(notes))
