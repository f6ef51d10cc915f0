"""How often we convert the editor's files to exactly the prompt that the real editor makes, and how fast.

    python -m benchmarks.editor_pairs [--data ../shared/data] [--catalog object_info.json[.gz]] [--rows]
    python -m benchmarks.editor_pairs --comfy-cli /path/to/a/venv/with/comfy-cli/bin/python

Two prompts are equal where their nodes, classes, titles and inputs are: key order does not count, 1 equals 1.0, true is
not 1, and inputs that the recording names as random are ignored. Nodes of unknown classes are compared twice: as
the editor writes them (placeholders without a class), and left out where ours names their values by the file instead.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.clock import best
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled, from_object_info
from ryla_graphs.formats.editor.convert import Choices, convert
from ryla_graphs.formats.editor.reading import parse

SERVERS = ("core", "packs", "more packs")
FILES = ("pairs.dev.jsonl.gz", "pairs.new.dev.jsonl.gz")
RECORDED = datetime(2024, 1, 2, tzinfo=UTC)
"""The date in the recording's browser, for all rows but one."""
AS_THE_EDITOR = Choices(now=RECORDED, named=False)
BY_THE_FILE = Choices(now=RECORDED)

EXCEPTIONS: Mapping[str, str] = {
    "Comfy-Org__flux_1_kontext_dev_basic__6bf9b": "a list came late; in four new runs the editor sent what ours does",
    "quinteroac__api_templates_product_scene_transformation__855e8": "the editor loses promoted values without a name",
    "lquesada__inpaint_flux__9e158": "recorded on another day",
    "peteromallet__workflow_fixed_node__f4c5f": "the pack's canvas moves its points when it is drawn",
    **dict.fromkeys(
        ("cubiq__InstantID_depth__73784", "fofr__workflow_ui__c277e"),
        "recorded on a server with more packs than the row says",
    ),
}
"""Rows where ours differs, and why."""

ROUNDS = 9
"""The best round counts, for ours and the others alike: other work on the machine slows some down."""

Row = Mapping[str, Any]

_RIVAL = """
import json, sys, time
from comfy_cli.workflow_to_api import convert_ui_to_api
info, rows = json.load(open(sys.argv[1])), [json.loads(line) for line in open(sys.argv[2])]
best, made = None, {}
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    for row in rows:
        try:
            made[row["name"]] = convert_ui_to_api(row["ui"], info)
        except Exception as error:
            made[row["name"]] = repr(error)
    spent = time.process_time() - start
    best = spent if best is None else min(best, spent)
print(json.dumps({"seconds": best, "made": made}))
"""


