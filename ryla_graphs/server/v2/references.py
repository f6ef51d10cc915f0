"""``core/ASSET`` objects in a graph: where a file name would stand, an uploaded asset may."""

from __future__ import annotations

from typing import Any

from ryla_graphs.server.safety.refusals import refusal

_TYPE = "core/ASSET"


def resolved(graph: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The graph with a name for each asset it refers to, and the ids of the assets by these names.

    Raises `InvalidInputs` (`missing_asset`) for a reference without an id.
    """
    given: dict[str, str] = {}
    changed = {}
    for number, body in graph.items():
        inputs = body.get("inputs") if isinstance(body, dict) else None
        changed[number] = body
        if isinstance(inputs, dict) and any(_is_reference(value) for value in inputs.values()):
            named = {name: _named(value, number, name, given) for name, value in inputs.items()}
            changed[number] = {**body, "inputs": named}
    return changed, given


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type") == _TYPE


def _named(value: Any, number: str, name: str, given: dict[str, str]) -> Any:
    if not _is_reference(value):
        return value
    info = value.get("info")
    asset_id = info.get("id") if isinstance(info, dict) else None
    if not isinstance(asset_id, str):
        raise refusal("missing_asset", f"the asset that '{number}'.{name} refers to has no id", name=name)
    place = f"asset-{asset_id}"
    given[place] = asset_id
    return place
