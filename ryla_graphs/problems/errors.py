"""The tree of errors.

    RylaError
    ├── InvalidWorkflow (ValueError)        a graph has problems; `.problems` holds all of them
    │   └── InvalidNode                     the same, raised on the line that wrote the node
    ├── CannotRunHere (ValueError)          a good graph asks for more than this deployment allows or has a GPU for
    ├── InvalidParameters (ValueError)      a preset was given parameters it cannot take
    ├── InvalidInputs (ValueError)          files, pictures or addresses given with a request cannot be taken
    ├── InvalidSettings (ValueError)        a server or a command is set up in a way that cannot work or is not safe
    │   └── MissingExtra (ImportError)      a part needs packages that are not installed; the message has the command
    ├── InvalidDocument (ValueError)        a text is not a graph, a catalog or a parameter file
    ├── InvalidWeights (ValueError)         weight files are not what they should be
    ├── PullFailed (OSError)                weight files could not be fetched, or may not be
    ├── PipelineFailed (RuntimeError)       a user's own pipeline raised, took too long, or made no workflow
    ├── NotFound (LookupError)              no preset, node class, file or name like that
    ├── SourceUnreachable (OSError)         a catalog or an input could not be read
    ├── StoreUnreachable (OSError)          where jobs are kept does not answer
    ├── ServerUnreachable (OSError)         no ryla_graphs server answers at an address
    ├── RequestFailed (RuntimeError)        a ryla_graphs server refused a request; `.code`, `.status`, `.problems`
    │   └── JobFailed                       a job on it failed or was cancelled; `.job`, `.node`
    └── EngineError (RuntimeError)          running a graph went wrong; `.node` names where, if known
        ├── EngineUnreachable               nothing answers at the engine's address, or no longer
        │   └── EngineBusy                  it answers that it takes no run now; `.retry_after`
        ├── EngineDenied                    it refuses our key, our account has no money, or no engine is there
        ├── EngineRefused                   the engine does not accept the graph; `.problems`
        ├── ExecutionFailed                 a node raised while it ran
        │   └── OutOfMemory                 the same, because GPU memory ran out
        ├── OutputMissing                   the run ended well, but an output it promised is not there
        ├── RunLost                         the engine no longer knows the run, so how it ended is unknown
        ├── RunUncertain                    it is unknown whether the engine took the run, or whether it was charged
        ├── RunTimedOut                     the run took longer than it may, or sent nothing for too long
        └── Cancelled                       the run was cancelled

Every class also inherits from the built-in exception that it specialises, so `except ValueError` works as expected.
Engine errors have a `code`, for programs, and are in `engine_errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ryla_graphs.problems.problem import AtParameter, Problem
from ryla_graphs.problems.text import did_you_mean

_FEW = 40
"""The most names that an error lists in one line: presets, the nodes of a graph."""
_LINE = 300
"""The most characters of a message from other code."""


class RylaError(Exception):
    """The base class of every error that this library raises on purpose.

    >>> from ryla_graphs import Workflow
    >>> try:
    ...     Workflow.open("missing.json")
    ... except RylaError as error:
    ...     print(type(error).__name__)
    SourceUnreachable
    """


class _WithProblems(RylaError, ValueError):
    """An error that carries all problems found, never only the first."""

    def __init__(self, problems: Iterable[Problem], headline: str | None = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.headline = headline or self._headline()
        super().__init__(self.headline)

    def _headline(self) -> str:
        return f"{len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}"

    def __str__(self) -> str:
        return "\n".join([f"{self.headline}:", *(f"  {problem}" for problem in self.problems)])


class InvalidWorkflow(_WithProblems):
    """A graph cannot be compiled, loaded or changed. `.problems` has all reasons.

    >>> from ryla_graphs import Workflow
    >>> try:
    ...     Workflow.load({"1": {"class_type": "SaveImage", "inputs": {}}}).compile()
    ... except InvalidWorkflow as error:
    ...     print([problem.code for problem in error.problems])
    ['required_input_missing', 'required_input_missing']
    """

    def _headline(self) -> str:
        return f"the workflow has {super()._headline()}"


class InvalidNode(InvalidWorkflow):
    """A node was created with wrong inputs; raised on the line that creates it.

    >>> from ryla_graphs.nodes import EmptyImage
    >>> try:
    ...     EmptyImage(width=0)
    ... except InvalidNode as error:
    ...     print(error.problems[0].code)
    value_smaller_than_min
    """

    def _headline(self) -> str:
        name = self.problems[0].class_type if self.problems else "node"
        return f"{name} has {_WithProblems._headline(self)}"


class CannotRunHere(_WithProblems):
    """The graph is valid, but this deployment does not run it: it exceeds a limit, or fits on no GPU.

    >>> from ryla_graphs import Problem
    >>> error = CannotRunHere([Problem(code="too_many_steps", message="300 steps; 250 are allowed")])
    >>> [problem.code for problem in error.problems]
    ['too_many_steps']
    """

    def _headline(self) -> str:
        return f"this workflow cannot run here: {super()._headline()}"


class InvalidParameters(_WithProblems):
    """A preset was given wrong parameters. `.problems` has an entry for each.

    >>> from ryla_graphs import presets
    >>> try:
    ...     presets.get("flux-dev").build(prompt="a red bicycle", stepz=20)
    ... except InvalidParameters as error:
    ...     print(error.problems[0].code)
    unknown_parameter
    """

    def _headline(self) -> str:
        return f"the parameters have {super()._headline()}"


class InvalidInputs(_WithProblems):
    """Input files, pictures or URLs of a request cannot be used. `.problems` says which and why.

    >>> from ryla_graphs import Problem
    >>> error = InvalidInputs([Problem(code="broken_media", message="me.png cannot be read")])
    >>> [problem.code for problem in error.problems]
    ['broken_media']
    """

    def _headline(self) -> str:
        return f"the inputs have {super()._headline()}"


class InvalidSettings(RylaError, ValueError):
    """The settings of a server or command cannot work, or are not safe.

    >>> from ryla_graphs import connect
    >>> try:
    ...     connect("missing.toml")
    ... except InvalidSettings:
    ...     print("no such file of routes")
    no such file of routes
    """


class MissingExtra(InvalidSettings, ImportError):
    """Packages of an extra are not installed; the message has the command that installs them.

    >>> issubclass(MissingExtra, ImportError)
    True
    """


class InvalidDocument(RylaError, ValueError):
    """Something is not the graph, catalog or parameters that it should be; the message says what it is instead.

    >>> from ryla_graphs import Workflow
    >>> try:
    ...     Workflow.open(b"no graph")
    ... except InvalidDocument:
    ...     print("neither JSON nor a file that carries a graph")
    neither JSON nor a file that carries a graph
    """


class InvalidWeights(_WithProblems):
    """Weight files are missing, broken, or not what their names say. `.problems` says which.

    >>> from ryla_graphs import Problem
    >>> error = InvalidWeights([Problem(code="truncated_file", message="the end of ae.safetensors is missing")])
    >>> [problem.code for problem in error.problems]
    ['truncated_file']
    """

    def _headline(self) -> str:
        return f"the weight files have {super()._headline()}"


class PullFailed(RylaError, OSError):
    """Weight files could not be downloaded, or their licence does not allow it. `.problems` has an entry for each.

    >>> from ryla_graphs import Problem
    >>> error = PullFailed([Problem(code="disk_full", message="ae.safetensors needs 0.34 GB")])
    >>> [problem.code for problem in error.problems]
    ['disk_full']
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(["weights were not pulled:", *(f"  {problem}" for problem in self.problems)]))


