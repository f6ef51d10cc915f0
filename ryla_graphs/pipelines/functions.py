"""A typed function as a preset: its parameters from annotations, defaults and docstring."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from types import ModuleType
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import ConfigDict, Field, PydanticUserError, create_model
from pydantic.alias_generators import to_pascal, to_snake
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from ryla_graphs.pipelines.docstrings import documented
from ryla_graphs.pipelines.limited import place_of
from ryla_graphs.pipelines.samples import example_of
from ryla_graphs.presets import forms
from ryla_graphs.presets.base import Preset
from ryla_graphs.presets.parameters import Parameters, Seed, random_seed
from ryla_graphs.problems import InvalidDocument
from ryla_graphs.workflow import Workflow

ASKED_BESIDE = ("webhook_url", "gpu", "max_cost_usd", "user_key", "outputs", "labels")
"""What a server reads from a body besides the parameters, so no parameter can have these names."""
RESERVED = (*ASKED_BESIDE, "previews", "on_event")
"""Names that no parameter may have: those, and what a client call takes besides the parameters."""
_UNFIT = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class OwnParameters(Parameters):
    """The base of models made here: defaults are validated, too."""

    model_config = ConfigDict(validate_default=True)


def gives_workflow(function: Callable[..., Any]) -> bool:
    """Whether a function declares that it returns a `Workflow`, even in a way that cannot be served."""
    annotated = getattr(function, "__annotations__", {}).get("return")
    return annotated is Workflow or "Workflow" in str(annotated)


def preset_of(function: Callable[..., Any], name: str | None = None) -> Preset[Any]:
    """A function as a preset, with ``_`` in its name as ``-``.

    Raises `InvalidDocument`, with the line of the function, if it cannot be served: it returns no workflow, takes
    ``**kwargs``, or has a parameter without a type, or with one that JSON cannot express.
    """
    hints = _hints(function)
    if hints.get("return") is not Workflow:
        annotated = inspect.formatannotation(hints.get("return"))
        raise _refused(function, f"gives `{annotated}`; a pipeline gives one `Workflow`")
    if inspect.iscoroutinefunction(function):
        raise _refused(function, "is async; a pipeline only makes a graph, so write `def`")
    called = name or function.__name__.replace("_", "-")
    says = documented(function.__doc__)
    parameters = inspect.signature(function).parameters
    fields = {key: _field(function, row, hints, says.parameters.get(key)) for key, row in parameters.items()}
    return Preset(
        called,
        model := model_of(f"{to_pascal(to_snake(called))}Params", fields, place_of(function)),
        _graph(function, parameters, says.text),
        example=example_of(model).values,
    )


def preset_of_workflow(workflow: Workflow, name: str, module: ModuleType) -> Preset[Any]:
    """A finished workflow in a module as a preset without parameters."""

    def graph(_: OwnParameters) -> Workflow:
        return workflow

    graph.__name__, graph.__module__ = name, module.__name__
    graph.__doc__ = f"The workflow `{name}` of {module.__name__}."
    return Preset(name, OwnParameters, graph, example={})


def model_of(name: str, fields: Mapping[str, Any], place: str) -> type[Parameters]:
    """A model of parameters, each with a type and a `FieldInfo`; raises `InvalidDocument` if it cannot be made."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a parameter may have the name of a model's method, such as `copy`
            model: type[Parameters] = create_model(name, __base__=OwnParameters, __module__=__name__, **fields)
            model.model_json_schema()
            return model
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise InvalidDocument(f"{place}: a parameter is of a type that JSON cannot say: {said}") from None
    except (NameError, TypeError, ValueError) as error:
        raise InvalidDocument(f"{place}: its parameters cannot be read: {error}") from None


def field_of(**facts: Any) -> FieldInfo:
    """`pydantic.Field`, typed as what it really returns; its annotation claims the type of the default."""
    made: FieldInfo = Field(**facts)
    return made


def _refused(function: Callable[..., Any], reason: str) -> InvalidDocument:
    return InvalidDocument(f"{place_of(function)}: `{function.__name__}` {reason}")


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception as error:  # noqa: BLE001 - whatever the text of an annotation does
        reason = f"has an annotation that cannot be read: {error}; import its names outside of `if TYPE_CHECKING`"
        raise _refused(function, reason) from None


def _field(
    function: Callable[..., Any], row: inspect.Parameter, hints: Mapping[str, Any], description: str | None
) -> tuple[Any, FieldInfo]:
    """A parameter as a field of a model."""
    if row.kind in _UNFIT:
        stars = "**" if row.kind is inspect.Parameter.VAR_KEYWORD else "*"
        raise _refused(function, f"takes `{stars}{row.name}`; name its parameters, so that callers know them")
    if row.name.startswith("_"):
        raise _refused(function, f"has a private parameter `{row.name}`; a caller cannot give it")
    if row.name not in hints:
        raise _refused(function, f"does not say what `{row.name}` is; give it a type, such as `{row.name}: int`")
    if to_snake(row.name) in RESERVED:
        raise _refused(function, f"has a parameter `{row.name}`, which is asked of the server; call it otherwise")
    annotation = hints[row.name]
    if description:
        annotation = Annotated[annotation, Field(description=description)]
    drawn = row.name == "seed" and row.default is row.empty and (get_args(annotation) or (annotation,))[0] is int
    if drawn:
        annotation = _seed(annotation)
    elif annotation is str and "prompt" in row.name:
        annotation = Annotated[annotation, Field(json_schema_extra=forms.PROMPT)]
    if isinstance(row.default, FieldInfo):
        return annotation, row.default
    if drawn:
        return annotation, field_of(default_factory=random_seed)
    return annotation, field_of() if row.default is row.empty else field_of(default=row.default)


def _seed(annotation: Any) -> Any:
    """The annotation, with a description, of a seed that is drawn if none is given."""
    return Annotated[Seed, *get_args(annotation)[1:]] if get_args(annotation) else Seed


def _graph(
    function: Callable[..., Workflow], parameters: Mapping[str, inspect.Parameter], text: str
) -> Callable[[Any], Workflow]:
    """The function as a preset calls it."""
    first = [key for key, row in parameters.items() if row.kind is inspect.Parameter.POSITIONAL_ONLY]
    others = [key for key in parameters if key not in first]

    @wraps(function)
    def graph(given: Parameters) -> Workflow:
        return function(*(getattr(given, key) for key in first), **{key: getattr(given, key) for key in others})

    graph.__doc__ = text or f"`{function.__name__}` of {function.__module__}."
    return graph
