"""A Modal control plane on loopback: enough of Modal's own protocol for `modal deploy`, `modal run` and whole jobs.

Written against the protocol classes that the modal package ships. Nothing is built, snapshotted or billed here:
images are recorded as their layers, functions run in this process, and volumes, queues and dictionaries are memory.
"""

from __future__ import annotations

from tests.modal_app.loopback.server import LoopbackModal

__all__ = ["LoopbackModal"]
