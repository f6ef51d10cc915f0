"""What a preset is: a parameter model and a function from it to a `Workflow`."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, wraps
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import (
    ValidationError,
)
from pydantic.alias_generators import to_camel, to_snake

from ryla_graphs.formats import api
from ryla_graphs.graph.passes import merge_twins, prefix_wires
from ryla_graphs.graph.wires import Source
from ryla_graphs.origins import Decisions, WorkflowOrigin
from ryla_graphs.presets import forms
from ryla_graphs.presets.parameters import Parameters, ShowsPerson
from ryla_graphs.presets.provenance import Table, like, place, provenance
from ryla_graphs.problems import AtParameter, InvalidParameters, Problem, did_you_mean, shorten
from ryla_graphs.prompt import wires_of
from ryla_graphs.workflow import Workflow

if TYPE_CHECKING:
    from ryla_graphs.graph.graph import Graph
    from ryla_graphs.plan import Plan

MOST_REPORTED = 100
"""So many wrong parameters are reported one by one."""
MOST_ITEMS = 10_000
"""A list with more items is refused before they are validated one by one."""

P = TypeVar("P", bound=Parameters)


class Preset(Generic[P]):
    """A named pipeline: ``presets.get("flux-dev").build(prompt="…")``, or `flux_dev(FluxDevParams(…))`."""

    def __init__(
        self,
        name: str,
        parameters: type[P],
        graph: Callable[[P], Workflow],
        *,
        example: Mapping[str, Any],
        min_comfyui: str | None = None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.example = example
        """Parameters that suffice, by the names of JSON."""
        self.file: Path | None = None
        """The user's file that it is from; None of the library's own."""
        self._min_comfyui = min_comfyui
        self._graph = graph
        self.__doc__ = graph.__doc__

    @property
    def summary(self) -> str:
        """What the preset makes, in one line."""
        return next(iter((self.__doc__ or "").strip().splitlines()), f"The pipeline {self.name}.")

    @property
    def module(self) -> str:
        """The Python module of its function."""
        return self._graph.__module__

    def through(self, call: Callable[[Callable[[P], Workflow], P], Workflow]) -> Preset[P]:
        """The same preset, whose function is given to `call` with the parameters, instead of being called."""
        graph = self._graph

        @wraps(graph)
        def called(parameters: P) -> Workflow:
            return call(graph, parameters)

        made = Preset(self.name, self.parameters, called, example=self.example, min_comfyui=self._min_comfyui)
        made.file = self.file
        return made

    @cached_property
    def pictures(self) -> tuple[str, ...]:
        """The parameters that take an input file, by their Python names."""
        properties = self.parameters.model_json_schema(by_alias=False)["properties"]
        return tuple(name for name, schema in properties.items() if forms.is_file(schema))

    @cached_property
    def person(self) -> str | None:
        """The parameter with the picture of the person to keep, by its Python name; None if there is none."""
        fields = self.parameters.model_fields.items()
        return next((name for name, fact in fields if any(isinstance(m, ShowsPerson) for m in fact.metadata)), None)

    @cached_property
    def plan(self) -> Plan:
        """The plan of its example: what it needs, and what it costs."""
        return self.build(self.example).compile().plan

    @property
    def packs(self) -> tuple[str, ...]:
        """The node packs that its example needs, by repository, or by folder if that is unknown."""
        return tuple(pack.repository or pack.folder for pack in self.plan.packs)

    @property
    def min_comfyui(self) -> str:
        """The oldest ComfyUI that can run its example."""
        from ryla_graphs.software.versions import newest  # noqa: PLC0415 - few ask, and all would wait for it

        return newest(filter(None, (self.plan.comfyui.version, self._min_comfyui)))

    def __call__(self, parameters: P) -> Workflow:
        """The workflow for these parameters."""
        workflow = self._workflow(parameters)
        graph = workflow.graph
        origin = WorkflowOrigin(
            preset=self.name,
            description=self.__doc__ or "",
            parameters=parameters.model_dump(mode="json", by_alias=True),
            notices=workflow.origin.notices,
            source=_caller(),
            decisions=cache(lambda: self._decisions(graph)),
        )
        return Workflow.of(graph, name=self.name, origin=origin)

    def _workflow(self, parameters: P) -> Workflow:
        """What the function gives; a picture of another graph is made a part, named by the parameter that takes it."""
        given = {name: getattr(parameters, name) for name in type(parameters).model_fields}
        wires = {to_camel(name): value for name, value in given.items() if isinstance(value, Source)}
        if not wires:
            return self._graph(parameters)
        placed = {to_snake(part): wire for part, wire in prefix_wires(wires).items()}
        workflow = self._graph(parameters.model_copy(update=placed))
        return Workflow.of(merge_twins(workflow.graph), origin=workflow.origin)

    def build(self, parameters: Mapping[str, Any] | None = None, /, **more: Any) -> Workflow:
        """The workflow for these parameters; raises `InvalidParameters` with everything that is wrong."""
        return self(self.parse({**(parameters or {}), **more}))

    def completed(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """These parameters, with missing required ones taken from the example; the whole example if none are given."""
        if not parameters:
            return self.example
        required = {to_camel(name): name for name, fact in self.parameters.model_fields.items() if fact.is_required()}
        missing = {camel for camel, name in required.items() if not {camel, name} & parameters.keys()}
        return {name: value for name, value in self.example.items() if name in missing} | dict(parameters)

    def parse(self, parameters: Mapping[str, Any]) -> P:
        """The checked parameters; raises `InvalidParameters` with a problem for each that is wrong."""
        given = self._with_few_unknown(parameters)
        if long := [
            name for name, value in given.items() if isinstance(value, (list, tuple)) and len(value) > MOST_ITEMS
        ]:
            raise InvalidParameters(self._too_long(name, given[name]) for name in long)
        try:
            return self.parameters.model_validate(given)
        except ValidationError as error:
            raise InvalidParameters(self._problems(error, len(parameters) - len(given))) from None

    def _with_few_unknown(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters without most of the unknown ones, if a caller sends millions: each costs time."""
        known = {alias for name in self.parameters.model_fields for alias in (name, to_camel(name))}
        if len(parameters) <= len(known) + MOST_REPORTED:
            return dict(parameters)
        few = {*islice((name for name in parameters if name not in known), MOST_REPORTED + 1)}
        return {name: value for name, value in parameters.items() if name in known or name in few}

    def _too_long(self, name: str, given: Sequence[Any]) -> Problem:
        message = f"has {len(given):,} items; at most {MOST_ITEMS:,} are read"
        return Problem(code="bad_parameter", message=message, subject=AtParameter(self.name, name))

    def _problems(self, error: ValidationError, left_out: int) -> Iterator[Problem]:
        rows = error.errors(include_url=False)
        for row in rows[:MOST_REPORTED]:
            if row["type"] == "default_factory_not_called":
                # The default depends on other parameters, and the wrong one among those is reported.
                continue
            name = ".".join(str(part) for part in row["loc"]) or None
            yield Problem(**self._complaint(row["type"], row, name), subject=AtParameter(self.name, name))
        if (more := len(rows) + left_out - MOST_REPORTED) > 0:
            yield Problem(code="bad_parameter", message=f"{more:,} more are wrong", subject=AtParameter(self.name))

    def _complaint(self, kind: str, row: Any, name: str | None) -> dict[str, Any]:
        if kind == "missing":
            wanted = [f.description for n, f in self.parameters.model_fields.items() if name in (n, to_camel(n))]
            return {"code": "missing_parameter", "message": "is missing", "hint": wanted[0] if wanted else None}
        if kind == "extra_forbidden" and name in self.parameters.model_fields:
            twice = f"is given twice, as `{to_camel(name)}` and as `{name}`"
            return {"code": "bad_parameter", "message": twice, "hint": "they are one parameter: give one of them"}
        if kind == "extra_forbidden":
            names = [to_camel(field) for field in self.parameters.model_fields]
            all_names = f"the parameters are {', '.join(names)}" if names else "it takes none"
            hint = did_you_mean(str(name), names) or all_names
            return {"code": "unknown_parameter", "message": f"{self.name} has no parameter `{name}`", "hint": hint}
        message = row["msg"].removeprefix("Value error, ")
        if name is None:
            return {"code": "bad_parameter", "message": message}
        return {"code": "bad_parameter", "message": f"{message}; given {shorten(row['input'])}", "given": row["input"]}

    def decisions(self, parameters: P) -> Decisions:
        """Which parameters decide which inputs of the graph, the likeliest first."""
        return self._decisions(self._workflow(parameters).graph)

    def _decisions(self, graph: Graph) -> Decisions:
        document = api.dump(graph)
        table = self._provenance
        aliases = {to_camel(name) for name in self.parameters.model_fields}
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for number, body in document.items():
            for name in body["inputs"]:
                if names := table.get(place(number, name)) or table.get(like(body["class_type"], name)):
                    found[number, name] = names
            # A picture from another graph arrives over a link; the nodes that made it are under the parameter's name.
            for name, link in wires_of(body["inputs"]).items():
                part, slash, _ = link.node.partition("/")
                if slash and part in aliases and not number.startswith(f"{part}/"):
                    found[number, name] = (part,)
        return found

    @cached_property
    def _provenance(self) -> Table:
        """Found at the first problem that asks for it; it takes a few hundred builds."""
        return provenance(self.parse(self.example), lambda parameters: api.dump(self._workflow(parameters).graph))


