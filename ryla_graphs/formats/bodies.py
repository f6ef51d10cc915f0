"""Bodies of requests: a graph, and around it whatever else some server needs.

ComfyUI            {"prompt": graph, "client_id": …, "extra_data": {"extra_pnginfo": {"workflow": …}}}
ryla_graphs        {"workflow": graph, "inputs": {name: file}}
Comfy API v2       {"workflow": graph, "extra_data": …, "metadata": …}, with `core/ASSET` where files are named
worker-comfyui     {"input": {"workflow": graph, "images": [{"name": …, "image": base64}]}}
Salad's            {"prompt": graph, "webhook": …, "convert_output": …}, with base64 where files are named
ComfyUI's history  {id: {"prompt": [number, id, graph, extra_data, outputs], "outputs": …}}
ComfyUI's job      {"id": …, "status": …, "create_time": …, "workflow": {"prompt": graph, "extra_data": …}}
ComfyUI's queue    {"queue_running": [[number, id, graph, extra_data, outputs]], "queue_pending": []}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ryla_graphs.formats.shapes import is_node, is_prompt
from ryla_graphs.problems import AtField, InvalidDocument, InvalidInputs, Problem, shorten

_GRAPHS = ("workflow", "prompt", "workflow_json")
"""The keys that a serverless worker's body may have its graph under."""
_QUIET = frozenset({"client_id", "extra_data", "number", "front", "prompt_id", "id", "metadata", "images", "inputs"})
"""Keys that are read, or that do not affect what a graph makes."""
_SALAD = frozenset({
    "azure_blob_upload", "convert_output", "hf_upload", "http_upload", "s3", "webhook", "webhook_v2",
})  # fmt: skip
_SECRETS = ("api_key_comfy_org", "auth_token_comfy_org")
_ASSET = "core/ASSET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was in a body."""

    kind: str
    """Whose request it is, in words."""
    graph: Any
    """A graph in API JSON or the editor's format, or a text that holds one."""
    workflow: Any = None
    """The editor's file sent along with it, to be saved into pictures."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files by the name that the graph gives them: data URLs, base64, addresses, ids of assets."""
    unread: tuple[str, ...] = ()
    """Keys that are ignored."""


def unwrapped(value: Any) -> Body | None:
    """The graph in the body of a request or in an answer of ComfyUI; None if this is neither.

    A graph with a node named `prompt` or `input` is not a body. Raises `InvalidDocument` if the files sent along are
    malformed.
    """
    if not isinstance(value, dict):
        return _of_history(value)
    if isinstance(inner := value.get("input"), dict) and not is_node(inner):
        key = next((key for key in _GRAPHS if _may_be_graph(inner.get(key))), None)
        return None if key is None else _serverless(inner, key, value)
    if isinstance(graph := value.get("prompt"), list):
        return _of_history(graph)
    if _may_be_graph(graph):
        return _with_prompt(value, graph)
    if _may_be_graph(graph := value.get("workflow")):
        return _with_workflow(value, graph)
    if len(value) == 1 and isinstance(entry := next(iter(value.values())), dict) and "outputs" in entry:
        return _of_history(entry.get("prompt"))
    running, waiting = value.get("queue_running"), value.get("queue_pending")
    if isinstance(running, list) and isinstance(waiting, list) and len(jobs := running + waiting) == 1:
        return _of_history(jobs[0])
    return None


def _may_be_graph(value: Any) -> bool:
    """Whether a value may hold a graph: an object that is not a node, or a text with JSON or a file."""
    if isinstance(value, str):
        return value.lstrip().startswith(("{", "data:"))
    return isinstance(value, dict) and not is_node(value)


def _serverless(inner: Mapping[str, Any], key: str, outer: Mapping[str, Any]) -> Body:
    return Body(
        kind="a request to worker-comfyui" if key == "workflow" else "a request to a serverless worker",
        graph=inner[key],
        files=_images(inner.get("images")),
        unread=tuple(name for name in (*inner, *outer) if name not in (_QUIET | {key, "input"})),
    )


