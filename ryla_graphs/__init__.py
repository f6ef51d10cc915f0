"""ComfyUI workflows as code: typed nodes, checked graphs, compiled JSON, and engines that run it.

>>> from ryla_graphs import Workflow
>>> from ryla_graphs.nodes import EmptyImage, SaveImage
>>> workflow = Workflow(SaveImage(images=EmptyImage(width=64, height=64), filename_prefix="grey"))
>>> workflow.validate()
[]

Names and submodules are loaded when they are first used, so importing the package is cheap. `docs/stability.md` says
what is public, and how long it stays.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ryla_graphs.version import __version__ as __version__

if TYPE_CHECKING:
    from ryla_graphs import catalogs as catalogs
    from ryla_graphs import client as client
    from ryla_graphs import engines as engines
    from ryla_graphs import formats as formats
    from ryla_graphs import nodes as nodes
    from ryla_graphs import notebook as notebook
    from ryla_graphs import plan as plan
    from ryla_graphs import presets as presets
    from ryla_graphs import problems as problems
    from ryla_graphs import server as server
    from ryla_graphs import sockets as sockets
    from ryla_graphs import sweeps as sweeps
    from ryla_graphs import testing as testing
    from ryla_graphs import weights as weights
    from ryla_graphs.catalog.catalog import Catalog as Catalog
    from ryla_graphs.client import RylaClient as RylaClient
    from ryla_graphs.compile import CompiledWorkflow as CompiledWorkflow
    from ryla_graphs.engines import Engine as Engine
    from ryla_graphs.engines import Result as Result
    from ryla_graphs.engines import arun as arun
    from ryla_graphs.engines import connect as connect
    from ryla_graphs.engines import run as run
    from ryla_graphs.engines import run_many as run_many
    from ryla_graphs.graph.any_node import AnyNode as AnyNode
    from ryla_graphs.graph.node import Node as Node
    from ryla_graphs.graph.node import Output as Output
    from ryla_graphs.graph.wires import Source as Source
    from ryla_graphs.presets.base import preset as preset
    from ryla_graphs.presets.kinds import Mask as Mask
    from ryla_graphs.presets.kinds import Person as Person
    from ryla_graphs.presets.kinds import Picture as Picture
    from ryla_graphs.presets.kinds import WeightFile as WeightFile
    from ryla_graphs.presets.parts.pictures import load_mask as load_mask
    from ryla_graphs.presets.parts.pictures import load_picture as load_picture
    from ryla_graphs.problems import Cancelled as Cancelled
    from ryla_graphs.problems import CannotRunHere as CannotRunHere
    from ryla_graphs.problems import EngineBusy as EngineBusy
    from ryla_graphs.problems import EngineDenied as EngineDenied
    from ryla_graphs.problems import EngineError as EngineError
    from ryla_graphs.problems import EngineRefused as EngineRefused
    from ryla_graphs.problems import EngineUnreachable as EngineUnreachable
    from ryla_graphs.problems import ExecutionFailed as ExecutionFailed
    from ryla_graphs.problems import InvalidDocument as InvalidDocument
    from ryla_graphs.problems import InvalidInputs as InvalidInputs
    from ryla_graphs.problems import InvalidNode as InvalidNode
    from ryla_graphs.problems import InvalidParameters as InvalidParameters
    from ryla_graphs.problems import InvalidSettings as InvalidSettings
    from ryla_graphs.problems import InvalidWeights as InvalidWeights
    from ryla_graphs.problems import InvalidWorkflow as InvalidWorkflow
    from ryla_graphs.problems import JobFailed as JobFailed
    from ryla_graphs.problems import MissingExtra as MissingExtra
    from ryla_graphs.problems import NotFound as NotFound
    from ryla_graphs.problems import OutOfMemory as OutOfMemory
    from ryla_graphs.problems import OutputMissing as OutputMissing
    from ryla_graphs.problems import PipelineFailed as PipelineFailed
    from ryla_graphs.problems import Problem as Problem
    from ryla_graphs.problems import PullFailed as PullFailed
    from ryla_graphs.problems import RequestFailed as RequestFailed
    from ryla_graphs.problems import RunLost as RunLost
    from ryla_graphs.problems import RunTimedOut as RunTimedOut
    from ryla_graphs.problems import RunUncertain as RunUncertain
    from ryla_graphs.problems import RylaError as RylaError
    from ryla_graphs.problems import ServerUnreachable as ServerUnreachable
    from ryla_graphs.problems import SourceUnreachable as SourceUnreachable
    from ryla_graphs.problems import StoreUnreachable as StoreUnreachable
    from ryla_graphs.server import create_app as create_app
    from ryla_graphs.sources import open_catalog as open_catalog
    from ryla_graphs.workflow import Workflow as Workflow

_MODULE_OF = {
    "AnyNode": "graph.any_node",
    "Cancelled": "problems",
    "CannotRunHere": "problems",
    "Catalog": "catalog.catalog",
    "CompiledWorkflow": "compile",
    "Engine": "engines",
    "EngineBusy": "problems",
    "EngineDenied": "problems",
    "EngineError": "problems",
    "EngineRefused": "problems",
    "EngineUnreachable": "problems",
    "ExecutionFailed": "problems",
    "InvalidDocument": "problems",
    "InvalidInputs": "problems",
    "InvalidNode": "problems",
    "InvalidParameters": "problems",
    "InvalidSettings": "problems",
    "InvalidWeights": "problems",
    "InvalidWorkflow": "problems",
    "JobFailed": "problems",
    "Mask": "presets.kinds",
    "MissingExtra": "problems",
    "Node": "graph.node",
    "NotFound": "problems",
    "OutOfMemory": "problems",
    "Output": "graph.node",
    "OutputMissing": "problems",
    "Person": "presets.kinds",
    "Picture": "presets.kinds",
    "PipelineFailed": "problems",
    "Problem": "problems",
    "PullFailed": "problems",
    "RequestFailed": "problems",
    "Result": "engines",
    "RunLost": "problems",
    "RunTimedOut": "problems",
    "RunUncertain": "problems",
    "RylaClient": "client",
    "RylaError": "problems",
    "ServerUnreachable": "problems",
    "Source": "graph.wires",
    "SourceUnreachable": "problems",
    "StoreUnreachable": "problems",
    "WeightFile": "presets.kinds",
    "Workflow": "workflow",
    "arun": "engines",
    "connect": "engines",
    "create_app": "server",
    "load_mask": "presets.parts.pictures",
    "load_picture": "presets.parts.pictures",
    "open_catalog": "sources",
    "preset": "presets.base",
    "run": "engines",
    "run_many": "engines",
}

_SUBMODULES = (
    "catalogs",
    "client",
    "engines",
    "formats",
    "nodes",
    "notebook",
    "plan",
    "presets",
    "problems",
    "server",
    "sockets",
    "sweeps",
    "testing",
    "weights",
)


if not TYPE_CHECKING:  # a checker that saw it would take every name for an export

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            return import_module(f"{__name__}.{name}")
        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
        return value


def __dir__() -> list[str]:
    return [*__all__, *_SUBMODULES, "__version__"]


__all__ = [
    "AnyNode",
    "Cancelled",
    "CannotRunHere",
    "Catalog",
    "CompiledWorkflow",
    "Engine",
    "EngineBusy",
    "EngineDenied",
    "EngineError",
    "EngineRefused",
    "EngineUnreachable",
    "ExecutionFailed",
    "InvalidDocument",
    "InvalidInputs",
    "InvalidNode",
    "InvalidParameters",
    "InvalidSettings",
    "InvalidWeights",
    "InvalidWorkflow",
    "JobFailed",
    "Mask",
    "MissingExtra",
    "Node",
    "NotFound",
    "OutOfMemory",
    "Output",
    "OutputMissing",
    "Person",
    "Picture",
    "PipelineFailed",
    "Problem",
    "PullFailed",
    "RequestFailed",
    "Result",
    "RunLost",
    "RunTimedOut",
    "RunUncertain",
    "RylaClient",
    "RylaError",
    "ServerUnreachable",
    "Source",
    "SourceUnreachable",
    "StoreUnreachable",
    "WeightFile",
    "Workflow",
    "arun",
    "connect",
    "create_app",
    "load_mask",
    "load_picture",
    "open_catalog",
    "preset",
    "run",
    "run_many",
]
