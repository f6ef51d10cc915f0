"""The files that ComfyUI's official templates load: names, folders and URLs as the templates give them.

GENERATED rows in `ryla_graphs/weights/data/templates.tsv`, by `python -m tools.template_weights`; read when a
lookup finds no other row. Most licences are unknown: their model cards are not read for this table.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from urllib.parse import unquote

from ryla_graphs.weights.manifest.licences import APACHE, FLUX_DEV, OPENRAIL, unknown
from ryla_graphs.weights.precision import quantisation
from ryla_graphs.weights.weight import CONTENTS, HubFile, Licence, Weight

_HUB = "https://huggingface.co/"
_LICENCES: Mapping[str, Licence] = {"apache": APACHE, "flux-dev": FLUX_DEV, "openrail": OPENRAIL}
_UNREAD = "its licence is not checked here: read it on its page"
_GATED = ("black-forest-labs/FLUX.1-", "black-forest-labs/FLUX.2-klein-", "stabilityai/stable-diffusion-3.5")


@cache
def rows() -> tuple[Weight, ...]:
    """All rows."""
    content = pkgutil.get_data("ryla_graphs.weights.data", "templates.tsv")
    assert content is not None, "the package's loader reads files"
    return tuple(_row(*line.split("\t")) for line in content.decode().splitlines()[1:])


def _row(
    folder: str, name: str, family: str, variant: str, size: str, sha256: str, licence: str, sources: str
) -> Weight:
    how = quantisation(name)
    places = tuple(_source(url) for url in sources.split())
    content, about = CONTENTS.get(folder, "other"), size.removeprefix("~") if size.startswith("~") else None
    return Weight(
        name=name,
        folder=folder,
        content=content,
        parts={} if about is None else {content: int(about)},
        family=family or None,
        variant=variant or None,
        precision=how.precision if how is not None else None,
        size=int(size) if size and about is None else None,
        sha256=sha256 or None,
        licence=_LICENCES.get(licence) or unknown(places[0].page, _UNREAD),
        sources=places,
    )


def _source(url: str) -> HubFile:
    repository, _, path = unquote(url).removeprefix(_HUB).partition("/resolve/main/")
    return HubFile(repository, path, gated=repository.startswith(_GATED))