class PipelineFailed(RylaError, RuntimeError):
    """The code of a user's own pipeline raised, took too long, or did not return a workflow.

    >>> failed = PipelineFailed("portrait", "ZeroDivisionError: division by zero", "mine/pipelines.py", 7)
    >>> print(failed)
    pipeline 'portrait' failed: mine/pipelines.py:7: ZeroDivisionError: division by zero
    >>> failed.headline
    "pipeline 'portrait' failed at pipelines.py:7: ZeroDivisionError: division by zero"
    """

    def __init__(self, pipeline: str, reason: str, file: str | None = None, line: int | None = None) -> None:
        place = ":".join(str(part) for part in (file, line) if part is not None)
        super().__init__(f"pipeline '{pipeline}' failed: {place}{': ' if place else ''}{reason}")
        self.pipeline = pipeline
        name = None if file is None else file.replace("\\", "/").rpartition("/")[2]
        self.place = name if name is None or line is None else f"{name}:{line}"
        """`file:line` of the user's code, with the name of the file only; None if it is unknown."""
        first = next(iter(reason.splitlines()), "")[:_LINE]
        self.headline = f"pipeline '{pipeline}' failed{f' at {self.place}' if self.place else ''}: {first}"
        """The same in one line, without the path, for callers of a server."""
        subject = AtParameter(pipeline)
        self.problems = (Problem(code="pipeline_failed", message=first, subject=subject, source=self.place),)


class NotFound(RylaError, LookupError):
    """No preset, node class, file or node has this name; the message suggests similar ones.

    >>> from ryla_graphs import presets
    >>> try:
    ...     presets.get("flux-kontxt")
    ... except NotFound as error:
    ...     print(str(error).split(" or ")[0])
    there is no preset 'flux-kontxt'; did you mean 'flux-kontext'
    """

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> NotFound:
        """The error for a name that is not one of the known ones, with the nearest ones, or all if there are few."""
        names = list(known)
        hint = did_you_mean(name, names)
        if hint is None and 0 < len(names) <= _FEW:
            hint = f"there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
        return cls(f"there is no {kind} '{name}'" + (f"; {hint}" if hint else ""))


class SourceUnreachable(RylaError, OSError):
    """A catalog, graph or input file could not be read.

    >>> from ryla_graphs import open_catalog
    >>> try:
    ...     open_catalog("missing/object_info.json")
    ... except SourceUnreachable:
    ...     print("no such file")
    no such file
    """


class StoreUnreachable(RylaError, OSError):
    """The database of jobs does not answer. The request had no effect.

    >>> try:
    ...     raise StoreUnreachable("the disk is full")
    ... except OSError as error:
    ...     print(error)
    the disk is full
    """


class ServerUnreachable(RylaError, OSError):
    """No ryla_graphs server answers at this address.

    >>> from ryla_graphs import RylaClient
    >>> try:
    ...     RylaClient("http://127.0.0.1:9").ready()
    ... except ServerUnreachable:
    ...     print("is the server started?")
    is the server started?
    """


class RequestFailed(RylaError, RuntimeError):
    """A ryla_graphs server refused a request.

    >>> raised = RequestFailed("no such preset", status=404, code="not_found")
    >>> raised.status, raised.code
    (404, 'not_found')
    """

    def __init__(self, message: str, *, status: int, code: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """The error code, for programs; `docs/errors.md` lists them."""
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class JobFailed(RequestFailed):
    """A job on a ryla_graphs server failed or was cancelled; `.job` is its id, `.node` the node that failed.

    >>> failed = JobFailed("a node raised", status=500, code="node_failed", job="4f1c", node="sampler")
    >>> failed.job, failed.node
    ('4f1c', 'sampler')
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        problems: Sequence[Problem] = (),
        job: str,
        node: str | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, problems=problems)
        self.job = job
        self.node = node
        """The id of the node that failed, if known."""
