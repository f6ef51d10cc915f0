"""How node classes behave, as recorded: from the facts of a recording to those that are bundled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.catalog_entries import Entry, choices_of, inputs_of, options_of

_KJ = ("CrossFadeImagesMulti", "ImageAddMulti", "ImageBatchMulti", "ImageConcatMulti", "TransitionImagesMulti")
_VIDEO_UPLOADS = ("VHS_LoadVideo", "VHS_LoadVideoFFmpeg", "VHS_LoadVideoFFmpegPath", "VHS_LoadVideoPath")

LEFTOVERS: Mapping[str, tuple[str, ...]] = {
    "Display Any (rgthree)": ("output",),
    "Display Int (rgthree)": ("output",),
    "Image Comparer (rgthree)": ("rgthree_comparer",),
    "ShowText|pysssss": ("text2", *(f"text_{number}" for number in range(10))),
    "easy showAnything": ("text",),
    **dict.fromkeys(
        (*_KJ, "ConditioningMultiCombine", "JoinStringMulti", "MaskBatchMulti"), ("Update inputs", "update inputs")
    ),
    **dict.fromkeys(_VIDEO_UPLOADS, ("choose video to upload", "videopreview")),
    "VHS_LoadAudioUpload": ("choose audio to upload",),
    "VHS_LoadImages": ("choose folder to upload", "videopreview"),
    "VHS_VideoCombine": ("videopreview",),
}
"""What web pages of packs write into prompts in addition to the inputs, as seen in published graphs."""

GROW_OUTPUTS = frozenset({"Power Puter (rgthree)"})
"""Classes whose list of outputs answers for any slot, in addition to those that the recordings name."""

USERS_LISTS: Mapping[str, tuple[str, ...]] = {
    "ImpactWildcardEncode": ("Select to add LoRA", "Select to add Wildcard"),
    "ImpactWildcardProcessor": ("Select to add Wildcard",),
    "Prompt Multiple Styles Selector": ("style1", "style2", "style3", "style4"),
    "Prompt Styles Selector": ("style",),
    **dict.fromkeys(
        (
            "Power Prompt (rgthree)",
            "Power Prompt - Simple (rgthree)",
            "SDXL Power Prompt - Positive (rgthree)",
            "SDXL Power Prompt - Simple / Negative (rgthree)",
        ),
        ("insert_saved",),
    ),
    "SDXLPromptStyler": ("style",),
    "SDXLPromptStylerAdvanced": ("style",),
    "SeedVR2LoadVAEModel": ("model",),
    "Styles Loader (mtb)": ("style_name",),
    "VHS_VideoCombine": ("format",),
}
"""Lists that users extend, in the pack's own folder or with files that have certain names, so they are not closed."""


def behaviour(class_type: str, facts: Mapping[str, Any], entry: Entry, leftovers: tuple[str, ...] = ()) -> Entry:
    """The facts of a recorded class; anything not recorded is false."""
    validates = facts.get("validates") or {}
    found: Entry = {
        "validates": {
            key: value
            for key, value in (
                ("inputs", validates.get("inputs")),
                ("takes_all", validates.get("all_inputs") or validates.get("all")),
                ("link_types", validates.get("input_types")),
            )
            if value
        }
        if "validates" in facts
        else None,
        "impure": bool(facts.get("is_changed") or facts.get("not_idempotent")),
        "any_input_names": bool(facts.get("any_input_name") or facts.get("accept_all_inputs")),
        "takes_extra_wires": bool(facts.get("function_takes_kwargs")),
        "dynamic_inputs": [*_dynamic(facts.get("dynamic_inputs") or {}), *_per_choice(entry["input"])],
        "editor_leftovers": sorted({*LEFTOVERS.get(class_type, ()), *leftovers}),
        "grows_outputs": "outputs" in (facts.get("dynamic_inputs") or {}) or class_type in GROW_OUTPUTS,
    }
    return {key: value for key, value in found.items() if value or (key == "validates" and value is not None)}


def _dynamic(fact: Mapping[str, Any]) -> Iterator[Entry]:
    """The rows of a recording's ``dynamic_inputs``: patterns, or names, with the types of their links."""
    values = bool(fact.get("constants")) or "get_input_info" in fact.get("note", "")
    rows = [(re.escape(name), what) for name, what in fact.get("names", {}).items()]
    if "any name" in fact.get("pattern", ""):
        rows.append((r"\w+", "*"))
    elif "pattern" in fact:
        rows += zip(fact["pattern"].split(" with "), fact.get("type", "*").split(" and "), strict=True)
    if "older" in fact:
        rows.append((r"options( \d+)?", fact["type"]))
    for pattern, what in rows:
        row: Entry = {"pattern": f"(?i:{pattern})" if fact.get("case_insensitive") else pattern}
        if (wire_type := _wire_type(what)) != "*":
            row["type"] = wire_type
        if values:
            row["values"] = True
        row |= {key: fact[key] for key in ("start", "count") if key in fact}
        yield row


def _wire_type(text: str) -> str:
    """The type string of ``IMAGE or MASK``; ``*`` where that is no type."""
    parts = re.split(r", | or ", text)
    return ",".join(parts) if all(re.fullmatch(r"[A-Z][A-Z_0-9]+", part) for part in parts) else "*"


def _per_choice(sections: Mapping[str, Any]) -> Iterator[Entry]:
    """Inputs that the choices of another add, under their own names (`VHS_VideoCombine.format`)."""
    for _, name, value in inputs_of(sections):
        formats = options_of(value).get("formats")
        if isinstance(formats, dict) and choices_of(value) is not None:
            brought = sorted({each[0] for rows in formats.values() for each in rows} | {"manual_format_widgets"})
            yield {"pattern": "|".join(map(re.escape, brought)), "values": True, "count": name}


def opened(class_type: str, entry: Entry) -> Entry:
    """The entry with the lists of `USERS_LISTS` open."""
    for section, name, value in inputs_of(entry["input"]):
        if name in USERS_LISTS.get(class_type, ()):
            entry["input"][section][name] = [value[0], {**options_of(value), "open_choices": True}]
    return entry
