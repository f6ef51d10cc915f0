"""What partners' classes cost, from the price badges of a recorded ``GET /object_info``.

    python -m tools.partner_prices [--data ../shared/data]

A badge is an expression over a node's widgets. Only numbers are taken from it: the least and the most that a run of the
class costs, over every choice, both ends of every number, and every input linked or not. A price per second, minute or
token keeps its unit, because the badge does not say how much of it a run takes.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ryla_graphs.catalog.parsing import parse_node
from ryla_graphs.catalog.schema import InputSpec, Kind

FILE = Path(__file__).parent.parent / "ryla_graphs" / "plan" / "partner_prices.py"
jsonata: Any = import_module("jsonata")  # it has no types
MOST_POINTS = 4_000
"""Classes with more combinations have no price here."""
_WIRED = ({"connected": False}, {"connected": True})
_A_RUN = ("", "/run", "/image", "x images/run")


def prices(info: Mapping[str, Any]) -> dict[str, tuple[float, float, str]]:
    """Least, most and unit in USD by class, the unit empty for a whole run; classes without a price are left out."""
    found: dict[str, tuple[float, float, str]] = {}
    for class_type, entry in sorted(info.items()):
        badge = entry.get("price_badge")
        rows = [*_rows(class_type, entry, badge)] if badge else []
        units = {unit for _, _, unit in rows}
        if rows and len(units) == 1:
            least, most = min(low for low, _, _ in rows), max(high for _, high, _ in rows)
            found[class_type] = round(least, 6), round(most, 6), units.pop()
    return found


def _rows(class_type: str, entry: Mapping[str, Any], badge: Mapping[str, Any]) -> Iterator[tuple[float, float, str]]:
    """What the badge says for each combination; nothing where one of them has no price."""
    expression = jsonata.Jsonata(badge["expr"])
    rows: list[tuple[float, float, str]] = []
    for point in _points(class_type, entry, badge["depends_on"]):
        try:
            said = expression.evaluate(point)
        except Exception:  # noqa: BLE001 - a combination that the editor cannot make
            continue
        row = _row(said)
        if row is None:
            return
        rows.append(row)
    yield from rows


def _row(said: Any) -> tuple[float, float, str] | None:
    if not isinstance(said, Mapping):
        return None
    form = said.get("format") or {}
    suffix = str(form.get("suffix") or "").strip().lower()
    amounts = {
        "usd": [said.get("usd")],
        "range_usd": [said.get("min_usd"), said.get("max_usd")],
        "list_usd": said.get("usd"),
    }.get(str(said.get("type")))
    if not amounts or not all(isinstance(amount, (int, float)) for amount in amounts):
        return None
    return min(amounts), max(amounts), "" if suffix in _A_RUN else suffix.removeprefix("/").removeprefix("per ")


def _points(class_type: str, entry: Mapping[str, Any], needs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    specs = _specs(parse_node(class_type, entry).inputs)
    names = [widget["name"] for widget in needs["widgets"]]
    values = [_values(specs.get(name, [])) for name in names]
    wired = [*needs["inputs"]]
    groups = [*needs["input_groups"]]
    axes = [*values, *([_WIRED] * len(wired)), *([(0, 1, 9)] * len(groups))]
    if math.prod(map(len, axes)) > MOST_POINTS:
        return
    for point in itertools.product(*axes):
        widgets = point[: len(names)]
        yield {
            "widgets": dict(zip(names, map(_lowered, widgets), strict=True)),
            "inputs": dict(zip(wired, point[len(names) : len(names) + len(wired)], strict=True)),
            "inputGroups": dict(zip(groups, point[len(names) + len(wired) :], strict=True)),
        }


def _lowered(value: Any) -> Any:
    """A value as the editor passes it to a badge: texts in lower case."""
    return value.lower() if isinstance(value, str) else value


def _specs(inputs: Sequence[InputSpec]) -> dict[str, list[InputSpec]]:
    """Every input that a class may have, those of choices included, by name."""
    found: dict[str, list[InputSpec]] = {}
    for spec in inputs:
        found.setdefault(spec.name, []).append(spec)
        for option in spec.options:
            for name, inner in _specs(option.inputs).items():
                found.setdefault(name, []).extend(inner)
    return found


def _values(specs: Sequence[InputSpec]) -> list[Any]:
    values: dict[Any, None] = {}
    for spec in specs:
        if spec.kind in (Kind.INT, Kind.FLOAT):
            values |= dict.fromkeys(v for v in (spec.min, spec.default, spec.max) if isinstance(v, (int, float)))
        elif spec.kind is Kind.BOOLEAN:
            values |= {False: None, True: None}
        elif spec.options:
            values |= dict.fromkeys(option.key for option in spec.options)
        else:
            values |= dict.fromkeys(choice for choice in spec.choices if isinstance(choice, (str, int, float)))
    return list(values) or [None]


def written(info: Mapping[str, Any]) -> str:
    """The module."""
    rows = "".join(
        f"    {json.dumps(name)}: Price({low!r}, {high!r}, {json.dumps(unit)}),\n"
        for name, (low, high, unit) in prices(info).items()
    )
    return f"{_HEAD}{rows}}}\n"


_HEAD = '''"""What partners' classes cost, by ComfyUI's price badges; written by ``python -m tools.partner_prices``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Price(NamedTuple):
    """What a run of a node costs, at least and at most, whatever its inputs."""

    least: float
    most: float
    unit: str
    """Of what: ``second``, ``1k tokens``; empty for a whole run."""


PRICES: Mapping[str, Price] = {
'''


def main() -> None:
    """Write the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    info = json.loads(gzip.decompress((parser.parse_args().data / "object_info.core.json.gz").read_bytes()))
    FILE.write_text(written(info), encoding="utf-8")


if __name__ == "__main__":
    main()
