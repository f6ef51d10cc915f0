"""Say what a newer ComfyUI changes, and what of ours it breaks; then take it over.

    python -m tools.take_over OBJECT_INFO.json[.gz]            # the report; exit 1 if something breaks
    python -m tools.take_over OBJECT_INFO.json[.gz] --json
    python -m tools.take_over OBJECT_INFO.json[.gz] --write --data FOLDER --checkout COMFYUI --python PYTHON [--uv UV]

OBJECT_INFO is ``GET /object_info`` of a server without packs and with empty model folders. `--write` puts it into
FOLDER, where the recordings lie, asks the classes of the checkout what that answer does not say, and makes the table
of releases, catalogs, classes, versions, documents, pins and the lock again. Without uv the pins stay. A scheduled job
runs the report, then `--write` in a clone, then the tests with RYLA_SHARED set to the folder above FOLDER.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ryla_graphs import catalogs, presets
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.comparing import Difference, differences
from ryla_graphs.families import BUILTIN
from ryla_graphs.problems import RylaError
from ryla_graphs.prompt import Prompt
from ryla_graphs.prompt.files import weights_named
from ryla_graphs.software.releases import RECORDED, RELEASE
from ryla_graphs.sources import open_catalog
from ryla_graphs.validation import validate
from tools.catalog_entries import Reader
from tools.take_over_rows import add_row, of_checkout, own_classes, put_recordings

ROOT = Path(__file__).parent.parent


class Report(NamedTuple):
    """What changes, and what breaks."""

    changes: list[Difference]
    renamed: dict[str, str]
    """Inputs that may have been renamed: the old one, and the new one of the same type."""
    presets: dict[str, list[str]]
    """The errors of each preset that does not validate any more."""
    templates: dict[str, list[str]]
    """The classes of each official template that no catalog has."""
    weights: dict[str, int]
    """Names of weight files in official templates whose family no pattern knows, and the number of templates."""

    @property
    def breaks(self) -> bool:
        """Whether something that works today would stop working."""
        gone = {name for names in self.templates.values() for name in names if name in catalogs.bundled("core")}
        return bool(self.presets or gone)


def core_of(recorded: Catalog) -> Catalog:
    """ComfyUI's own classes of a recording, with the lists of files open: the server that was asked had none."""
    facts = json.loads((ROOT / "tools" / "facts" / "core.json").read_text(encoding="utf-8"))
    entries = {
        name: Reader(facts.get(name, {}).get("open") or {}, None).entry(name, dict(entry))
        for name, entry in recorded.entries().items()
        if not str(entry.get("python_module")).startswith("custom_nodes")
    }
    return Catalog(entries, name="the newer ComfyUI", any_input_file=True)


def report_on(new: Catalog) -> Report:
    """Compare a newer core with the bundled one, and try presets and templates on it."""
    packs = catalogs.bundled().subset(name for name in catalogs.bundled() if name not in catalogs.bundled("core"))
    changes = list(differences(catalogs.bundled("core"), new))
    templates, weights = _templates(packs | new)
    return Report(changes, dict(_renamed(changes)), dict(_presets(packs | new)), templates, weights)


def _renamed(changes: list[Difference]) -> Iterator[tuple[str, str]]:
    gone = [each for each in changes if each.what == "input" and each.second is None]
    new = [each for each in changes if each.what == "input" and each.first is None]
    for old in gone:
        alike = [each for each in new if (each.class_type, each.second) == (old.class_type, old.first)]
        if len(alike) == 1:
            yield old.where, alike[0].where


def _presets(catalog: Catalog) -> Iterator[tuple[str, list[str]]]:
    for name in presets.NAMES:
        preset = presets.get(name)
        document = preset.build(preset.example).compile().document
        errors = [str(problem) for problem in validate(document, catalog) if problem.level == "error"]
        if errors:
            yield name, errors


