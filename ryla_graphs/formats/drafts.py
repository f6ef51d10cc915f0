"""A graph as a prompt that has already been read: written and checked in one pass.

Otherwise a prompt written from typed nodes would be read again input by input, although each value, and the source of
each wire, was at hand when it was written. As in `ryla_graphs.prompt.reading`, each class that a graph uses often gets
a function of its own: it writes the inputs of a node if all of them are good at a glance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import InputSpec, KnownInputs, NodeSchema
from ryla_graphs.formats import api
from ryla_graphs.graph.graph import Graph
from ryla_graphs.graph.node import Node, Output
from ryla_graphs.graph.origin import UNNAMED
from ryla_graphs.prompt.links import Link
from ryla_graphs.prompt.nodes import PromptNode
from ryla_graphs.prompt.prompt import Glance
from ryla_graphs.prompt.reading import OFTEN, good_value, written_out

Writer = Callable[[Mapping[str, Any], Mapping[Any, str], dict[str, Any], dict[str, Link]], bool]
"""From the fields of a node, and the ids of all nodes, to its inputs and the links among them; False if they need a
second look."""


def draft(graph: Graph, catalog: Catalog) -> tuple[api.ApiDocument, Glance | None]:
    """What `api.dump` writes, and what was seen on the way; None if the catalog's class differs from the nodes' own.

    Raises `InvalidWorkflow` if two nodes have one name.
    """
    counts = Counter(type(node) for node in graph.nodes)
    if not all(_is_of(cls, catalog) for cls in counts):
        return api.dump(graph), None
    schemas = {cls: catalog[cls.CLASS_TYPE] for cls in counts}
    writers = {cls: _writer(cls, schemas[cls], count) for cls, count in counts.items()}
    new = tuple.__new__  # makes a named tuple in a third of the time of calling its class
    document: api.ApiDocument = {}
    glance = Glance({}, {})
    ids: Mapping[Any, str] = graph.ids
    for node, number in ids.items():
        cls = type(node)
        glance.schemas[number] = schema = schemas[cls]
        inputs: dict[str, Any] = {}
        if len(node._origin) == UNNAMED:
            document[number] = {"class_type": schema.class_type, "inputs": inputs}
            if (writer := writers[cls]) is not None:
                known, write = writer
                wires: dict[str, Link] = {}
                if write(node.__dict__, ids, inputs, wires):
                    glance.nodes[number] = new(PromptNode, (number, schema, inputs, known, wires))
                    continue
        document[number] = api.body_of(schema.class_type, api.inputs_of(node, ids), node.title_)
    return document, glance


def _is_of(cls: type[Node], catalog: Catalog) -> bool:
    name = getattr(cls, "CLASS_TYPE", None)  # a class without a fixed type has none
    return name is not None and name in catalog and catalog[name] is cls.CATALOG[name]


def _writer(cls: type[Node], schema: NodeSchema, count: int) -> tuple[KnownInputs, Writer] | None:
    """The inputs of a class and its writer; None if `count` nodes are too few, or inputs are not simply fields."""
    if schema.is_dynamic or schema.behaviour.validator is not None:
        return None
    known = schema.flat_inputs({})
    if known.matched or known.keys() != cls.model_fields.keys():
        return None
    made: Writer | None = known.__dict__.get("writer")
    if made is None and count >= OFTEN:
        made = known.__dict__["writer"] = _made(known)
    return None if made is None else (known, made)


def _made(known: KnownInputs) -> Writer:
    names: dict[str, Any] = {"Output": Output, "Node": Node}
    made: Writer = written_out("def made(fields, ids, inputs, wires):", known, _lines, " return True", names)
    return made


def _lines(name: str, spec: InputSpec, number: int, names: dict[str, Any]) -> Iterator[str]:
    good = good_value(spec, number, names)
    yield f" v = fields[{name!r}]"
    if good is not None:  # first, since most values are not links
        yield f" if {good}: inputs[{name!r}] = v"
    yield f" {'if' if good is None else 'elif'} v.__class__ is Output or isinstance(v, Node):"
    yield "  if v.__class__ is Output: node, slot, carried = v.node, v.slot, v.type"
    yield "  else: node, slot, carried = v, 0, v.carried_type()"
    yield f"  if carried != {spec.type!r} and not fits{number}(carried): return False"
    yield f"  inputs[{name!r}] = link = [ids[node], slot]"
    yield f"  wires[{name!r}] = new(Link, link)"
    yield " else: return False" if spec.required else " elif v is not None: return False"