def _images(images: Any) -> dict[str, str]:
    """The pictures in a request to worker-comfyui."""
    files: dict[str, str] = {}
    if images is not None and not isinstance(images, list):
        raise InvalidDocument(f'`images` is {shorten(images)}, expected a list of {{"name": …, "image": base64}}')
    for index, row in enumerate(images or ()):
        name, image = (row.get("name"), row.get("image")) if isinstance(row, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(image, str):
            raise InvalidDocument(f"`images[{index}]` needs a `name` and an `image`, which is base64 or a data URL")
        files[name] = image
    return files


def _with_prompt(value: Mapping[str, Any], graph: Any) -> Body:
    salad = not _SALAD.isdisjoint(value)
    extra = value.get("extra_data")
    pictures = extra.get("extra_pnginfo") if isinstance(extra, dict) else None
    beside = pictures.get("workflow") if isinstance(pictures, dict) else value.get("workflow")
    return Body(
        kind="a request to Salad's comfyui-api" if salad else "the body of a POST /prompt",
        graph=graph,
        workflow=beside,
        unread=(*(key for key in value if key not in (_QUIET | {"prompt", "workflow"})), *_keys_in(extra)),
    )


def _with_workflow(value: Mapping[str, Any], graph: Any) -> Body:
    v2 = not {"extra_data", "metadata"}.isdisjoint(value)
    inputs = value.get("inputs") or {}
    if not isinstance(inputs, dict) or not all(isinstance(file, str) for file in inputs.values()):
        raise InvalidDocument("`inputs` must be an object of texts: data URLs, base64, https addresses or asset ids")
    if {"status", "create_time"} <= value.keys():
        return Body(kind="a job of ComfyUI", graph=graph)
    return Body(
        kind="a job of Comfy API v2" if v2 else "a workflow with its input files",
        graph=graph,
        files=inputs,
        unread=(
            *(key for key in value if key not in ({"workflow", "inputs"} | _QUIET)),
            *_keys_in(value.get("extra_data")),
        ),
    )


def _keys_in(extra: Any) -> Iterator[str]:
    """Where a partner service's API key is: a server removes it first, and nothing else uses it."""
    for name in _SECRETS:
        if isinstance(extra, Mapping) and extra.get(name):
            yield f"extra_data.{name}"


def _of_history(entry: Any) -> Body | None:
    if not isinstance(entry, list) or len(entry) < 4 or not is_prompt(entry[2]):
        return None
    pictures = entry[3].get("extra_pnginfo") if isinstance(entry[3], dict) else None
    workflow = pictures.get("workflow") if isinstance(pictures, dict) else None
    return Body(kind="an entry of ComfyUI's queue or history", graph=entry[2], workflow=workflow)


def with_assets_named(graph: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """A graph with a name for each asset of Comfy API v2 that it refers to, and the ids of the assets by these names.

    Raises `InvalidInputs` (`missing_asset`) for a reference without an id.
    """
    given: dict[str, str] = {}
    changed: dict[str, Any] = {}
    for number, node in graph.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if isinstance(inputs, dict) and any(_is_asset(value) for value in inputs.values()):
            named = {name: _asset_name(value, number, name, given) for name, value in inputs.items()}
            changed[number] = {**node, "inputs": named}
    return ({**graph, **changed}, given) if changed else (graph, given)


def _is_asset(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type") == _ASSET


def _asset_name(value: Any, number: str, name: str, given: dict[str, str]) -> Any:
    if not _is_asset(value):
        return value
    info = value.get("info")
    asset_id = info.get("id") if isinstance(info, dict) else None
    if not isinstance(asset_id, str):
        raise InvalidInputs([_no_id(number, name)])
    given[f"asset-{asset_id}"] = asset_id
    return f"asset-{asset_id}"


def _no_id(number: str, name: str) -> Problem:
    message = f"the asset that '{number}'.{name} refers to has no id"
    return Problem(code="missing_asset", message=message, subject=AtField("request", name))
