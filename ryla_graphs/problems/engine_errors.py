"""The errors of engines; `problems.errors` draws the whole tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ryla_graphs.problems.errors import RylaError
from ryla_graphs.problems.problem import Problem


class EngineError(RylaError, RuntimeError):
    """The base class of errors while a graph runs. `.code` is for programs, `.node` is the node if known.

    >>> EngineError("it broke", node="sampler").node
    'sampler'
    """

    code: ClassVar[str] = "engine_error"

    def __init__(self, message: str, *, node: str | None = None, class_type: str | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.class_type = class_type


class EngineUnreachable(EngineError):
    """The engine does not answer, or no longer does.

    >>> from ryla_graphs import connect
    >>> try:
    ...     connect("http://127.0.0.1:9").catalog()
    ... except EngineUnreachable as error:
    ...     print(error.code)
    engine_unreachable
    """

    code = "engine_unreachable"


class EngineBusy(EngineUnreachable):
    """The engine answers that it accepts no run now; it has not accepted this one.

    >>> EngineBusy("try later", retry_after=2.5).retry_after
    2.5
    """

    code = "engine_busy"

    def __init__(
        self, message: str, *, retry_after: float | None = None, node: str | None = None, class_type: str | None = None
    ) -> None:
        super().__init__(message, node=node, class_type=class_type)
        self.retry_after = retry_after
        """After how many seconds to try again, if the engine says so."""


class EngineDenied(EngineError):
    """The engine refuses every graph: the key is wrong, the account is empty, or its address has no engine.

    Someone has to change the settings first, so the run is not retried.

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
    """A node raised an exception; the message is the engine's, without a traceback.

    >>> ExecutionFailed.code
    'node_failed'
    """

    code = "node_failed"


class OutOfMemory(ExecutionFailed):
    """The GPU does not have enough memory for a node.

    >>> OutOfMemory.code
    'out_of_memory'
    """

    code = "out_of_memory"


class OutputMissing(EngineError):
    """The run ended without an error, but an output that the graph promises did not arrive.

    >>> OutputMissing.code
    'output_missing'
    """

    code = "output_missing"


class RunLost(EngineError):
    """The engine no longer knows the run, usually because it restarted. How the run ended is unknown.

    >>> RunLost.code
    'run_lost'
    """

    code = "run_lost"

    def __init__(
        self, message: str, *, node: str | None = None, class_type: str | None = None, began: bool = True
    ) -> None:
        super().__init__(message, node=node, class_type=class_type)
        self.began = began
        """Whether the run may have started and cost money; False if the engine says that it did not."""


class RunTimedOut(EngineError):
    """The run took too long, or sent nothing for too long.

    >>> RunTimedOut.code
    'run_timed_out'
    """

    code = "run_timed_out"


class RunUncertain(EngineError):
    """It is unknown whether the engine accepted or finished the run. It may have been charged, so it is not retried.

    >>> RunUncertain.code
    'run_uncertain'
    """

    code = "run_uncertain"


class Cancelled(EngineError):
    """The run was cancelled.

    >>> Cancelled.code
    'cancelled'
    """

    code = "cancelled"
