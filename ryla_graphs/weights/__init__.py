"""The facts about weight files: where they belong, where they come from, what they may be used for.

`known` finds the row of a file, `needed` the files that a prompt loads. Nothing here touches a disk or the network;
that is `ryla_graphs.models_folder`.
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
