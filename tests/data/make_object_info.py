"""A small ``/object_info`` answer with every kind of input, for tests that need a server of their own.

    python -m tests.data.make_object_info

writes `object_info.json`, and `my_nodes.py` from it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ryla_graphs.catalogs import from_object_info
from ryla_graphs.codegen import render_module

HERE = Path(__file__).parent
ORIGIN = "tests/data/object_info.json"


def node(
    required: dict[str, Any],
    output: list[Any],
    *,
    optional: dict[str, Any] | None = None,
    names: list[str] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """One entry."""
    return {
        "input": {"required": required, **({"optional": optional} if optional else {})},
        "output": output,
        "output_name": names or output,
        "output_is_list": [False] * len(output),
        "python_module": "custom_nodes.my_pack",
        "category": "my pack",
        "output_node": False,
        **facts,
    }


CHOICE = {
    "options": [
        {"key": "none", "inputs": {"required": {}}},
        {"key": "soft", "inputs": {"required": {"radius": ["INT", {"default": 3, "min": 1, "max": 9}]}}},
        {
            "key": "by image",
            "inputs": {
                "required": {
                    "other": ["IMAGE", {}],
                    "deep": ["COMFY_DYNAMICCOMBO_V3", {"options": [
                        {"key": "a", "inputs": {"required": {"x.y": ["FLOAT", {"default": 0.5, "min": 0, "max": 1}]}}},
                        {"key": "b", "inputs": {"required": {}}},
                    ]}],
                }
            },
        },
    ]
}  # fmt: skip


def object_info() -> dict[str, Any]:
    """The answer."""
    return {
        "CheckpointLoaderSimple": node(
            {"ckpt_name": [["sd_xl_base_1.0.safetensors", "flux1-dev-fp8.safetensors"], {}]},
            ["MODEL", "CLIP", "VAE"],
            python_module="nodes",
        ),
        "My Blur+": node(
            {
                "image": ["IMAGE"],
                "strength": ["FLOAT", {"default": 1, "min": 0, "max": 2, "step": 0.1}],
                "mode": ["COMFY_DYNAMICCOMBO_V3", CHOICE],
                "class": [["fine", "coarse"]],
                "copy": ["BOOLEAN", {"default": True}],
            },
            ["IMAGE", "MY_BLUR"],
            optional={"blocks.0.": ["INT,FLOAT", {"min": 0, "max": 4}], "any": ["*"], "name": ["STRING", {}]},
            names=["image", "count"],
        ),
        "MyBatch": node(
            {
                "images": [
                    "COMFY_AUTOGROW_V3",
                    {
                        "template": {
                            "input": {"required": {"image": ["IMAGE", {}]}},
                            "prefix": "image",
                            "min": 2,
                            "max": 4,
                        }
                    },
                ],
                "values": [
                    "COMFY_AUTOGROW_V3",
                    {
                        "template": {
                            "input": {"required": {"value": ["FLOAT", {"forceInput": True}]}},
                            "names": ["a", "b"],
                            "min": 0,
                        }
                    },
                ],
                "tags": ["COMBO", {"options": ["x", "y", "z"], "multiselect": True}],
            },
            ["COMFY_MATCHTYPE_V3"],
            output_matchtypes=["kind"],
        ),
        "MySwitch": node(
            {
                "a": ["COMFY_MATCHTYPE_V3", {"template": {"template_id": "kind", "allowed_types": "IMAGE,MASK"}}],
                "b": ["COMFY_MATCHTYPE_V3", {"template": {"template_id": "kind", "allowed_types": "IMAGE,MASK"}}],
            },
            ["COMFY_MATCHTYPE_V3"],
            output_matchtypes=["kind"],
        ),
        "MySave": node({"image": ["IMAGE"], "blur": ["MY_BLUR"]}, [], output_node=True),
        "MyChoices": node({}, [["euler", "heun"]], names=["sampler"]),
    }


def main() -> None:
    """Write both files."""
    answer = object_info()
    (HERE / "object_info.json").write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    catalog = from_object_info(answer, name=ORIGIN)
    (HERE / "my_nodes.py").write_text(render_module(catalog, origin=ORIGIN), encoding="utf-8")


if __name__ == "__main__":
    main()
