"""API JSON, and the answers to every question about it."""

from __future__ import annotations

from ryla_graphs.prompt.links import Link, is_link, read_link, unwrap, wires_of, wrap, write_link
from ryla_graphs.prompt.nodes import ForeignNode, PromptNode
from ryla_graphs.prompt.prompt import Prompt
from ryla_graphs.prompt.values import Known, Unknown

__all__ = [
    "ForeignNode",
    "Known",
    "Link",
    "Prompt",
    "PromptNode",
    "Unknown",
    "is_link",
    "read_link",
    "unwrap",
    "wires_of",
    "wrap",
    "write_link",
]
