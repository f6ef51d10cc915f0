"""A ComfyUI server that plays a script: the protocol of 0.33 as recorded, and every way it can go wrong.

`serve` runs one in a thread; ``python -m tests.engines.stub --help`` runs one as a process.
"""

from __future__ import annotations

from tests.engines.stub.hosting import HASTY, TRUSTING, serve, serving
from tests.engines.stub.script import PNG, AnswerFault, EventFault, Script, boundaries, file
from tests.engines.stub.server import StubComfy

__all__ = [
    "HASTY",
    "PNG",
    "TRUSTING",
    "AnswerFault",
    "EventFault",
    "Script",
    "StubComfy",
    "boundaries",
    "file",
    "serve",
    "serving",
]
