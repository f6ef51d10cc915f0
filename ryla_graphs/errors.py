"""Everything that can go wrong: data first (`Problem`), exceptions second.

    RylaError
    ├── InvalidWorkflow (ValueError)        a graph has problems; `.problems` holds all of them
    │   └── InvalidNode                     the same, raised on the line that wrote the node
    ├── CannotRunHere (ValueError)          a good graph asks for more than this deployment allows or has a GPU for
    ├── InvalidParameters (ValueError)      a preset was given parameters it cannot take
    ├── InvalidInputs (ValueError)          files, pictures or addresses given with a request cannot be taken
    ├── InvalidSettings (ValueError)        a server or a command is set up in a way that cannot work or is not safe
    ├── InvalidDocument (ValueError)        a text is not a graph, a catalog or a parameter file
    ├── InvalidWeights (ValueError)         weight files are not what they should be
    ├── PullFailed (OSError)                weight files could not be fetched, or may not be
    ├── NotFound (LookupError)              no preset, node class, file or name like that
    ├── SourceUnreachable (OSError)         a catalog or an input could not be read
    ├── StoreUnreachable (OSError)          where jobs are kept does not answer
    ├── ServerUnreachable (OSError)         no ryla_graphs server answers at an address
    ├── RequestFailed (RuntimeError)        a ryla_graphs server refused a request; `.code`, `.status`, `.problems`
    │   └── JobFailed                       a job on it failed or was cancelled; `.job`, `.node`
    └── EngineError (RuntimeError)          running a graph went wrong; `.node` names where, if known
        ├── EngineUnreachable               nobody answers at the engine's address, or no longer
        ├── EngineRefused                   the engine does not accept the graph; `.problems`
        ├── ExecutionFailed                 a node raised while it ran
        │   └── OutOfMemory                 the same, for want of GPU memory
        ├── OutputMissing                   the run ended well, but an output it promised is not there
        ├── RunLost                         the engine no longer knows the run, so nobody knows how it ended
        └── Cancelled                       somebody cancelled the run

Every class also inherits the builtin it refines, so `except ValueError` works where it is natural. Engine errors
have a `code`, a word for programs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

Level = Literal["error", "warning", "note"]
Tier = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a graph, as data.

    An error stops a compile, a warning is worth a look, a note is harmless. `tier` says who finds it: 1 is
    what ComfyUI's server checks before it queues a prompt (then `code` is the server's own error type wherever
    it has one), 2 what it finds too late or never, 3 what one deployment cannot run.
    """

    code: str
    message: str
    level: Level = "error"
    tier: Tier = 2
    node: str | None = None
    """The node's id in the compiled prompt, which is its name if it was given one."""
    class_type: str | None = None
    input: str | None = None
    file: str | None = None
    """The weight file that it is about, below ``models``: ``vae/ae.safetensors``."""
    given: Any = None
    expected: str | None = None
    hint: str | None = None
    source: str | None = None
    """`file:line` of the call that made the node, when the graph came from Python."""
    parameters: tuple[str, ...] = ()
    """The preset parameters that decide this input, when the graph came from a preset."""

    @property
    def where(self) -> str:
        """The place in one word: ``KSampler 'sampler'.cfg``."""
        if self.file is not None and self.node is None:
            return self.file
        node = self.class_type or "workflow"
        if self.node is not None:
            node += f" '{self.node}'"
        return f"{node}.{self.input}" if self.input is not None else node

    def at(self, **changes: Any) -> Problem:
        """The same problem with some facts filled in or changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The problem as JSON-ready data, without the facts that are not known."""
        return {key: value for key, value in asdict(self).items() if value not in (None, ())}

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        if self.source:
            text += f" [{self.source}]"
        if self.parameters:
            text += f" (parameter {', '.join(f'`{name}`' for name in self.parameters)})"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


class RylaError(Exception):
    """The base of every error that this package raises on purpose."""


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
    """A graph that cannot be compiled, loaded or changed; `.problems` says why, all at once."""

    def _headline(self) -> str:
        return f"the workflow has {super()._headline()}"


class InvalidNode(InvalidWorkflow):
    """A node that was written wrongly, raised on the line that wrote it."""

    def _headline(self) -> str:
        name = self.problems[0].class_type if self.problems else "node"
        return f"{name} has {_WithProblems._headline(self)}"


