"""Write the rows of the files that the official templates load: `ryla_graphs/weights/data/templates.tsv`.

python -m tools.template_weights [HASHES.json]

Names, folders and addresses are what the templates of the installed package say themselves; a row that is there already
stays, with its size and hash, also where no template names it any more. HASHES.json adds sha256 by address. A size that
is not published is about what the index gives for all files of a template, less the others: ``~1720000000``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from ryla_graphs.families import BUILTIN
from ryla_graphs.formats.editor.models import NamedModel, models_in
from ryla_graphs.formats.editor.reading import parse
from ryla_graphs.problems import RylaError
from ryla_graphs.sources.templates import template, templates
from ryla_graphs.weights.manifest import MANIFEST, known

FILE = Path(__file__).parent.parent / "ryla_graphs" / "weights" / "data" / "templates.tsv"
HEAD = "folder\tname\tfamily\tvariant\tsize\tsha256\tlicence\tsources\n"

FOLDERS = {"clip": "text_encoders", "unet": "diffusion_models"}
"""Older names of folders."""
LICENCES = (
    (r"Comfy-Org/(Wan_|Qwen-Image(?!-2\.1)|z_image|HunyuanDiT|lumina)|Wan-AI/|Qwen/|lightx2v/(Qwen|Wan)", "apache"),
    (r"(Comfy-Org/FLUX\.1-Krea|Comfy-Org/flux1-(dev|kontext)|black-forest-labs/FLUX\.1-(?!schnell))", "flux-dev"),
    (r"stabilityai/(stable-diffusion-xl|sdxl-vae)|Comfy-Org/stable-diffusion-xl", "openrail"),
)
"""By repository, where a card says it; the others were not read for this table."""
_FAMILY_IN = ("checkpoints", "diffusion_models", "loras", "controlnet", "model_patches", "style_models")
_HUB = re.compile(r"https://huggingface\.co/([^/]+/[^/]+)/(?:resolve|blob)/[^/]+/([^?]+)")


_NOT_ITS_SIZE = frozenset({"Chroma1-HD-fp8mixed.safetensors"})
"""Where the index still counts the file that a template loaded before."""
_LEAST = 50_000_000
"""Bytes; the index rounds to ten million."""


class Row(NamedTuple):
    """A line of the table."""

    folder: str
    name: str
    family: str = ""
    variant: str = ""
    size: str = ""
    sha256: str = ""
    licence: str = ""
    sources: str = ""


def read(text: str) -> dict[tuple[str, str], Row]:
    """The rows of the table by folder and name."""
    rows = (Row(*line.split("\t")) for line in text.splitlines()[1:])
    return {(row.folder, row.name): row for row in rows}


def named() -> Iterator[NamedModel]:
    """What the installed templates say of their files."""
    for _, models in by_template():
        yield from models


def by_template() -> Iterator[tuple[int | None, tuple[NamedModel, ...]]]:
    """The bytes that the index gives for a template, and the files that the template names."""
    for each in templates():
        try:
            document = parse(json.loads(template(each.name)))
        except RylaError:
            continue
        yield each.bytes, tuple(models_in(document))


def about() -> dict[tuple[str, str], int]:
    """The approximate sizes of files that are the only ones in a template without a published size."""
    rest: dict[tuple[str, str], list[int]] = {}
    for whole, models in by_template():
        keys = {(FOLDERS.get(model.folder, model.folder), model.name) for model in models}
        sizes = {key: row.size if (row := known(key[1], key[0])) is not None else None for key in keys}
        unknown = [key for key, size in sizes.items() if size is None]
        if whole is not None and len(unknown) == 1 and unknown[0][1] not in _NOT_ITS_SIZE:
            rest.setdefault(unknown[0], []).append(whole - sum(size or 0 for size in sizes.values()))
    return {key: min(found) for key, found in rest.items() if min(found) > _LEAST and max(found) < 1.02 * min(found)}


def rows(before: Mapping[tuple[str, str], Row], hashes: Mapping[str, str]) -> dict[tuple[str, str], Row]:
    """The table as it must be."""
    found = dict(before)
    curated = {row.key for row in MANIFEST}
    for model in named():
        source = _source(model.url)
        folder = FOLDERS.get(model.folder, model.folder)
        if source is None or (folder, model.name) in curated:
            continue
        row = found.get((folder, model.name), Row(folder, model.name))
        sources = [*dict.fromkeys([*row.sources.split(), source])]
        sha256 = row.sha256 or model.sha256 or next((hashes[url] for url in sources if url in hashes), "")
        found[row.folder, row.name] = row._replace(sha256=sha256, sources=" ".join(sources))
    sizes = about()
    kept = (found[key] for key in sorted(found) if key not in curated)
    return {row[:2]: _judged(row, sizes.get(row[:2])) for row in kept}


def _source(url: str | None) -> str | None:
    on_hub = _HUB.fullmatch(unquote((url or "").split("?")[0]))
    return f"https://huggingface.co/{on_hub[1]}/resolve/main/{on_hub[2].replace(' ', '%20')}" if on_hub else None


def _judged(row: Row, about: int | None) -> Row:
    named = BUILTIN.names.of(row.folder, row.name) if row.folder in _FAMILY_IN else None
    one = named is not None and len(named.families) == 1
    licence = next((name for pattern, name in LICENCES if re.search(pattern, row.sources)), "")
    return row._replace(
        family=next(iter(named.families)) if named is not None and one else "",
        variant=(named.variant or "") if named is not None and one else "",
        licence=row.licence or licence,
        size=row.size or (f"~{about}" if about is not None else ""),
    )


def written(found: Mapping[tuple[str, str], Row]) -> str:
    """The table as text."""
    return HEAD + "".join("\t".join(row) + "\n" for row in found.values())


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")) if len(sys.argv) > 1 else {}
    before = read(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    after = rows(before, given)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written(after), encoding="utf-8")
    print(f"{len(after)} files in {FILE}, {sum(bool(row.sha256) for row in after.values())} of known hash")
