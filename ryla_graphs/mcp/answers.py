"""What tools answer: short text for a model, not whole documents."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from PIL import Image as Pillow

from ryla_graphs.client import JobView
from ryla_graphs.problems import Problem

SIDE = 768
"""The most pixels of a side of pictures in answers: a model sees no more, and each one costs it."""
MOST_PICTURES = 4
_OF_A_JOB = ("id", "state", "preset", "seed", "position")
_OF_AN_OUTPUT = ("name", "node", "kind", "url", "simulated")


def compact(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parameters_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """The parameters of a pipeline, one per line: name, type, range, default, meaning; required ones come first."""
    required = set(schema.get("required", ()))
    rows = schema.get("properties", {}).items()
    for name, facts in sorted(rows, key=lambda row: (row[0] not in required, row[1].get("x-group") == "models")):
        default = facts.get("default")
        said = [
            "required" if name in required else "" if default in (None, "", []) else f"default {compact(default)[:60]}",
            _range(facts),
            facts.get("description", ""),
        ]
        yield f"{name} ({_type(facts)}): {'; '.join(filter(None, said))}"


def _type(facts: Mapping[str, Any]) -> str:
    if "enum" in facts:
        return "one of " + ", ".join(map(str, facts["enum"]))
    if facts.get("format") == "ryla-file":
        return "picture: data URL, https URL or asset id"
    kinds = [facts, *facts.get("anyOf", ())]
    return next((str(kind["type"]) for kind in kinds if "type" in kind and kind["type"] != "null"), "any")


def _range(facts: Mapping[str, Any]) -> str:
    low, high = facts.get("minimum"), facts.get("maximum")
    return "" if low is None and high is None else f"{'' if low is None else low}..{'' if high is None else high}"


def problems_in(rows: Iterable[Mapping[str, Any]]) -> str:
    """Problems, one or two lines each, with their codes."""
    return "\n".join(f"{row['level']} {row['code']}: {Problem.from_dict(row)}" for row in rows) or "no problems"


def plan_in(plan: Mapping[str, Any] | None) -> str:
    """A plan in a few lines."""
    if plan is None:
        return "no plan: the graph has errors"
    lines = [f"peak memory {_gib(plan['peak_bytes'])}, weights {_gib(plan['resident_bytes'])}, images {plan['images']}"]
    for gpu in plan["gpus"]:
        marks = [word for word in ("recommended", "cheapest", "fastest") if plan.get(word) == gpu["gpu"]]
        if marks or gpu["fit"] == "unknown":
            lines.append(f"{gpu['gpu']} ({', '.join(marks) or gpu['fit']}): {gpu['seconds']} s, ${gpu['usd']}")
    lines += [f"weights: {', '.join(weight['name'] for weight in plan['weights'])}"] if plan["weights"] else []
    lines += [f"calls a paid service: {compact(service)}" for service in plan["services"]]
    return "\n".join([*lines, *map(str, plan["unknowns"])])


def _gib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**30:.1f} GiB"


def thumbnail(content: bytes) -> bytes | None:
    """A picture as a JPEG of at most `SIDE` pixels; None if the content is no picture."""
    try:
        with Pillow.open(io.BytesIO(content)) as picture:
            picture.thumbnail((SIDE, SIDE))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=85)
    except (OSError, ValueError, Pillow.DecompressionBombError):
        return None
    return small.getvalue()


def job_in(view: JobView) -> str:
    """A job in a few lines."""
    facts = {name: value for name in _OF_A_JOB if (value := getattr(view, name)) is not None}
    if view.progress is not None:
        facts["progress"] = round(view.progress.value, 3)
    if view.error is not None:
        facts["error"] = {name: getattr(view.error, name) for name in ("code", "message", "node")}
    facts["outputs"] = [{name: getattr(output, name) for name in _OF_AN_OUTPUT} for output in view.outputs]
    return compact(facts)
