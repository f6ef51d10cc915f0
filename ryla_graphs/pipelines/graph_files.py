"""A saved graph as a preset: its parameters are what the editor's app mode shows, or a ``.toml`` beside it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field
from pydantic.alias_generators import to_pascal, to_snake
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from ryla_graphs.catalog.schema import InputSpec
from ryla_graphs.pipelines.functions import RESERVED, field_of, model_of
from ryla_graphs.pipelines.input_types import type_of_input
from ryla_graphs.pipelines.samples import example_of
from ryla_graphs.pipelines.settable import GraphTarget
from ryla_graphs.pipelines.sheets import Row, Sheet, Type, read_sheet
from ryla_graphs.presets import forms
from ryla_graphs.presets.base import Preset
from ryla_graphs.presets.parameters import Parameters, Seed, WeightFile, random_seed
from ryla_graphs.problems import InvalidDocument, InvalidWorkflow, NotFound
from ryla_graphs.prompt import is_link
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.catalog.catalog import Catalog

_BASIC: JsonDict = {"x-group": "basic"}
_TEXT, _LINE = 20_000, 1_000


class _Input(NamedTuple):
    """An input that becomes a parameter."""

    key: str
    spec: InputSpec | None
    value: Any
    class_type: str


def name_of(stem: str) -> str:
    """The name of a pipeline that is named after its file."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")


def preset_of_file(path: Path, catalog: Catalog | None = None) -> Preset[Any]:
    """A file with a graph as a preset, given the path of the file or of its ``.toml``.

    Raises `InvalidDocument` and `InvalidWorkflow` if it cannot be served: no graph, no app mode and no ``.toml``, or
    one that names something missing.
    """
    target = GraphTarget(str(path), catalog, None)
    if any(problem.level == "error" for problem in target.document.problems):
        raise InvalidWorkflow(target.document.problems)
    if target.document.inputs:
        raise InvalidDocument(f"{path}: files came along with the graph; save it without, and make them parameters")
    beside = path.with_suffix(".toml")
    sheet = read_sheet(beside) if beside.is_file() else _of_app_mode(path, target)
    place = str(beside) if beside.is_file() else str(path)
    rows = {to_snake(name): row for name, row in sheet.parameters.items()}
    fields = {name: _field(place, name, row, target) for name, row in rows.items()}
    name = sheet.name or name_of(path.stem)
    model = model_of(f"{to_pascal(name.replace('-', '_'))}Params", fields, place)
    graph = _graph({key: row.input for key, row in rows.items()}, target)
    graph.__doc__ = sheet.description or f"The saved graph {path.name}."
    return Preset(name, model, graph, example=example_of(model).values)


def _graph(inputs: Mapping[str, tuple[str, ...]], target: GraphTarget) -> Callable[[Any], Workflow]:
    def graph(given: Parameters) -> Workflow:
        values = {name: getattr(given, name) for name in inputs}
        return target(**{key: value for name, value in values.items() for key in inputs[name] if value is not None})

    return graph


def _of_app_mode(path: Path, target: GraphTarget) -> Sheet:
    """A parameter for each input that app mode shows; equal names are distinguished by the node's title or id."""
    shown = [row for row in target.settable() if row.in_app]
    if not shown:
        hint = f"choose inputs for app mode in the editor, or name them in {path.with_suffix('.toml').name}"
        raise InvalidDocument(f"{path}: nothing in it is a parameter; {hint}")
    own = [_identifier(row.key.rpartition(".")[2]) for row in shown]
    rows: dict[str, Row] = {}
    for row, name in zip(shown, own, strict=True):
        if own.count(name) > 1:
            number, _, _ = row.key.partition(".")
            name = f"{_identifier(row.title or row.class_type)}_{name}"  # noqa: PLW2901
            name = f"{name}_{_identifier(number)}" if name in rows else name  # noqa: PLW2901
        rows[name] = Row(
            input=(row.key,), description=f"`{row.key.partition('.')[2]}` of {row.title or row.class_type}"
        )
    return Sheet(parameters=rows)


def _identifier(text: str) -> str:
    name = to_snake(re.sub(r"\W+", "_", text)).strip("_") or "value"
    return name if name.isidentifier() else f"n{name}"


def _field(place: str, name: str, row: Row, target: GraphTarget) -> tuple[Any, FieldInfo]:
    if not name.isidentifier() or name.startswith("_") or name in RESERVED:
        raise InvalidDocument(f"{place}: a parameter cannot be called `{name}`")
    try:
        inputs = [_Input(key, target.spec(key), target.value(key), target.class_of(key)) for key in row.input]
    except NotFound as error:
        raise InvalidDocument(f"{place}: `{name}`: {error}") from None
    first = inputs[0]
    if any(found.spec is not None and found.spec.is_wire_only for found in inputs):
        raise InvalidDocument(f"{place}: `{name}`: {first.key} takes only a link")
    last, bounded = first.key.rpartition(".")[2], row.max is not None
    kind = row.type or type_of_input(last, first.spec, first.value, bounded=bounded)
    annotation = _annotation(kind, first, row)
    if row.description:
        annotation = Annotated[annotation, Field(description=row.description)]
    if row.default is not None:
        return annotation, field_of(default=row.default)
    if kind == "seed" and not row.required:
        return annotation, field_of(default_factory=random_seed)
    # A picture in the folder of the person who saved the graph is missing here.
    if row.required or kind in ("picture", "mask") or first.value is None or is_link(first.value):
        return annotation, field_of()
    return annotation, field_of(default=first.value)


def _annotation(kind: Type, found: _Input, row: Row) -> Any:
    spec = found.spec
    low = row.min if row.min is not None else getattr(spec, "min", None)
    high = row.max if row.max is not None else getattr(spec, "max", None)
    step = row.step if row.step is not None else getattr(spec, "step", None)
    extra: JsonDict = {"x-step": step, "x-group": "basic"} if step else {**_BASIC}
    match kind:
        case "integer":
            return Annotated[int, Field(ge=low, le=high, multiple_of=row.step, json_schema_extra=extra)]
        case "number":
            return Annotated[float, Field(ge=low, le=high, json_schema_extra=extra)]
        case "boolean":
            return bool
        case "seed":
            return Seed
        case "weights":
            return WeightFile
        case "picture" | "mask":
            media = spec.upload if spec is not None and spec.upload in ("video", "audio") else "image"
            return Annotated[
                str, Field(min_length=1, json_schema_extra={**forms.FILE, "contentMediaType": f"{media}/*"})
            ]
        case "choice":
            choices = row.choices or (spec.choices if spec is not None else ())
            return Literal[tuple(choices)] if choices else str
        case "text":
            several = spec is not None and spec.multiline
            text = forms.PROMPT if several else {**_BASIC}
            return Annotated[str, Field(max_length=_TEXT if several else _LINE, json_schema_extra=text)]