class CannotRunHere(_WithProblems):
    """A good graph that this deployment does not run: it asks for too much, or fits no GPU; `.problems` says why."""

    def _headline(self) -> str:
        return f"this workflow cannot run here: {super()._headline()}"


class InvalidParameters(_WithProblems):
    """A preset was given parameters it cannot take; `.problems` has one entry a parameter."""

    def _headline(self) -> str:
        return f"the parameters have {super()._headline()}"


class InvalidInputs(_WithProblems):
    """Files, pictures or addresses given with a request cannot be taken; `.problems` says which and why."""

    def _headline(self) -> str:
        return f"the inputs have {super()._headline()}"


class InvalidSettings(RylaError, ValueError):
    """A server or a command is set up in a way that cannot work or is not safe."""


class InvalidDocument(RylaError, ValueError):
    """A text that should be a graph, a catalog or parameters, and is not."""


class InvalidWeights(_WithProblems):
    """Weight files that are not what they should be; `.problems` says which, and what to do."""

    def _headline(self) -> str:
        return f"the weight files have {super()._headline()}"


class PullFailed(RylaError, OSError):
    """Weight files could not be fetched, or may not be; `.problems` has one entry a file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(["weights were not pulled:", *(f"  {problem}" for problem in self.problems)]))


class NotFound(RylaError, LookupError):
    """There is no preset, node class, file or name like the one asked for."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> NotFound:
        """The error for a name that is not one of the known ones, with the nearest of them."""
        hint = did_you_mean(name, known)
        return cls(f"there is no {kind} '{name}'" + (f"; {hint}" if hint else ""))


class SourceUnreachable(RylaError, OSError):
    """A catalog, graph or input file could not be read."""


class StoreUnreachable(RylaError, OSError):
    """Where jobs are kept does not answer; nothing of what was asked has happened."""


class ServerUnreachable(RylaError, OSError):
    """No ryla_graphs server answers at an address."""


class RequestFailed(RylaError, RuntimeError):
    """A ryla_graphs server refused a request."""

    def __init__(self, message: str, *, status: int, code: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """A word for programs, one of the table of errors."""
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class JobFailed(RequestFailed):
    """A job on a ryla_graphs server failed or was cancelled."""

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
        """The node that failed, where it is known."""


class EngineError(RylaError, RuntimeError):
    """Running a graph went wrong."""

    code: ClassVar[str] = "engine_error"

    def __init__(self, message: str, *, node: str | None = None, class_type: str | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.class_type = class_type


class EngineUnreachable(EngineError):
    """Nobody answers at the engine's address, or no longer."""

    code = "engine_unreachable"


class EngineRefused(EngineError):
    """The engine does not accept the graph."""

    code = "engine_refused"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class ExecutionFailed(EngineError):
    """A node raised while it ran; the message is the engine's, without a traceback."""

    code = "node_failed"


class OutOfMemory(ExecutionFailed):
    """The GPU has not enough memory for a node."""

    code = "out_of_memory"


class OutputMissing(EngineError):
    """The run ended well, but an output that the compiled graph promises did not arrive."""

    code = "output_missing"


class RunLost(EngineError):
    """The engine no longer knows the run, because it was restarted; how the run ended nobody knows."""

    code = "run_lost"


class Cancelled(EngineError):
    """Somebody cancelled the run."""

    code = "cancelled"


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 3) -> str | None:
    """A hint with the nearest known names, or None where nothing is near."""
    names = {str(other): None for other in known}
    folded = {other.casefold(): other for other in names}
    near = [folded[m] for m in difflib.get_close_matches(name.casefold(), folded, n=limit, cutoff=0.6)]
    near += [other for other in names if len(name) > 3 and name.casefold() in other.casefold() and other not in near]
    if not near:
        return None
    return f"did you mean {' or '.join(repr(other) for other in near[:limit])}?"


def shorten(value: object, limit: int = 80) -> str:
    """`repr(value)`, cut to `limit` characters, for messages."""
    if isinstance(value, (str, bytes)) and len(value) > limit:
        return f"{value[: limit - 20]!r}… ({len(value)} characters)"
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
