"""The one reader: tells what something is, and opens it.

    read(Path("fox.png").read_bytes()).prompt
    read({"input": {"workflow": {…}, "images": […]}}).inputs

A `Document` says what the source was, which of its graphs was used, and what was left out. Reading never executes,
fetches or writes anything that a file contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ryla_graphs import catalogs
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.formats import bodies, contents, json_text
from ryla_graphs.formats.api import ApiDocument
from ryla_graphs.formats.embedded import Content
from ryla_graphs.formats.graphs import Graphs, graphs_in
from ryla_graphs.problems import AtNode, InvalidDocument, Problem, shorten
from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import input_files

if TYPE_CHECKING:
    from ryla_graphs.formats.editor.convert import LeftOut

Preference = Literal["prompt", "workflow"]
"""The graph as a server ran it, or the editor's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a source was, and the graph in it."""

    kind: str
    """What it is, in words: ``API JSON``, ``a PNG with a prompt and a workflow``."""
    prompt: ApiDocument
    """The graph, valid or not: `validate` checks it."""
    ui: Mapping[str, Any] | None = None
    """The editor's file, if there is one: the layout, the titles, the notes."""
    inputs: Mapping[str, bytes | str] = field(default_factory=dict)
    """The files sent along, by the name that the graph gives them; a text is an address or the id of an asset."""
    used: Preference = "prompt"
    """Which graph `prompt` is."""
    because: str | None = None
    """Why that one, in words; None if there is only one."""
    left_out: tuple[LeftOut, ...] = ()
    """Which parts of an editor's workflow are not in `prompt`, and why."""
    unread: tuple[str, ...] = ()
    """Keys of a request that were ignored."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it besides the graph itself; an error means that `prompt` is not what was meant."""
    name: str | None = None

    def facts(self) -> dict[str, Any]:
        """What it is, which graph was taken, and what was left out, as JSON-ready data."""
        return {
            "kind": self.kind,
            "used": self.used,
            "left_out": [left.to_dict() for left in self.left_out],
            "unread": list(self.unread),
        }


def read(
    source: Content | str | Mapping[str, Any] | list[Any],
    *,
    name: str | None = None,
    catalog: Catalog | None = None,
    prefer: Preference | None = None,
    now: datetime | None = None,
) -> Document:
    """Open a file's content, a text with JSON, or parsed JSON.

    `catalog` is what the target server has; it is used to turn an editor's workflow into a prompt. `now` fills in the
    dates in its file names. If a source carries both a prompt and a workflow, the prompt is used, since it has the
    values as they ran; `prefer` overrides that. Raises `InvalidDocument`, with one sentence about what the source is
    instead and what to do, and `InvalidInputs` if files sent along cannot be used.

    >>> read('{"prompt": {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}}').kind
    'the body of a POST /prompt'
    """
    return chosen(graphs_in(source), name=name, catalog=catalog, prefer=prefer, now=now)


def chosen(
    found: Graphs,
    *,
    name: str | None = None,
    catalog: Catalog | None = None,
    prefer: Preference | None = None,
    now: datetime | None = None,
) -> Document:
    """The document, made from the preferred graph; the second half of `read`."""
    known = catalogs.bundled() if catalog is None else catalog
    has = {"prompt": found.prompt is not None, "workflow": found.workflow is not None}
    if prefer is not None and not has[prefer]:
        other = "prompt" if prefer == "workflow" else "workflow"
        raise InvalidDocument(f"this is {found.kind}, which has no {prefer}; read its {other} instead")
    used: Preference = prefer or ("prompt" if has["prompt"] else "workflow")
    document = _of_prompt(found, known) if used == "prompt" else _of_workflow(found, known, now)
    faults = tuple(Problem(code="broken_metadata", message=fault) for fault in found.faults)
    return replace(
        document,
        used=used,
        because=_reason(prefer) if all(has.values()) else None,
        unread=found.unread,
        problems=(*faults, *document.problems),
        name=name,
    )


def telling_of_files(document: Document) -> Document:
    """The document with a note about the files sent along, for callers that pass on only its graph."""
    if not document.inputs:
        return document
    note = Problem(
        code="files_came_along",
        message=f"files came along: {', '.join(document.inputs)}; a run needs them",
        hint="run(engine, workflow, inputs): `ryla_graphs.formats.read.read` gives them as `inputs`",
    )
    return replace(document, problems=(*document.problems, note))


