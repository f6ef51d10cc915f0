"""The errors of engines; `problems.errors` draws the whole tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ryla_graphs.problems.errors import RylaError
from ryla_graphs.problems.problem import Problem


class EngineError(RylaError, RuntimeError):
    """Running a graph went wrong.

    >>> EngineError("it broke", node="sampler").node
    'sampler'
    """

    code: ClassVar[str] = "engine_error"

    def __init__(self, message: str, *, node: str | None = None, class_type: str | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.class_type = class_type


class EngineUnreachable(EngineError):
    """Nothing answers at the engine's address, or no longer.

    >>> from ryla_graphs import connect
    >>> try:
    ...     connect("http://127.0.0.1:9").catalog()
    ... except EngineUnreachable as error:
    ...     print(error.code)
    engine_unreachable
    """

    code = "engine_unreachable"


class EngineBusy(EngineUnreachable):
    """The engine answers, and takes no run now; it has not taken this one.

    >>> EngineBusy("try later", retry_after=2.5).retry_after
    2.5
    """

    code = "engine_busy"

    def __init__(
        self, message: str, *, retry_after: float | None = None, node: str | None = None, class_type: str | None = None
    ) -> None:
        super().__init__(message, node=node, class_type=class_type)
        self.retry_after = retry_after
        """In seconds, where the engine says when to come back."""


class EngineDenied(EngineError):
    """The engine turns us away whatever the graph: a wrong key, an empty account, an address with nothing behind it.

    It stays so until somebody changes the settings, so nothing is tried again.

    >>> EngineDenied.code
    'engine_denied'
    """

    code = "engine_denied"


class EngineRefused(EngineError):
    """The engine does not accept the graph.

    >>> EngineRefused.code
    'engine_refused'
    """

    code = "engine_refused"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class ExecutionFailed(EngineError):
    """A node raised while it ran; the message is the engine's, without a traceback.

    >>> ExecutionFailed.code
    'node_failed'
    """

    code = "node_failed"


class OutOfMemory(ExecutionFailed):
    """The GPU has not enough memory for a node.

    >>> OutOfMemory.code
    'out_of_memory'
    """

    code = "out_of_memory"


class OutputMissing(EngineError):
    """The run ended well, but an output that the compiled graph promises did not arrive.

    >>> OutputMissing.code
    'output_missing'
    """

    code = "output_missing"


class RunLost(EngineError):
    """The engine no longer knows the run, because it was restarted; how the run ended is unknown.

    >>> RunLost.code
    'run_lost'
    """

    code = "run_lost"

    def __init__(
        self, message: str, *, node: str | None = None, class_type: str | None = None, began: bool = True
    ) -> None:
        super().__init__(message, node=node, class_type=class_type)
        self.began = began
        """Whether it may have run, and cost money; False where the engine says that it never did."""


class RunTimedOut(EngineError):
    """The run took longer than it may, or sent nothing for too long.

    >>> RunTimedOut.code
    'run_timed_out'
    """

    code = "run_timed_out"


class RunUncertain(EngineError):
    """It is unknown whether the engine took the run, or ended it: it may have been charged, and is not retried.

    >>> RunUncertain.code
    'run_uncertain'
    """

    code = "run_uncertain"


class Cancelled(EngineError):
    """Somebody cancelled the run.

    >>> Cancelled.code
    'cancelled'
    """

    code = "cancelled"
