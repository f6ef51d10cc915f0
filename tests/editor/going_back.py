"""From an editor's file back to the prompt that it was written from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.formats.editor.convert import convert
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.formats.editor.widgets import UNDEFINED, Sends, Widget, widgets
from ryla_graphs.formats.editor.writing import write
from ryla_graphs.prompt import Prompt, wrap

Document = dict[str, dict[str, Any]]
ADD_WIDGETS = {"VHS_VideoCombine", "Power Lora Loader (rgthree)", "PreviewBridge", "PreviewBridgeLatent"}
"""Classes whose packs send more in the browser than their definitions tell."""


def prompt_of(ui: Mapping[str, Any], catalog: Catalog) -> Document:
    """The prompt that the editor makes of a file."""
    return convert(parse(ui), catalog).prompt


def differences(document: Mapping[str, Any], catalog: Catalog) -> list[str]:
    """What is not the same after a document was written for the editor and read again, but for what `write` tells.

    Allowed are widgets that the document left out, at their first value, and primitive nodes for values on sockets.
    """
    written = write(Prompt(document, catalog))
    back = prompt_of(written.document, catalog)
    reported = {(left.node, left.what) for left in written.left_out}
    gone = [
        number for number in document.keys() - back.keys() if (number, document[number]["class_type"]) not in reported
    ]
    found = [f"{number} is gone" for number in gone]
    new = back.keys() - document.keys()
    primitives = {number for number in new if back[number]["class_type"].startswith("Primitive")}
    found += [f"{number} is new" for number in new - primitives]
    for number in document.keys() & back.keys():
        inputs = {name: _behind(value, primitives, back) for name, value in back[number]["inputs"].items()}
        found += _of_node(number, document[number], {**back[number], "inputs": inputs}, catalog, reported)
    return found


def _behind(value: Any, primitives: set[str], back: Document) -> Any:
    return back[value[0]]["inputs"]["value"] if isinstance(value, list) and value[0] in primitives else value


def _of_node(number: str, given: Any, back: Any, catalog: Catalog, reported: set[tuple[str, str]]) -> list[str]:
    if given["class_type"] != back["class_type"]:
        return [f"{number} is a {back['class_type']}"]
    title = given.get("_meta", {}).get("title")
    found = [f"{number} is called {back['_meta']}"] if title and back["_meta"].get("title") != title else []
    inputs, again = given["inputs"], back["inputs"]
    for name, value in inputs.items():
        if name not in again or not same(value, again[name]):
            found += (
                [] if (number, name) in reported else [f"{number}.{name}: {value!r} is {again.get(name, 'gone')!r}"]
            )
    defaults = _defaults(given, catalog)
    if given["class_type"] in ADD_WIDGETS:
        return found
    for name in again.keys() - inputs.keys():
        if name not in defaults or (defaults[name] is not ... and not same(again[name], defaults[name])):
            found.append(f"{number}.{name} is new: {again[name]!r}")
    return found


def _defaults(given: Any, catalog: Catalog) -> dict[str, Any]:
    """What the widgets of a new node hold, where this one does not say."""
    if given["class_type"] not in catalog:
        return {}
    literal = {name: value for name, value in given["inputs"].items() if not isinstance(value, list)}
    shown = widgets(catalog[given["class_type"]], literal)
    return {widget.name: _sent(widget) for widget in shown}


def _sent(widget: Widget) -> Any:
    """What a new node sends; an ellipsis for what only a browser can tell."""
    if widget.sends in (Sends.VIEW, Sends.OWN_ID, Sends.COMPARED, Sends.IF_SAVED):
        return ...
    return None if widget.default is UNDEFINED else wrap(widget.default)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one to JSON: 1 equals 1.0, and neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = (dict(value.items()) for value in (one, other))
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
