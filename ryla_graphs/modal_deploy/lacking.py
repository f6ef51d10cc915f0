"""Node classes of the lock that the ComfyUI of a container lacks: graphs with them are refused, all others run.

A container learns it when it starts, and writes it down for the web side, which then refuses such graphs before another
GPU is paid for.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Mapping

import modal
from modal.exception import Error as ModalError

from ryla_graphs.lockfile import Lock
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.prompt import Prompt

log = logging.getLogger("ryla_graphs.modal_deploy")

KNOWN_SECONDS = 30.0
"""How long the web side takes what it has read for true."""


def lacked(prompt: Prompt, lacking: Mapping[str, str]) -> list[Problem]:
    """The problems of a graph's nodes whose class is lacking; `lacking` says why, by class."""
    return [
        Problem(
            code="class_not_here",
            message=f"this deployment's ComfyUI lacks the class: {lacking[node.class_type]}",
            subject=AtNode(node.id, node.class_type),
            hint="`modal app logs` has the traceback of a pack that did not load; correct the lock and deploy again",
        )
        for node in prompt.every_node()
        if node.class_type in lacking
    ]


class Lacking:
    """What containers of one lock lack, in a dictionary on Modal."""

    def __init__(self, records: modal.Dict, lock: Lock, seconds: float = KNOWN_SECONDS) -> None:
        self._records = records
        self._key = f"lacking:{hashlib.sha256(lock.dumps().encode()).hexdigest()[:16]}"
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self._known: Mapping[str, str] = {}

    def write(self, lacking: Mapping[str, str]) -> None:
        """Write down what this container lacks; nothing is lost where Modal does not answer."""
        try:
            self._records.put(self._key, dict(lacking))
        except ModalError as error:
            log.warning("the web side was not told what ComfyUI lacks: %s", error)

    def __call__(self) -> Mapping[str, str]:
        """Why each lacking class is not there, as the container that started last has it; none where none has said."""
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._known = self._records.get(self._key) or {}
                except ModalError as error:
                    log.warning("what ComfyUI lacks could not be read: %s", error)
                self._until = time.monotonic() + self._seconds
            return self._known
