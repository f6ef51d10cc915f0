"""Facts about weight files: where they belong, where to download them, and what their licence allows.

`known` returns the row of a file, and `needed` the files that a graph loads. Nothing here touches a disk or the
network; `ryla_graphs.models_folder` does.
"""

from __future__ import annotations

from ryla_graphs.weights.loaders import IMPLIED
from ryla_graphs.weights.manifest import MANIFEST, known, manifest, own, use
from ryla_graphs.weights.needs import Need, needed
from ryla_graphs.weights.weight import Content, HubFile, Licence, Precision, WebFile, Weight

__all__ = [
    "IMPLIED",
    "MANIFEST",
    "Content",
    "HubFile",
    "Licence",
    "Need",
    "Precision",
    "WebFile",
    "Weight",
    "known",
    "manifest",
    "needed",
    "own",
    "use",
]