def _templates(catalog: Catalog) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Templates with classes that no catalog has, and the weights that no pattern knows."""
    from ryla_graphs.sources import open_document  # noqa: PLC0415
    from ryla_graphs.sources.templates import templates  # noqa: PLC0415 - needs an extra

    unknown: dict[str, list[str]] = {}
    weights: Counter[str] = Counter()
    for entry in templates():
        try:
            prompt = Prompt(open_document(f"template:{entry.name}", catalog=catalog).prompt, catalog)
        except RylaError as error:
            unknown[entry.name] = [f"cannot be read: {error}"]
            continue
        if prompt.foreign:
            unknown[entry.name] = sorted({node.class_type for node in prompt.foreign.values()})
        for file in weights_named(prompt):
            found = BUILTIN.names.of(file.folder, file.name)
            if file.folder in ("diffusion_models", "checkpoints", "text_encoders", "vae") and found is None:
                weights[f"{file.folder}/{file.name}"] += 1
    return unknown, dict(weights.most_common())


def markdown(report: Report) -> Iterator[str]:
    """The report as lines."""
    counts = Counter(each.what for each in report.changes)
    yield f"# {len(report.changes)} changes: {', '.join(f'{count} {what}' for what, count in counts.most_common())}"
    for each in report.changes:
        yield f"- {each.what} `{each.where}`: {each.first or 'not there'} -> {each.second or 'not there'}"
    for title, rows in (
        ("Inputs that may have been renamed", report.renamed),
        ("Presets that do not validate any more", report.presets),
        ("Official templates with classes that no catalog has", report.templates),
        ("Weights of official templates that no pattern knows", report.weights),
    ):
        yield f"\n# {title}: {len(rows)}"
        yield from (f"- `{name}`: {', '.join(row) if isinstance(row, list) else row}" for name, row in rows.items())


def take_over(source: Path, data: Path, checkout: Path, python: str, uv: str | None) -> None:
    """Put the recording in its place, and regenerate everything that is made from it."""
    content = source.read_bytes()
    object_info = json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
    taken = of_checkout(checkout, own_classes(object_info))
    put_recordings(data, object_info, taken, RELEASE)
    add_row(ROOT, data, [*RECORDED.values()], taken)
    commands = steps(data, checkout, python, uv)
    for number, step in enumerate(commands):
        print("$", *step, file=sys.stderr)
        if subprocess.run(step, check=False, cwd=ROOT).returncode:
            left = "\n".join(map(shlex.join, commands[number:]))
            raise SystemExit(f"that failed: mend what the report says breaks, then run this and what is left:\n{left}")
    if uv is None:
        print("without uv the pins of Python packages stay as they were (tools/pin_requirements.py)", file=sys.stderr)


def steps(data: Path, checkout: Path, python: str, uv: str | None) -> list[list[str]]:
    """The commands that make things again, in their order; each reads what those before it wrote."""
    data, checkout = data.resolve(), checkout.resolve()
    ours = [
        ["tools.make_catalogs", str(data)],
        ["tools.class_versions", str(checkout), str(data / "classes_of_commits.json.gz")],
        *generators(),
        *([["tools.pin_requirements", str(checkout / "requirements.txt"), "--uv", uv]] if uv else ()),
        ["ryla_graphs", "lock"],
    ]
    return [
        [python, "tools/record_core_facts.py", str(checkout)],
        *([sys.executable, "-m", *step] for step in ours),
    ]


def generators() -> list[list[str]]:
    """The modules that `make generate` runs on every machine, with their arguments."""
    _, _, recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ngenerate:")
    lines = re.findall(r"^\t\$\(BIN\)/python -m (.+)$", recipe.partition("\n\n")[0], re.MULTILINE)
    return [shlex.split(line) for line in lines]


def main() -> None:
    """Report, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("object_info", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--data", type=Path, help="the folder of the recordings")
    parser.add_argument("--checkout", type=Path, help="ComfyUI, with its history")
    parser.add_argument("--python", help="the Python of that ComfyUI")
    parser.add_argument("--uv", default=shutil.which("uv"), help="resolves the pins")
    given = parser.parse_args()
    if given.write and None in (given.data, given.checkout, given.python):
        parser.error("--write needs --data, --checkout and --python")
    report = report_on(core_of(open_catalog(str(given.object_info))))
    if given.json:
        found: Mapping[str, Any] = {**report._asdict(), "changes": [each._asdict() for each in report.changes]}
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(markdown(report)))
    if given.write:
        take_over(given.object_info, given.data, given.checkout, given.python, given.uv)
    raise SystemExit(1 if report.breaks else 0)


if __name__ == "__main__":
    main()
