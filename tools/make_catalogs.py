"""Make the bundled catalogs from recorded ``/object_info`` answers.

    python -m tools.make_catalogs ../shared/data [--out ryla_graphs/catalog/data]

Reads `object_info.core.json.gz` (a server with no packs and empty model folders), `object_info.packs.json.gz` (the same
with packs and full folders), `packs/` (packs with probe files in every folder), `releases/` (older releases) and
`tools/facts/core.json`. Keeps facts only: names, types, defaults, ranges, choices. Lists of a machine's files, devices
and the like are marked open, and what only one machine has is dropped.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ryla_graphs.catalog.store import CORE
from tools.catalog_entries import Entry, PackReader, Reader, choices_of, inputs_of, options_of
from tools.catalog_facts import behaviour, opened
from tools.catalog_releases import render_releases

ROOT = Path(__file__).parent.parent
NEWER = {"ltdrdata/ComfyUI-Impact-Pack": "ComfyUI-Impact-Pack"}
"""Packs whose recording in `object_info.packs.json.gz` is newer than the one in `packs/`, and their folder there."""
PACK_FACTS = ("commit", "date", "licence", "python_requirements", "hidden_by_core", "adds_choices")

MORE_NAMES = (
    (r"^Swarm[A-Z]", "mcmonkeyprojects/SwarmUI"),
    (r"^WanVideo", "kijai/ComfyUI-WanVideoWrapper"),
    (r"^IPAdapterApply", "cubiq/ComfyUI_IPAdapter_plus"),
    (r"^(BboxDetectorForEach|MMDetLoader|SegsMaskCombine|Segs & Mask.*)$", "ltdrdata/ComfyUI-Impact-Pack"),
    (r"^(LoadTrellis2Models|Trellis2[A-Z]\w+)$", "PozzettiAndrea/ComfyUI-TRELLIS2"),
    (r"^FreeU_V2 \(Advanced\)$", "WASasquatch/FreeU_Advanced"),
    (r"^DynamicPrompts$", "adieyal/comfyui-dynamicprompts"),
    (r"^ComfyDeploy$", "BennyKok/comfyui-deploy"),
    (r"\|pysssss$", "pythongosssss/ComfyUI-Custom-Scripts"),
)
"""Patterns of names that the map of classes lacks: mostly classes that their packs have given up."""


class Made(NamedTuple):
    """One file of classes."""

    repository: str
    file: str
    folder: str
    pack: Mapping[str, Any]
    entries: Mapping[str, Entry]


def recordings(data: Path, *, bare: bool = False) -> list[Made]:
    """All files of classes, ComfyUI's own first; `bare` is without what packs add to it."""
    core, packs = (_read(data / f"object_info.{which}.json.gz") for which in ("core", "packs"))
    widgets = _read(data / "frontend_types.core.json.gz")["types"]
    made = [Made(CORE, "core.tsv.gz", "", {}, dict(_core(core, packs, _core_facts(), widgets)))]
    if bare:
        return made
    for path in sorted((data / "packs").glob("*__*.json.gz"), key=lambda path: path.name.casefold()):
        pack = _read(path)
        entries = dict(_pack(pack, packs))
        folder = next(iter(entries.values()))["python_module"].split(".")[1]
        facts = {key: pack[key] for key in PACK_FACTS if pack.get(key)}
        file = f"packs/{path.name.removesuffix('.json.gz')}.tsv.gz"
        made.append(Made(pack["repository"], file, folder, facts, entries))
    added = {repository: pack["adds_choices"] for repository, _, _, pack, _ in made if "adds_choices" in pack}
    _add_choices(made, added)
    return made


def _core_facts() -> Entry:
    """What ComfyUI's own classes say of themselves, by `tools.record_core_facts`."""
    core_facts: Entry = json.loads((ROOT / "tools" / "facts" / "core.json").read_text(encoding="utf-8"))
    return core_facts


def _core(core: Entry, packs: Entry, core_facts: Entry, widgets: Entry) -> Iterator[tuple[str, Entry]]:
    for name, entry in core.items():
        if entry["python_module"].startswith("custom_nodes"):
            continue
        facts = {**core_facts.get(name, {}), "is_changed": False}  # its own classes look at files, or at their inputs
        read = Reader(facts.get("open") or {}, packs.get(name)).entry(name, entry)
        known = {key for _, key, _ in inputs_of(entry["input"])}
        shown = widgets.get(name, {})
        names = {widget["name"] for widget in shown.get("widgets", ())} | {
            each["name"] for each in shown.get("inputs", ()) if "widget" in each
        }
        leftovers = tuple(n for n in names - known if n.split(".")[0] not in known)
        yield name, {**read, "facts": behaviour(name, facts, entry, leftovers)}