def rows_of(data: Path) -> Iterator[Row]:
    """The recorded rows of both files."""
    for name in FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def same(ours: Any, theirs: Any) -> bool:
    """Whether two values are equal by the recording's rules."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return ours == theirs
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def differences(ours: Mapping[str, Any], row: Row, *, known_only: bool = False, titles: bool = True) -> Iterator[str]:
    """How a prompt differs from the recorded one, one line per difference."""
    theirs = row["api"]
    skipped = {number for number, body in theirs.items() if "class_type" not in body} if known_only else set()
    for number in sorted((ours.keys() | theirs.keys()) - skipped):
        mine, other = ours.get(number), theirs.get(number)
        if mine is None or other is None:
            yield f"node {number}: {'missing' if mine is None else 'too much'}"
            continue
        for key in ("class_type", "_meta") if titles else ("class_type",):
            if mine.get(key) != other.get(key):
                yield f"node {number}: {key} is {mine.get(key)!r}, not {other.get(key)!r}"
        inputs, recorded = mine["inputs"], other["inputs"]
        for name in sorted(inputs.keys() | recorded.keys()):
            if f"{number}.{name}" in row["nondeterministic_inputs"]:
                continue
            absent = name not in inputs or name not in recorded
            if absent or not same(inputs[name], recorded[name]):
                yield f"node {number}: {name} is {inputs.get(name)!r}, not {recorded.get(name)!r}"


def recorded_catalogs(data: Path) -> dict[str, Catalog]:
    """The catalogs of the servers that the rows were recorded on, by `server_of`."""
    found = {name: from_object_info(_json(data / f"object_info.{name}.json.gz")) for name in ("core", "packs")}
    return {**found, "more packs": bundled() | found["packs"]}


def server_of(row: Row) -> str:
    """The server that a row was recorded on; the one for packs had some that its definitions do not list."""
    return "more packs" if row["tier"] == "packs" else str(row["env"])


def _json(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def agreement(rows: Iterable[Row], catalogs: Mapping[str, Catalog], choices: Choices, *, show: bool = False) -> None:
    """Print the share of equal prompts by tier and kind."""
    equal: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for row in rows:
        prompt = convert(parse(row["ui"]), catalogs[server_of(row)], choices).prompt
        found = list(differences(prompt, row, known_only=choices.named))
        for key in ((row["tier"], row["kind"]), (row["tier"], "all"), ("all", "all")):
            total[key] += 1
            equal[key] += not found
        if found and show:
            print(f"    {row['name']}: {found[0]}" + (f", {len(found) - 1} more" if len(found) > 1 else ""))
    print("| tier | kind | equal | of | share |\n|---|---|---:|---:|---:|")
    for key in sorted(total):
        print(f"| {key[0]} | {key[1]} | {equal[key]} | {total[key]} | {equal[key] / total[key]:.1%} |")
    print()


def speed(rows: Sequence[Row], catalog: Catalog) -> float:
    """Print and return the CPU seconds for all rows, as parsed JSON, with a warm catalog."""

    def convert_all() -> None:
        for row in rows:
            convert(parse(row["ui"]), catalog)

    convert_all()
    seconds = best(convert_all, rounds=ROUNDS)
    nodes = sum(row["nodes"] for row in rows)
    print(f"{len(rows)} files, {nodes} nodes: {seconds:.2f} s, {1e3 * seconds / len(rows):.2f} ms a file\n")
    return seconds


def rival(python: str, rows: Sequence[Row], info: Path, seconds: float) -> None:
    """Print how comfy-cli converts the same rows, and how long it takes."""
    with tempfile.TemporaryDirectory() as folder:
        script, lines, facts = (Path(folder) / name for name in ("rival.py", "rows.jsonl", "info.json"))
        script.write_text(_RIVAL)
        lines.write_text("\n".join(json.dumps({"name": row["name"], "ui": row["ui"]}) for row in rows))
        facts.write_text(json.dumps(_json(info)))
        command = [python, str(script), str(facts), str(lines), str(ROUNDS)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    made = answer["made"]
    equal = sum(
        isinstance(made[row["name"]], dict) and not list(differences(made[row["name"]], row, titles=False))
        for row in rows
    )
    print(f"comfy-cli: {answer['seconds']:.2f} s, {answer['seconds'] / seconds:.1f} times as long as ours;")
    print(f"{equal} of {len(rows)} equal, titles not counted: {equal / len(rows):.1%}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print agreement and speed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--catalog", type=Path, help="an /object_info answer to use for all rows")
    parser.add_argument("--comfy-cli", metavar="PYTHON", help="a Python that has comfy-cli, to compare with")
    parser.add_argument("--rows", action="store_true", help="name the rows that differ")
    options = parser.parse_args(arguments)
    rows = list(rows_of(options.data))
    if options.catalog is not None:
        catalogs: dict[str, Mapping[str, Catalog]] = {
            options.catalog.name: dict.fromkeys(SERVERS, from_object_info(_json(options.catalog)))
        }
    else:
        catalogs = {
            "the servers' own catalogs": recorded_catalogs(options.data),
            "the bundled catalog": dict.fromkeys(SERVERS, bundled()),
        }
    for name, chosen in catalogs.items():
        print(f"## {name}, unknown classes as the editor writes them\n")
        agreement(rows, chosen, AS_THE_EDITOR, show=options.rows)
        print(f"## {name}, unknown classes by the file: nodes of known classes compared\n")
        agreement(rows, chosen, BY_THE_FILE, show=options.rows)
    core = [row for row in rows if row["tier"] == "core"]
    info = options.data / "object_info.core.json.gz"
    catalog = from_object_info(_json(info))
    for name, files in {"official templates": "template", "all of core": ""}.items():
        print(f"## Speed, {name}\n")
        timed = [row for row in core if row["kind"].startswith(files)]
        seconds = speed(timed, catalog)
        if options.comfy_cli:
            rival(options.comfy_cli, timed, info, seconds)


if __name__ == "__main__":
    main()
