"""The weights of a lock as rows, so that a deployment knows the files its lock was made with."""

from __future__ import annotations

from ryla_graphs.lockfile.lock import Lock, LockedWeight
from ryla_graphs.models_folder.own import source_of
from ryla_graphs.weights import HubFile, Licence, WebFile, Weight, known
from ryla_graphs.weights.manifest.licences import unknown
from ryla_graphs.weights.weight import CONTENTS, UNKNOWN


def rows_of(lock: Lock) -> tuple[Weight, ...]:
    """Rows for the files that the manifest does not know, or knows with different bytes."""
    found = (_row(weight) for weight in lock.weights)
    return tuple(row for row in found if row is not None and _is_news(row))


def _row(weight: LockedWeight) -> Weight | None:
    source = _source(weight)
    if source is None:
        return None
    before = known(weight.file, weight.folder)
    licence = before.licence if before is not None and before.licence.name == weight.licence else None
    if licence is None and weight.licence not in (None, UNKNOWN):
        licence = Licence(name=str(weight.licence), commercial=True)  # accepted when it was locked
    return Weight(
        name=weight.file,
        folder=weight.folder,
        content=before.content if before is not None else CONTENTS.get(weight.folder, "other"),
        family=weight.family,
        size=weight.bytes,
        sha256=weight.sha256,
        licence=licence or unknown(source.page, "its licence is not checked here: read it on its page"),
        sources=(source,),
    )


def _source(weight: LockedWeight) -> HubFile | WebFile | None:
    if weight.repository is not None and weight.path is not None:
        return HubFile(weight.repository, weight.path, gated=weight.gated)
    return source_of(weight.url) if weight.url is not None else None


def _is_news(row: Weight) -> bool:
    before = known(row.name, row.folder)
    return before is None or (before.size, before.sha256) != (row.size, row.sha256)
