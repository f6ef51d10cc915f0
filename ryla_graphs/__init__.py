"""ComfyUI workflows as code: typed nodes, checked graphs, compiled JSON, and engines that run it."""

from __future__ import annotations

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.errors import InvalidNode, InvalidWorkflow, Problem, RylaError
from ryla_graphs.node import AnyNode, Node, Output
from ryla_graphs.object_info import Catalog
from ryla_graphs.version import __version__ as __version__
from ryla_graphs.workflow import Workflow

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
    "Workflow",
]
