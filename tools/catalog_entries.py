"""From a recorded entry of ``/object_info`` to the facts that are bundled: no prose, no machine's files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Entry = dict[str, Any]

ENTRY_FACTS = ("category", "python_module", "deprecated", "experimental", "api_node", "output_matchtypes")
INPUT_FACTS = (
    "default",
    "min",
    "max",
    "step",
    "round",
    "options",
    "multiselect",
    "forceInput",
    "socketless",
    "multiline",
    "dynamicPrompts",
    "widgetType",
    "control_after_generate",
    "image_upload",
    "video_upload",
    "audio_upload",
    "file_upload",
    "template",
    "open_choices",
    "folders",
)
FILE = re.compile(
    r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx|ya?ml|png|jpe?g|webp|gif|mp4|webm|wav|mp3|flac|cube|ttf)$"
)
DEVICE = re.compile(r"^(cuda|gpu|xpu|mps)(:\d+)?$")
DEVICE_INPUTS = {
    ("SelectModelDevice", "device"),
    ("SelectCLIPDevice", "device"),
    ("SelectVAEDevice", "device"),
    ("ModelAttentionBackend", "attention"),
}
ALIASES = {"clip": "text_encoders", "t2i_adapter": "controlnet", "unet": "diffusion_models"}
"""Older names of folders below ``models``."""
PROSE = 24
"""Default texts longer than this that contain spaces are someone's prose and are left out."""
LONGEST_DEFAULT = 60
"""No default text longer than this is needed."""


def choices_of(value: list[Any]) -> list[Any] | None:
    """The list of choices of an input, old style or new; None if it has none."""
    if isinstance(value[0], list):
        return value[0]
    if value[0] == "COMBO":
        return list(options_of(value).get("options") or [])
    return None


def options_of(value: list[Any]) -> Entry:
    """The second part of an input."""
    return value[1] if len(value) > 1 and isinstance(value[1], dict) else {}