def _pack(pack: Entry, packs: Entry) -> Iterator[tuple[str, Entry]]:
    newer = NEWER.get(pack["repository"])
    entries = dict(pack["classes"])
    for name, entry in packs.items():
        if newer is not None and entry["python_module"] == f"custom_nodes.{newer}":
            entries[name] = _with_lists_of(entry, entries.get(name))
    for name, entry in sorted(entries.items()):
        facts = entry.get("facts", {})
        read = PackReader().entry(name, {**entry, "category": None})
        if facts.get("input_is_list"):
            read["is_input_list"] = True
        yield name, {**opened(name, read), "facts": behaviour(name, facts, entry)}


def _with_lists_of(newer: Entry, older: Entry | None) -> Entry:
    """A newer entry, with what the older one, recorded with probe files, tells of its lists and its behaviour."""
    entry: Entry = json.loads(json.dumps(newer))
    known = {name: value for _, name, value in inputs_of((older or {}).get("input", {}))}
    for section, name, value in inputs_of(entry["input"]):
        twin = known.get(name)
        listing = {} if twin is None else {k: v for k, v in options_of(twin).items() if k.startswith(("open_", "mach"))}
        if twin is not None and listing and choices_of(value) is not None:
            entry["input"][section][name] = [twin[0], {**options_of(value), **options_of(twin)}]
    return {**entry, "facts": (older or {}).get("facts", {})}


def _add_choices(made: Iterable[Made], added: Mapping[str, Mapping[str, Any]]) -> None:
    """Mark, in every list of samplers or schedulers, those that only a server with a certain pack has."""
    sampler = made_entry(made, "KSampler")["input"]["required"]
    lists = {"samplers": set(sampler["sampler_name"][0]), "schedulers": set(sampler["scheduler"][0])}
    for repository, choices in added.items():
        for each in made:
            if each.repository == repository:
                continue
            for entry in each.entries.values():
                for section, name, value in inputs_of(entry["input"]):
                    listed = {choice for choice in choices_of(value) or () if isinstance(choice, str)}
                    for what, core in lists.items():
                        if core <= listed:
                            more = dict.fromkeys(choices[what], repository)
                            entry["input"][section][name] = [value[0], {**options_of(value), "added_choices": more}]


def made_entry(made: Iterable[Made], class_type: str) -> Entry:
    """The entry of a class."""
    return next(each.entries[class_type] for each in made if class_type in each.entries)


def render(made: Made) -> str:
    """The text of a file: the pack, then one line a class."""
    rows = [("", made.pack), *made.entries.items()]
    return "".join(f"{name}\t{_json(value)}\n" for name, value in rows)


def render_index(made: Iterable[Made]) -> str:
    """The text of the index."""
    rows = [
        {
            "repository": each.repository,
            "file": each.file,
            "folder": each.folder,
            "carried": sorted(
                {
                    part.strip()
                    for entry in each.entries.values()
                    for output in entry["output"]
                    if isinstance(output, str)
                    for part in output.split(",")
                }
            ),
            "classes": list(each.entries),
        }
        for each in made
    ]
    return _json(rows)


def render_class_to_pack(table: Mapping[str, Any]) -> str:
    """The repositories, one a line; the classes with the numbers of their repositories; patterns of names with one."""
    canonical: dict[str, str] = {"comfyanonymous/ComfyUI": CORE}
    classes: dict[str, list[str]] = {
        name: list(dict.fromkeys([str(canonical.get(each, each)) for each in repositories]))
        for name, repositories in table["classes"].items()
    }
    named = [*MORE_NAMES, *table["patterns"]]
    every: set[str] = {each for repositories in classes.values() for each in repositories}
    every |= {repository for _, repository in named}
    numbers = {each: number for number, each in enumerate(sorted(every))}
    lines = ["\t".join((name, *(str(numbers[each]) for each in classes[name]))) for name in sorted(classes)]
    patterns = [f"{pattern}\t{numbers[repository]}" for pattern, repository in named]
    return "\n\n".join("\n".join(part) for part in (numbers, lines, patterns))


def files(data: Path) -> dict[str, str]:
    """The text of every file of `ryla_graphs/catalog/data` that this tool makes."""
    made = recordings(data)
    core, *_ = recordings(data, bare=True)
    return {
        "index.json.gz": render_index(made),
        "releases.tsv.gz": render_releases(data, _read, _core_facts(), core.entries),
        "class_to_pack.tsv.gz": render_class_to_pack(_read(data / "packs" / "class_to_pack.json.gz")),
        **{each.file: render(each) for each in made},
    }


def pack(text: str) -> bytes:
    """Gzipped text, the same bytes each time."""
    return gzip.compress(text.encode(), mtime=0)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(path: Path) -> Entry:
    with gzip.open(path) as file:
        content: Entry = json.load(file)
    return content


def main(argv: Iterable[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "ryla_graphs" / "catalog" / "data")
    options = parser.parse_args(list(argv) if argv is not None else None)
    total = 0
    for name, text in files(options.data).items():
        target: Path = options.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        total += target.write_bytes(pack(text))
    print(f"{total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
