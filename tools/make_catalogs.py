"""Make the bundled catalogs from recorded ``/object_info`` answers.

    python -m tools.make_catalogs ../shared/data [--out ryla_graphs/catalog/data]

Reads `object_info.core.json.gz` (a server with no packs and empty model folders) and
`object_info.packs.json.gz` (the same with packs and full folders). Keeps facts only: names, types, defaults,
ranges, choices. Choices that differ between the two servers, or name files or devices, are a machine's
own: they are marked open and what only one machine has is dropped.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

PACKS: Mapping[str, tuple[str, str]] = {
    "instantid": ("custom_nodes.ComfyUI_InstantID", r".*"),
    "pulid_flux": (r"custom_nodes.ComfyUI[-_]PuLID[-_]Flux(_ll)?", r".*"),
    "impact": (
        r"custom_nodes.ComfyUI-Impact-(Pack|Subpack)",
        r"ImpactPack|ImpactPack/(Detector|Operation)|.*(?<=/Util)$",
    ),
    "video_helper_suite": ("custom_nodes.ComfyUI-VideoHelperSuite", r".*"),
    "gguf": ("custom_nodes.ComfyUI-GGUF", r".*"),
}
"""Pack name to the module pattern and the category pattern of the classes taken from it."""

IMPACT_UTIL = (
    "EmptySegs",
    "SEGSToImageList",
    "ImpactSEGSToMaskList",
    "ImpactSEGSToMaskBatch",
    "ImpactSEGSConcat",
    "ImpactSEGSPicker",
    "ImpactSEGSLabelFilter",
    "ImpactSEGSRangeFilter",
    "ImpactSEGSOrderedFilter",
    "ImpactDilateMask",
    "ImpactGaussianBlurMask",
    "ImpactDilateMaskInSEGS",
    "ImpactGaussianBlurMaskInSEGS",
    "ImpactCount_Elts_in_SEGS",
    "CLIPSegDetectorProvider",
)

SEEDVR2_DEVICES = ["COMBO", {"options": [], "open_choices": True}]
SEEDVR2_MODULE = "custom_nodes.ComfyUI-SeedVR2_VideoUpscaler"


def _seedvr2(inputs: Mapping[str, Any], output: str) -> dict[str, Any]:
    return {"input": inputs, "output": [output], "category": "SEEDVR2", "python_module": SEEDVR2_MODULE}


SEEDVR2: Mapping[str, Mapping[str, Any]] = {
    "SeedVR2LoadDiTModel": _seedvr2(
        {
            "required": {
                "model": [
                    "COMBO",
                    {"default": "seedvr2_ema_3b_fp8_e4m3fn.safetensors", "options": [], "open_choices": True},
                ],
                "device": SEEDVR2_DEVICES,
            },
            "optional": {
                "blocks_to_swap": ["INT", {"default": 0, "min": 0, "max": 36, "step": 1}],
                "swap_io_components": ["BOOLEAN", {"default": False}],
                "offload_device": SEEDVR2_DEVICES,
                "cache_model": ["BOOLEAN", {"default": False}],
                "attention_mode": [
                    "COMBO",
                    {
                        "default": "sdpa",
                        "options": ["sdpa", "flash_attn_2", "flash_attn_3", "sageattn_2", "sageattn_3"],
                    },
                ],
                "torch_compile_args": ["TORCH_COMPILE_ARGS", {}],
            },
        },
        "SEEDVR2_DIT",
    ),
    "SeedVR2LoadVAEModel": _seedvr2(
        {
            "required": {
                "model": ["COMBO", {"default": "ema_vae_fp16.safetensors", "options": [], "open_choices": True}],
                "device": SEEDVR2_DEVICES,
            },
            "optional": {
                "encode_tiled": ["BOOLEAN", {"default": False}],
                "encode_tile_size": ["INT", {"default": 1024, "min": 64, "step": 32}],
                "encode_tile_overlap": ["INT", {"default": 128, "min": 0, "step": 32}],
                "decode_tiled": ["BOOLEAN", {"default": False}],
                "decode_tile_size": ["INT", {"default": 1024, "min": 64, "step": 32}],
                "decode_tile_overlap": ["INT", {"default": 128, "min": 0, "step": 32}],
                "tile_debug": ["COMBO", {"default": "false", "options": ["false", "encode", "decode"]}],
                "offload_device": SEEDVR2_DEVICES,
                "cache_model": ["BOOLEAN", {"default": False}],
                "torch_compile_args": ["TORCH_COMPILE_ARGS", {}],
            },
        },
        "SEEDVR2_VAE",
    ),
    "SeedVR2VideoUpscaler": _seedvr2(
        {
            "required": {
                "image": ["IMAGE", {}],
                "dit": ["SEEDVR2_DIT", {}],
                "vae": ["SEEDVR2_VAE", {}],
                "seed": ["INT", {"default": 42, "min": 0, "max": 2**32 - 1, "step": 1}],
                "resolution": ["INT", {"default": 1080, "min": 16, "max": 16384, "step": 2}],
                "max_resolution": ["INT", {"default": 0, "min": 0, "max": 16384, "step": 2}],
                "batch_size": ["INT", {"default": 5, "min": 1, "max": 16384, "step": 4}],
                "uniform_batch_size": ["BOOLEAN", {"default": False}],
                "color_correction": [
                    "COMBO",
                    {"default": "lab", "options": ["lab", "wavelet", "wavelet_adaptive", "hsv", "adain", "none"]},
                ],
            },
            "optional": {
                "temporal_overlap": ["INT", {"default": 0, "min": 0, "max": 16, "step": 1}],
                "prepend_frames": ["INT", {"default": 0, "min": 0, "max": 32, "step": 1}],
                "input_noise_scale": ["FLOAT", {"default": 0.0, "min": 0.0, "max": 1.0, "step": 0.001}],
                "latent_noise_scale": ["FLOAT", {"default": 0.0, "min": 0.0, "max": 1.0, "step": 0.001}],
                "offload_device": SEEDVR2_DEVICES,
                "enable_debug": ["BOOLEAN", {"default": False}],
            },
        },
        "IMAGE",
    ),
}
"""numz/ComfyUI-SeedVR2_VideoUpscaler 2.5.24, commit 4490bd1: signatures read off the node classes."""

PATCHES: tuple[tuple[str, tuple[str, ...], Any, str], ...] = (
    (
        "ApplyPulidFlux",
        ("input", "optional", "options"),
        ["OPTIONS", {}],
        "the recorded server had balazik's class of this name; lldacing's takes options as well",
    ),
)
"""Class, path, value, and why the recording is not the fact wanted."""

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
    "remote",
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
    ("VHS_LoadImages", "directory"),
}
PROSE = 24
"""Default texts longer than this, with spaces, are somebody's sentences: left out."""