_PACKAGE = str(Path(__file__).parent.parent)
_LIBRARIES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")})
NOT_OWN = (_PACKAGE, *_LIBRARIES)
"""How the files begin that are not the user's own code."""


def _caller() -> str | None:
    """`file:line` of the user's code that asks for a workflow; None if a command or a server does."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(_LIBRARIES):
        return None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def preset(
    name: str, parameters: type[P], *, example: Mapping[str, Any], min_comfyui: str | None = None
) -> Callable[[Callable[[P], Workflow]], Preset[P]]:
    """Turn a function from parameters to a workflow into a preset.

    `example` are parameters for documents and tests. Give `min_comfyui` if the preset needs a newer ComfyUI than its
    node classes do.

    >>> from ryla_graphs import Workflow
    >>> from ryla_graphs.nodes import EmptyImage, SaveImage
    >>> from ryla_graphs.presets import Parameters
    >>> class GreyParams(Parameters):
    ...     width: int = 64
    >>> @preset("grey", GreyParams, example={})
    ... def grey(p: GreyParams) -> Workflow:
    ...     return Workflow(SaveImage(images=EmptyImage(width=p.width, height=64)))
    >>> grey.build(width=128)
    <Workflow 'grey': 2 nodes>
    """
    return lambda graph: Preset(name, parameters, graph, example=example, min_comfyui=min_comfyui)
