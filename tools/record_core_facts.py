"""Ask a real ComfyUI what ``/object_info`` does not say of its own classes: `tools/facts/core.json`.

    PYTHON_OF_COMFYUI tools/record_core_facts.py CHECKOUT [--out tools/facts/core.json]

Runs inside ComfyUI's own Python, so it imports nothing of ours. It loads the classes with a probe file in every folder
that ComfyUI lists: a choice that names a probe belongs to a list of the machine's files.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

PROBE = "probe_"
INPUT_FILES = ("png", "jpg", "mp4", "wav", "latent", "glb", "obj", "txt", "json", "safetensors")
"""Kinds of files in the input folder; each is also in a folder of its own there."""

Facts = dict[str, Any]


def main() -> None:
    """Load ComfyUI in a process of its own, and write what it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--out", type=Path, default=Path("tools/facts/core.json"))
    parser.add_argument("--base", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.base is not None:
        json.dump(asyncio.run(_classes(options.checkout, options.base)), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as base:
        command = [sys.executable, __file__, str(options.checkout.resolve()), "--base", base]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = json.loads(answer.stdout.splitlines()[-1])
    options.out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(found)} classes with facts of their own")


async def _classes(checkout: Path, base: Path) -> Facts:
    sys.path.insert(0, str(checkout))
    sys.argv = ["main.py", "--cpu", "--base-directory", str(base)]
    import_module("comfy.options").enable_args_parsing()
    folder_paths, nodes = import_module("folder_paths"), import_module("nodes")
    await nodes.init_extra_nodes(init_custom_nodes=False, init_api_nodes=True)
    known: Mapping[str, Any] = nodes.NODE_CLASS_MAPPINGS
    folders: Mapping[str, tuple[list[str], Iterable[str]]] = folder_paths.folder_names_and_paths
    _put_probes(base, folders)
    facts = {name: _facts(cls) for name, cls in known.items()}
    return {name: found for name, found in facts.items() if found}


def _put_probes(base: Path, folders: Mapping[str, tuple[list[str], Iterable[str]]]) -> None:
    for name, (paths, extensions) in folders.items():
        endings = [ending for ending in extensions if ending.startswith(".")] or [".safetensors"]
        for path in paths:
            Path(path).mkdir(parents=True, exist_ok=True)
            (Path(path) / f"{PROBE}{name}{'.safetensors' if '.safetensors' in endings else endings[0]}").touch()
    for place in ("input", "input/3d", "output"):
        for ending in INPUT_FILES:
            probe = PROBE + place.split("/")[0]
            for file in (base / place / f"{probe}.{ending}", base / place / probe / f"a.{ending}"):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
    diffusers = base / "models" / "diffusers" / f"{PROBE}diffusers"
    diffusers.mkdir(parents=True, exist_ok=True)
    (diffusers / "model_index.json").touch()


def _facts(cls: Any) -> Facts:
    """What one class does not say in ``/object_info``; empty where that is nothing."""
    v3 = hasattr(cls, "GET_NODE_INFO_V1")
    run = cls.execute if v3 else getattr(cls, cls.FUNCTION)
    found: Facts = {
        "open": {name: folders for name, value in _inputs(cls.INPUT_TYPES()) if (folders := _probes(value))},
        "function_takes_kwargs": _takes_anything(run),
        "any_input_name": bool(v3 and cls.ACCEPT_ALL_INPUTS),
        "is_changed": _overrides(cls, "fingerprint_inputs") if v3 else hasattr(cls, "IS_CHANGED"),
        "not_idempotent": bool(getattr(cls, "NOT_IDEMPOTENT", False)),
        "validates": _parameters(cls.validate_inputs if v3 else cls.VALIDATE_INPUTS) if _validates(cls, v3) else None,
    }
    return {key: value for key, value in found.items() if value}


def _validates(cls: Any, v3: bool) -> bool:
    return _overrides(cls, "validate_inputs") if v3 else hasattr(cls, "VALIDATE_INPUTS")


def _overrides(cls: Any, name: str) -> bool:
    base = import_module("comfy_api.latest").io.ComfyNode
    return getattr(cls, name).__func__ is not getattr(base, name).__func__


def _takes_anything(function: Any) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(function).parameters.values())


def _parameters(function: Any) -> Facts:
    names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    return {"inputs": [name for name in names if name not in ("self", "cls", "s")], "all": _takes_anything(function)}


def _inputs(sections: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All inputs with their dotted names, those that a choice brings included."""
    for section in ("required", "optional"):
        for name, value in (sections.get(section) or {}).items():
            yield f"{prefix}{name}", value
            options = value[1].get("options") if len(value) > 1 and isinstance(value[1], Mapping) else None
            for option in options if isinstance(options, list) else ():
                if isinstance(option, Mapping) and "inputs" in option:
                    yield from _inputs(option["inputs"], f"{prefix}{name}.")


def _probes(value: Any) -> list[str]:
    """The folders whose probe is among the choices of an input."""
    listed = value[0] if isinstance(value[0], list) else (value[1] if len(value) > 1 else {}).get("options")
    names = [choice for choice in listed or () if isinstance(choice, str) and PROBE in choice]
    return sorted({name.split(PROBE, 1)[1].split("/")[0].split(".")[0] for name in names})


if __name__ == "__main__":
    main()
