"""The ways to keep a person's face, side by side: InstantID, PuLID, Kontext, InfiniteYou."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ryla_graphs import presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.presets.base import Preset
from ryla_graphs.presets.flux_instantid import flux_instantid
from ryla_graphs.presets.flux_kontext import flux_kontext
from ryla_graphs.presets.flux_pulid import flux_pulid
from ryla_graphs.presets.parameters import random_seed
from ryla_graphs.presets.parts.infinite_you import flux_infinite_you
from ryla_graphs.problems import AtField, InvalidParameters, InvalidWorkflow, Problem, did_you_mean
from ryla_graphs.sweeps.grid import MOST_CELLS, Grid, grid, names_of
from ryla_graphs.workflow import Workflow


@dataclass(frozen=True)
class Method:
    """A way to keep a face."""

    preset: Preset[Any]
    reference: str = "referenceImage"
    """The parameter that takes the picture of the person."""
    prompt: str = "{prompt}"
    """The method's prompt; `{prompt}` stands for what the picture should show."""


METHODS: Mapping[str, Method] = {
    "instantid": Method(flux_instantid),
    "pulid": Method(flux_pulid),
    "kontext": Method(
        flux_kontext, "image", "Show the same person in another picture: {prompt}. Keep the face as it is."
    ),
    "infinite-you": Method(flux_infinite_you),
}
"""Methods by the names that the command accepts."""


class MethodGrid(NamedTuple):
    """A sweep over methods, and the methods that were left out."""

    grid: Grid
    left_out: Mapping[str, str]
    """Why methods cannot run on the target, by name."""


def method_grid(
    reference: str,
    parameters: Mapping[str, Any],
    axes: Mapping[str, Any] | None = None,
    *,
    methods: Sequence[str] = tuple(METHODS),
    catalog: Catalog | None = None,
    most_cells: int = MOST_CELLS,
) -> MethodGrid:
    """A cell for each method and each combination of the other axes. Each method gets those `parameters` that it has.

    A method is left out if `catalog` lacks its classes or weights. Raises `InvalidParameters` for a parameter that no
    method has, and `InvalidWorkflow` if no method can run.

    >>> made = method_grid("me.png", {"prompt": "a knight"}, {"seed": [1, 2]}, methods=["instantid", "pulid"])
    >>> [cell.name for cell in made.grid]
    ['method=instantid,seed=1', 'method=pulid,seed=1', 'method=instantid,seed=2', 'method=pulid,seed=2']
    """
    unknown = [name for name in methods if name not in METHODS]
    if problems := [*map(_no_method, unknown), *_idle({**parameters, **(axes or {})}, methods)]:
        raise InvalidParameters(problems)
    first = {name: _first(values) for name, values in (axes or {}).items()}
    failed: dict[str, InvalidWorkflow] = {}
    for name in dict.fromkeys(methods):
        try:
            _portrait(reference, name, {**parameters, **first}).compile(catalog)
        except InvalidWorkflow as error:
            failed[name] = error
    able = [name for name in dict.fromkeys(methods) if name not in failed]
    if not able:
        raise InvalidWorkflow(_cannot_run(name, error) for name, error in failed.items())

    def portrait(method: str, **given: Any) -> Workflow:
        return _portrait(reference, method, given)

    seed = {} if "seed" in {**parameters, **first} else {"seed": random_seed()}
    made = grid(portrait, {**(axes or {}), "method": able}, {**parameters, **seed}, most_cells=most_cells)
    made.name = "ways to keep a face"
    return MethodGrid(made.judged_by(catalog), {name: _why(error) for name, error in failed.items()})


def _portrait(reference: str, name: str, given: Mapping[str, Any]) -> Workflow:
    """The graph of a method, with those parameters that it has."""
    method = METHODS[name]
    own = names_of(method.preset)
    taken = {own[key]: value for key, value in given.items() if key in own}
    if isinstance(taken.get("prompt"), str):
        taken["prompt"] = method.prompt.format(prompt=taken["prompt"].rstrip(". "))
    return method.preset.build({**taken, method.reference: reference})


def _idle(given: Mapping[str, Any], methods: Sequence[str]) -> list[Problem]:
    """The problems of parameters that no method takes."""
    taken = {key for name in methods if name in METHODS for key in names_of(METHODS[name].preset)}
    references = {METHODS[name].reference for name in methods if name in METHODS}
    return [
        Problem(
            code="unknown_parameter",
            message=f"no method takes `{name}`" if name not in taken else "is the reference, which is given already",
            subject=AtField("methods", name),
            hint=did_you_mean(name, sorted(taken)),
        )
        for name in given
        if name not in taken or name in references
    ]


def _no_method(name: str) -> Problem:
    hint = did_you_mean(name, METHODS) or f"the methods are {', '.join(METHODS)}"
    return Problem(code="bad_parameter", message=f"'{name}' is no method", subject=AtField("methods", name), hint=hint)


def _first(values: Any) -> Any:
    return next(iter(values.values() if isinstance(values, Mapping) else values), None)


def _cannot_run(name: str, error: InvalidWorkflow) -> Problem:
    own = METHODS[name].preset.name
    hint = f"`ryla-graphs plan {own}` lists what it needs" if own in presets.NAMES else None
    return Problem(code="method_lacks", message=f"{name} cannot run here: {_why(error)}", hint=hint)


def _why(error: InvalidWorkflow) -> str:
    wrong = (problem.message for problem in error.problems if problem.level == "error")
    first, *more = dict.fromkeys(wrong)
    return f"{first}{f' (and {len(more)} more)' if more else ''}"
