"""Workflows, presets and functions in a user's Python file."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import (
    AtParameter,
    InvalidDocument,
    InvalidParameters,
    NotFound,
    Problem,
    RylaError,
    SourceUnreachable,
)
from ryla_graphs.workflow import Workflow

T = TypeVar("T")

DEFAULT = "workflow"
"""The name to use if only a file is given."""


def from_python(path: Path, name: str) -> Preset[Any] | Callable[..., Workflow]:
    """A preset, or a function from parameters to a workflow, by its name in a file.

    Raises `SourceUnreachable` and `NotFound` if there is none. A mistake in the file is an `InvalidDocument` with
    the line that made it, here or when the function is called.
    """
    module = imported(path)
    if not hasattr(module, name):
        found = [n for n, v in vars(module).items() if _makes_workflow(v, module)]
        if not found:
            raise NotFound(f"{path} makes no workflow: it needs a `{name}`, a Workflow or a function that returns one")
        raise NotFound(f"{path} has no '{name}'; it has {', '.join(found)}: write {path}:{found[0]}")
    value = getattr(module, name)
    if isinstance(value, Preset):
        return value

    def with_parameters(**given: Any) -> Workflow:
        if isinstance(value, Workflow) and not given:
            return value
        if isinstance(value, Workflow):
            raise InvalidParameters(
                Problem(
                    code="unknown_parameter",
                    message=f"{key}: the workflow is finished, and takes no parameters",
                    subject=AtParameter(name, key),
                    hint=f"write a function `-> Workflow` that takes `{key}`",
                )
                for key in given
            )
        if not callable(value) or inspect.isclass(value):
            what = "a class" if inspect.isclass(value) else type(value).__name__
            raise NotFound(f"'{name}' in {path} is {what}: no workflow, and no function that makes one of parameters")
        return _called(path, name, value, given)

    if callable(value):
        with_parameters.__wrapped__ = value  # type: ignore[attr-defined]  # it has the same signature
    return with_parameters


def aside(call: Callable[..., T], /, *given: Any, **named: Any) -> T:
    """Call a user's code for a command: what it prints goes to standard error, not into the command's output."""
    with contextlib.redirect_stdout(sys.stderr):
        return call(*given, **named)


def _makes_workflow(value: Any, module: ModuleType) -> bool:
    own_function = inspect.isfunction(value) and value.__module__ == module.__name__
    return isinstance(value, (Workflow, Preset)) or own_function


def imported(path: Path) -> ModuleType:
    """The module of a file, which may import others beside it.

    Raises `SourceUnreachable`, and `InvalidDocument` with the failing line.
    """
    if not path.is_file():
        raise SourceUnreachable(f"cannot read '{path}': no such file")
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SourceUnreachable(f"cannot read '{path}' as Python")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[name] = module
    try:
        aside(spec.loader.exec_module, module)
    except RylaError:
        raise
    except (Exception, SystemExit) as error:
        raise InvalidDocument(str(user_error(path, error))) from error
    return module


def _module_name(path: Path) -> str:
    """The name of the module: that of its file, unless another module already has it."""
    other = sys.modules.get(path.stem)
    taken = path.stem in sys.stdlib_module_names or (
        other is not None and Path(getattr(other, "__file__", None) or "?").resolve() != path.resolve()
    )
    return f"{path.stem}_of_{path.resolve().parent.name}" if taken else path.stem


def _called(path: Path, name: str, function: Any, given: Mapping[str, Any]) -> Workflow:
    from pydantic import ValidationError, validate_call  # noqa: PLC0415

    try:
        result = aside(validate_call(config={"arbitrary_types_allowed": True})(function), **given)
    except ValidationError as error:
        raise InvalidParameters(
            Problem(
                code="bad_parameter",
                message=f"{row['msg']}",
                subject=AtParameter(name, ".".join(map(str, row["loc"]))),
                given=row["input"],
            )
            for row in error.errors(include_url=False)
        ) from None
    except RylaError:
        raise
    except Exception as error:
        raise InvalidDocument(str(user_error(path, error))) from error
    if not isinstance(result, Workflow):
        raise NotFound(f"'{name}' in {path} gives {type(result).__name__}, not a Workflow")
    return result


class Failure(NamedTuple):
    """Where a user's own code failed, and how."""

    file: str
    line: int | None
    said: str
    code: str
    """The source text of the line, if it could be read."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.said}" + (f"\n    {self.code}" if self.code else "")


def user_error(path: Path, error: BaseException) -> Failure:
    """The error of a user's own file, with the innermost line in it, or in a file beside it, that was involved."""
    if isinstance(error, SyntaxError):
        code = (error.text or "").strip()
        return Failure(error.filename or str(path), error.lineno, f"{type(error).__name__}: {error.msg}", code)
    said = _said(error)
    folder = path.parent.resolve()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and Path(frame.filename).resolve().parent == folder
    ]
    if not frames:
        return Failure(str(path), None, said, "")
    last = frames[-1]
    own = Path(last.filename).resolve() == path.resolve()
    return Failure(str(path) if own else last.filename, last.lineno, said, last.line or "")


def _said(error: BaseException) -> str:
    try:
        message = str(error)
    except Exception:
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