def inputs_of(sections: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """Section, name and value of all inputs."""
    for section in ("required", "optional"):
        for name, value in (sections.get(section) or {}).items():
            yield section, name, value


class Reader:
    """Reads entries of core classes. Lists of files are recognised by how they differ from another recording's."""

    def __init__(self, open_lists: Mapping[str, list[str]], other: Entry | None) -> None:
        self.open_lists = open_lists
        """Inputs that list files of a machine, and the folders of these."""
        self.other = other
        """The same class on a server with other files."""

    def entry(self, class_type: str, entry: Entry) -> Entry:
        """One class with the facts only."""
        sections: Entry = self._sections(class_type, _in_order(entry), (self.other or {}).get("input"), "")
        facts: Entry = {"input": sections, "output": entry["output"]}
        if entry.get("output_name", entry["output"]) != entry["output"]:
            facts["output_name"] = entry["output_name"]
        if any(entry.get("output_is_list") or ()):
            facts["output_is_list"] = entry["output_is_list"]
        if entry.get("display_name") not in (None, "", class_type):
            facts["display_name"] = entry["display_name"]
        facts |= {key: entry[key] for key in ENTRY_FACTS if entry.get(key)}
        if entry.get("output_node"):
            facts["output_node"] = True
        if entry.get("is_input_list"):
            facts["is_input_list"] = True
        return facts

    def _sections(self, of: str, sections: Mapping[str, Any], other: Mapping[str, Any] | None, prefix: str) -> Entry:
        result: Entry = {}
        for section, name, value in inputs_of(sections):
            twin = ((other or {}).get(section) or {}).get(name)
            result.setdefault(section, {})[name] = self._input(of, f"{prefix}{name}", value, twin)
        hidden = {name: _hidden(name, value) for name, value in (sections.get("hidden") or {}).items()}
        return {**result, "hidden": hidden} if hidden else result

    def _input(self, of: str, name: str, value: list[Any], other: list[Any] | None) -> list[Any]:
        given = options_of(value)
        facts = {key: given[key] for key in INPUT_FACTS if key in given and (key == "default" or _says(given[key]))}
        kind = value[0]
        if (choices := choices_of(value)) is not None:
            kind, facts = self._list(of, name, value, choices, facts, other)
        elif kind == "COMFY_DYNAMICCOMBO_V3":
            facts["options"] = [
                {"key": option["key"], "inputs": self._sections(of, option["inputs"], None, f"{name}.")}
                for option in facts["options"]
            ]
        else:
            facts.pop("options", None)
        if isinstance(facts.get("template"), dict) and "input" in facts["template"]:
            inner = self._sections(of, facts["template"]["input"], None, f"{name}.")
            facts["template"] = {**facts["template"], "input": inner}
        if isinstance(facts.get("default"), str) and choices is None and _is_prose(facts["default"]):
            del facts["default"]
        return [kind, facts] if facts else [kind]

    def _list(
        self, of: str, name: str, value: list[Any], choices: list[Any], facts: Entry, other: list[Any] | None
    ) -> tuple[Any, Entry]:
        """A list of choices; if it is specific to a machine, only those that every machine has."""
        if not facts.get("multiselect"):
            facts.pop("multiselect", None)
        if self._is_open(of, name, value, choices, other):
            both = [c for c in choices if other is None or c in (choices_of(other) or [])]
            choices = [choice for choice in both if not self._is_a_machines(choice)]
            facts["open_choices"] = True
            if name in self.open_lists:
                facts["folders"] = self.open_lists[name]
            if facts.get("default") not in choices:
                facts.pop("default", None)
        if value[0] == "COMBO":
            return "COMBO", {**facts, "options": choices}
        facts.pop("options", None)
        return choices, facts

    def _is_open(self, of: str, name: str, value: list[Any], choices: list[Any], other: list[Any] | None, /) -> bool:
        facts = options_of(value)
        return (
            not choices
            or name in self.open_lists
            or (other is not None and choices_of(other) != choices)
            or any(isinstance(choice, str) and FILE.search(choice) for choice in choices)
            or any(facts.get(f"{kind}_upload") for kind in ("image", "video", "audio", "file"))
            or "remote" in facts
            or (of, name) in DEVICE_INPUTS
        )

    def _is_a_machines(self, choice: Any) -> bool:
        return isinstance(choice, str) and bool(FILE.search(choice) or DEVICE.search(choice) or choice == "3d")


class PackReader(Reader):
    """Reads entries that were recorded with a probe file in every folder: they say which lists are files."""

    def __init__(self) -> None:
        super().__init__({}, None)

    def _list(
        self, of: str, name: str, value: list[Any], choices: list[Any], facts: Entry, other: list[Any] | None
    ) -> tuple[Any, Entry]:
        given = options_of(value)
        if given.get("open_folders"):
            facts["folders"] = _folders(given["open_folders"])
        return super()._list(of, name, value, choices, facts, other)

    def _is_open(self, _of: str, _name: str, value: list[Any], choices: list[Any], _other: Any, /) -> bool:
        facts = options_of(value)
        return not choices or any(facts.get(key) for key in ("open_list", "machine_list", "machine_range", "remote"))

    def _is_a_machines(self, choice: Any) -> bool:
        # Files of the recording machine are left out already; names of files that are there can be downloaded.
        return isinstance(choice, str) and DEVICE.search(choice) is not None


def _in_order(entry: Entry) -> Entry:
    """The inputs in the order of the class, which a recording with sorted keys stores separately."""
    order = entry.get("input_order") or {}
    return {
        section: {name: inputs[name] for name in [*(order.get(section) or inputs)] if name in inputs}
        if isinstance(inputs, dict)
        else inputs
        for section, inputs in entry["input"].items()
    }


def _folders(names: list[str]) -> list[str]:
    """Folders by their newest names; what was saved into `output/<folder>` is listed with the folder."""
    named = (ALIASES.get(name, name) for name in (folder.removeprefix("output/") for folder in names))
    return sorted(dict.fromkeys(named))


def _is_prose(text: str) -> bool:
    return len(text) > LONGEST_DEFAULT or (len(text) > PROSE and re.search(r"\w \w", text) is not None)


def _says(fact: Any) -> bool:
    """Whether a fact says more than its absence; 0 does."""
    return fact is not None and fact is not False


def _hidden(name: str, value: Any) -> str:
    """What the server fills in; empty if the name says it."""
    what = value[0] if isinstance(value, list) and value else value
    return what if isinstance(what, str) and what != name.upper() else ""
