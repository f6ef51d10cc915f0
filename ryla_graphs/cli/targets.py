"""What a command works on: a preset, an API JSON file, or something in a Python file."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
import mimetypes
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from ryla_graphs import presets
from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import (
    AtField,
    AtParameter,
    InvalidDocument,
    InvalidParameters,
    NotFound,
    Problem,
    RylaError,
    SourceUnreachable,
)
from ryla_graphs.sources import parse_json, read_bytes
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.catalog.object_info import Catalog


class Loaded(NamedTuple):
    """A workflow, and the input files that its parameters brought."""

    workflow: Workflow
    inputs: Mapping[str, bytes]


def load_target(
    target: str, settings: Sequence[str] | None = None, params: str | None = None, catalog: Catalog | None = None
) -> Loaded:
    """The workflow that a command names, with its parameters set."""
    given, files = parameters(settings or [], params)
    made = open_target(target, catalog)
    return Loaded(made.build(given) if isinstance(made, Preset) else made(**given), files)


def open_target(target: str, catalog: Catalog | None = None) -> Preset[Any] | Callable[..., Workflow]:
    """What a command names: a preset, or what makes a workflow of other parameters; files are read once."""
    if target in presets.NAMES:
        return presets.get(target)
    if not names_graph(target):
        raise NotFound.among("preset or file", target, presets.NAMES)
    path, _, name = target.rpartition(":") if ".py:" in target else (target, "", "")
    return _from_python(Path(path), name or "workflow") if path.endswith(".py") else _from_json(path, catalog)


def names_graph(target: str) -> bool:
    """Whether a target is a file with a graph, or something in a Python file."""
    return ".py:" in target or target.endswith((".py", ".json", ".gz")) or target == "-" or Path(target).is_file()


def parameters(settings: Sequence[str], params: str | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Parameters from ``KEY=VALUE`` and a file, and the input files among them by the name they go by."""
    given: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    if params is not None:
        content = parse_json(read_bytes(params), params)
        if not isinstance(content, dict):
            raise InvalidDocument(f"'{params}' holds {type(content).__name__}, expected an object of parameters")
        given |= content
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise InvalidParameters([_bad_setting(setting)])
        given[key] = from_file(value[1:], files) if value.startswith("@") and len(value) > 1 else value
    return given, files


def _bad_setting(setting: str) -> Problem:
    return Problem(
        code="bad_parameter",
        message=f"'{setting}' is not KEY=VALUE",
        subject=AtField("--param"),
        given=setting,
        hint="-p prompt='a red bicycle' -p referenceImage=@face.png",
    )


def from_file(name: str, files: dict[str, bytes]) -> str:
    """A text from a file, or the name under which a picture, sound or video goes as an input file."""
    content = read_bytes(name)
    media = (mimetypes.guess_type(name)[0] or "text").split("/")[0]
    if media not in ("image", "video", "audio"):
        try:
            return content.decode().rstrip("\n")
        except UnicodeDecodeError:
            pass
    own = Path(name).name
    if files.get(own, content) != content:  # another file of this name, from another folder
        own = f"{hashlib.sha256(content).hexdigest()[:12]}-{own}"
    files[own] = content
    return own


def _from_json(path: str, catalog: Catalog | None) -> Callable[..., Workflow]:
    document = parse_json(read_bytes(path), path)
    loaded = Workflow.load(document, catalog=catalog, name=Path(path).stem if path != "-" else "workflow")

    def with_inputs(**given: Any) -> Workflow:
        workflow = loaded
        for key, value in given.items():
            number, _, name = key.partition(".")
            node = workflow.node(number)
            if not name:
                raise NotFound(
                    f"'{key}' names no input of the graph; write NODE.INPUT=VALUE, such as {number}.steps=30"
                )
            workflow = workflow.replace(node, node.replace(**{name: _value(value)}))
        return workflow

    return with_inputs


def _value(text: Any) -> Any:
    """A value as JSON if it reads like it, else as text."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _from_python(path: Path, name: str) -> Preset[Any] | Callable[..., Workflow]:
    module = _imported(path)
    if not hasattr(module, name):
        found = [n for n, v in vars(module).items() if _makes_workflow(v, module)]
        raise NotFound(f"{path} has no '{name}'; it has {', '.join(found) or 'no workflow'}")
    value = getattr(module, name)
    if isinstance(value, Preset):
        return value

    def with_parameters(**given: Any) -> Workflow:
        if isinstance(value, Workflow) and not given:
            return value
        if not callable(value):
            raise NotFound(
                f"'{name}' in {path} is {type(value).__name__}: no workflow, and no function that takes parameters"
            )
        return _called(path, name, value, given)

    return with_parameters


def _makes_workflow(value: Any, module: ModuleType) -> bool:
    own_function = inspect.isfunction(value) and value.__module__ == module.__name__
    return isinstance(value, (Workflow, Preset)) or own_function


def _imported(path: Path) -> ModuleType:
    if not path.is_file():
        raise SourceUnreachable(f"cannot read '{path}': no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SourceUnreachable(f"cannot read '{path}' as Python")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except RylaError:
        raise
    except Exception as error:
        raise InvalidDocument(_user_error(path, error)) from error
    return module


def _called(path: Path, name: str, function: Any, given: Mapping[str, Any]) -> Workflow:
    from pydantic import ValidationError, validate_call  # noqa: PLC0415

    try:
        result = validate_call(config={"arbitrary_types_allowed": True})(function)(**given)
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
        raise InvalidDocument(_user_error(path, error)) from error
    if not isinstance(result, Workflow):
        raise NotFound(f"'{name}' in {path} gives {type(result).__name__}, not a Workflow")
    return result


def _user_error(path: Path, error: Exception) -> str:
    """The error of a user's own file, with the line of that file."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    return f"{path}{f':{line}' if line else ''}: {type(error).__name__}: {error}"
