"""ComfyUI workflows as code: typed nodes, checked graphs, compiled JSON, and engines that run it.

Names are loaded when they are first used, so importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ryla_graphs.version import __version__ as __version__

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog as Catalog
    from ryla_graphs.compile import CompiledWorkflow as CompiledWorkflow
    from ryla_graphs.engines import connect as connect
    from ryla_graphs.engines import run as run
    from ryla_graphs.graph.any_node import AnyNode as AnyNode
    from ryla_graphs.graph.node import Node as Node
    from ryla_graphs.graph.node import Output as Output
    from ryla_graphs.graph.wires import Source as Source
    from ryla_graphs.problems import InvalidNode as InvalidNode
    from ryla_graphs.problems import InvalidWorkflow as InvalidWorkflow
    from ryla_graphs.problems import Problem as Problem
    from ryla_graphs.problems import RylaError as RylaError
    from ryla_graphs.sources import open_catalog as open_catalog
    from ryla_graphs.workflow import Workflow as Workflow

_MODULE_OF = {
    "AnyNode": "graph.any_node",
    "Catalog": "catalog.catalog",
    "CompiledWorkflow": "compile",
    "InvalidNode": "problems",
    "InvalidWorkflow": "problems",
    "Node": "graph.node",
    "Output": "graph.node",
    "Problem": "problems",
    "RylaError": "problems",
    "Source": "graph.wires",
    "Workflow": "workflow",
    "connect": "engines",
    "open_catalog": "sources",
    "run": "engines",
}


if not TYPE_CHECKING:  # a checker that saw it would take every name for an export

    def __getattr__(name: str) -> Any:
        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


__all__ = [
    "AnyNode",
    "Catalog",
    "CompiledWorkflow",
    "InvalidNode",
    "InvalidWorkflow",
    "Node",
    "Output",
    "Problem",
    "RylaError",
    "Source",
    "Workflow",
    "connect",
    "open_catalog",
    "run",
]