Entry = dict[str, Any]


def choices_of(value: list[Any]) -> list[Any] | None:
    """The list of choices of an input, old style or new; None where it has none."""
    if isinstance(value[0], list):
        return value[0]
    if value[0] == "COMBO":
        return list((value[1] if len(value) > 1 else {}).get("options") or [])
    return None


def inputs_of(sections: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """Section, name and value of all inputs."""
    for section in ("required", "optional"):
        for name, value in (sections.get(section) or {}).items():
            yield section, name, value


def is_open(class_type: str, name: str, value: list[Any], other: list[Any] | None) -> bool:
    """Whether the choices are one machine's own."""
    choices = choices_of(value) or []
    facts = value[1] if len(value) > 1 else {}
    return (
        not choices
        or (other is not None and choices_of(other) != choices)
        or any(isinstance(choice, str) and FILE.search(choice) for choice in choices)
        or any(facts.get(f"{kind}_upload") for kind in ("image", "video", "audio", "file"))
        or "remote" in facts
        or (class_type, name) in DEVICE_INPUTS
    )


def _says(fact: Any) -> bool:
    """Whether a fact differs from its absence; 0 does."""
    return fact is not None and fact is not False


def facts_of_input(class_type: str, name: str, value: list[Any], other: list[Any] | None) -> list[Any]:
    """One input with the facts only."""
    given = value[1] if len(value) > 1 and isinstance(value[1], dict) else {}
    facts = {key: given[key] for key in INPUT_FACTS if key in given and (key == "default" or _says(given[key]))}
    facts.pop("remote", None)
    if not facts.get("multiselect"):
        facts.pop("multiselect", None)
    kind = value[0]
    if (choices := choices_of(value)) is not None:
        kind = "COMBO" if value[0] == "COMBO" else []
        if is_open(class_type, name, value, other):
            both = [c for c in choices if other is None or c in (choices_of(other) or [])]
            choices = [
                c for c in both if not (isinstance(c, str) and (FILE.search(c) or DEVICE.search(c) or c == "3d"))
            ]
            facts["open_choices"] = True
            if facts.get("default") not in choices:
                facts.pop("default", None)
        if kind == "COMBO":
            facts["options"] = choices
        else:
            kind = choices
    elif "options" in facts:
        facts["options"] = [
            {"key": option["key"], "inputs": facts_of_inputs(class_type, option["inputs"])}
            for option in facts["options"]
        ]
    if isinstance(facts.get("template"), dict) and "input" in facts["template"]:
        facts["template"] = {**facts["template"], "input": facts_of_inputs(class_type, facts["template"]["input"])}
    default = facts.get("default")
    if isinstance(default, str) and len(default) > PROSE and choices is None and re.search(r"\w \w", default):
        del facts["default"]
    return [kind, facts] if facts else [kind]


def facts_of_inputs(class_type: str, sections: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> Entry:
    """All inputs with the facts only; `other` is the same class on the other server."""
    result: Entry = {}
    for section, name, value in inputs_of(sections):
        twin = ((other or {}).get(section) or {}).get(name)
        result.setdefault(section, {})[name] = facts_of_input(class_type, name, value, twin)
    if sections.get("hidden"):
        result["hidden"] = dict.fromkeys(sections["hidden"], "")
    return result


def facts_of(class_type: str, entry: Entry, other: Entry | None) -> Entry:
    """One class with the facts only."""
    facts: Entry = {"input": facts_of_inputs(class_type, entry["input"], (other or {}).get("input"))}
    facts["output"] = entry["output"]
    if entry["output_name"] != entry["output"]:
        facts["output_name"] = entry["output_name"]
    if any(entry["output_is_list"]):
        facts["output_is_list"] = entry["output_is_list"]
    if entry["display_name"] not in (None, "", class_type):
        facts["display_name"] = entry["display_name"]
    facts |= {key: entry[key] for key in ENTRY_FACTS if entry.get(key)}
    if entry["output_node"]:
        facts["output_node"] = True
    if entry["is_input_list"]:
        facts["is_input_list"] = True
    return facts


def patched(class_type: str, facts: Entry) -> Entry:
    """The entry with the corrections of `PATCHES`."""
    for target, path, value, _why in PATCHES:
        if target == class_type:
            place = facts
            for key in path[:-1]:
                place = place.setdefault(key, {})
            place[path[-1]] = value
    return facts


def select(packs: Mapping[str, Entry], pack: str) -> list[str]:
    """The classes of one pack, in the order of the recording."""
    module, category = PACKS[pack]
    return [
        name
        for name, entry in packs.items()
        if re.fullmatch(module, entry["python_module"])
        and re.fullmatch(category, entry["category"])
        and (not entry["category"].endswith("ImpactPack/Util") or name in IMPACT_UTIL)
    ]


def render(name: str, entries: Mapping[str, Entry]) -> str:
    """The module that holds a catalog: one line a class."""
    lines = [
        f'"""Facts of {len(entries)} node classes: {name}.',
        "",
        "GENERATED by `python -m tools.make_catalogs`: do not edit. To correct a fact, add a row to its PATCHES.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "ENTRIES: dict[str, str] = {",
    ]
    for class_type, entry in entries.items():
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        lines.append(f"    {class_type!r}: {text!r},")
    return "\n".join([*lines, "}", ""])


def catalogs(data: Path) -> dict[str, dict[str, Entry]]:
    """All bundled catalogs by module name."""
    core, packs = (_read(data / f"object_info.{which}.json.gz") for which in ("core", "packs"))
    made = {
        "core": {
            name: facts_of(name, entry, packs.get(name))
            for name, entry in core.items()
            if not entry["python_module"].startswith("custom_nodes")
        }
    }
    for pack in PACKS:
        made[pack] = {name: patched(name, facts_of(name, packs[name], None)) for name in select(packs, pack)}
    made["seedvr2"] = {name: dict(entry) for name, entry in SEEDVR2.items()}
    return made


def _read(path: Path) -> dict[str, Entry]:
    with gzip.open(path) as file:
        content: dict[str, Entry] = json.load(file)
    return content


def main(argv: Iterable[str] | None = None) -> None:
    """Write the modules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("ryla_graphs/catalog/data"))
    options = parser.parse_args(list(argv) if argv is not None else None)
    for name, entries in catalogs(options.data).items():
        (options.out / f"{name}.py").write_text(render(name, entries), encoding="utf-8")
        print(f"{name}: {len(entries)} classes")


if __name__ == "__main__":
    main()