def _reason(prefer: Preference | None) -> str:
    if prefer is not None:
        return "that was asked for"
    return "it has the values as they ran; the workflow has the layout"


def _of_prompt(found: Graphs, catalog: Catalog) -> Document:
    named, assets = bodies.with_assets_named(found.prompt)
    prompt, inline = _with_files_named(named, catalog)
    inputs: dict[str, bytes | str] = {**assets, **inline}
    for file, text in found.files.items():
        content = None if contents.is_address(text) or contents.is_asset_id(text) else contents.decoded(text)
        inputs[file] = text if content is None else content
    problems: tuple[Problem, ...] = ()
    if not json_text.is_fit(prompt):
        problems, prompt = tuple(_unfit(prompt)), json_text.mended(prompt)
    return Document(kind=found.kind, prompt=prompt, ui=found.workflow, inputs=inputs, problems=problems)


def _of_workflow(found: Graphs, catalog: Catalog, now: datetime | None) -> Document:
    """The prompt that the editor would send for its file."""
    from ryla_graphs.formats.editor.convert import Choices, convert  # noqa: PLC0415 - most graphs do not need it
    from ryla_graphs.formats.editor.reading import parse  # noqa: PLC0415

    workflow = found.workflow
    repaired: tuple[Problem, ...] = ()
    if not json_text.is_fit(workflow):
        repaired, workflow = (_repaired(workflow),), json_text.mended(workflow)
    converted = convert(parse(workflow), catalog, Choices(now=now))
    if not converted.prompt:
        raise InvalidDocument("no node of this workflow of ComfyUI's editor runs, so it has no prompt")
    opened = _of_prompt(replace(found, prompt=converted.prompt), catalog)
    return replace(
        opened,
        ui=workflow,
        left_out=converted.left_out,
        problems=(*repaired, *converted.problems, *opened.problems),
    )


def _repaired(workflow: Any) -> Problem:
    """The problem of an editor's file with values that are not JSON: the editor itself reads null there."""
    places = [place for place, _ in json_text.unfit(workflow)]
    shown = ", ".join(json_text.mended(places[:3]))
    return Problem(
        code="not_json",
        level="warning",
        message=f"{len(places)} values are no JSON, such as NaN, and are read as null: {shown}",
        expected="numbers that are finite, and whole characters",
    )


def _with_files_named(graph: Mapping[str, Any], catalog: Catalog) -> tuple[ApiDocument, dict[str, bytes]]:
    """A prompt with each inline file replaced by a file name, and those files by name."""
    candidates = {
        value: f"{number}-{name}"
        for number, node in graph.items()
        if isinstance(node, dict) and isinstance(inputs := node.get("inputs"), dict)
        for name, value in inputs.items()
        if type(value) is str and len(value) > 40 and contents.is_inline(value)
    }
    changed: dict[str, Any] = dict(graph)
    files: dict[str, bytes] = {}
    for file in input_files(Prompt(changed, catalog)) if candidates else ():
        if file.name in candidates and (content := contents.decoded(file.name)) is not None:
            node = changed[file.node]
            files[candidates[file.name]] = content
            changed[file.node] = {**node, "inputs": {**node["inputs"], file.input: candidates[file.name]}}
    return changed, files


def _unfit(prompt: ApiDocument) -> Iterator[Problem]:
    """The values of a prompt that are not JSON, such as NaN, which Python's parser lets through.

    Only inputs are checked: outside of them, ComfyUI itself writes NaN for a node that always runs.
    """
    for number, node in prompt.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        for place, value in json_text.unfit(inputs if json_text.is_fit(number) else number):
            yield Problem(
                code="not_json",
                message=f"{shorten(value)} cannot be written as JSON",
                subject=AtNode(json_text.mended(number), _class_of(node), json_text.mended(place) or None),
                given=repr(value),
                expected="a number that is finite, text, true, false, or lists and objects of these",
            )


def _class_of(node: Any) -> str | None:
    kind = node.get("class_type") if isinstance(node, dict) else None
    return json_text.mended(kind) if isinstance(kind, str) else None
