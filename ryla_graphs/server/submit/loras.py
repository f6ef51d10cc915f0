"""LoRAs that callers upload: inspected, stored by content hash, and put where the engine finds them.

Only safetensors files are accepted, because a pickle may run code when it is loaded; the header is not trusted. We
choose the file name that the engine sees, so no name from a caller becomes a path.
"""

from __future__ import annotations

import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from blake3 import blake3

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.families.headers import Detected, detect
from ryla_graphs.models_folder.headers import read_header
from ryla_graphs.problems import InvalidWeights, NotFound
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.records import Asset
from ryla_graphs.server.safety.quotas import Quotas
from ryla_graphs.server.safety.refusals import refusal
from ryla_graphs.server.storage import Store
from ryla_graphs.server.storage.damage import owned
from ryla_graphs.server.threads import checkpoint

KIND: Final = "lora"
"""The `Asset.kind` of LoRAs. They belong to no job, and are stored until someone deletes them."""
FOLDER = "ryla"
"""Our folder below ``models/loras``."""
_CHUNK = 256 * 1024
_ABANDONED = 86_400.0
"""Seconds after its last byte from which a half-written file is left over, not still coming to another server."""
_VIEWS = 64
"""How many owners' views of the catalog are cached."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SLUG = re.compile(r"[^a-z0-9]+")


class Shelf(Protocol):
    """Where the engine looks for LoRAs."""

    def put(self, name: str, content: Iterable[bytes]) -> None:
        """Make a file visible to the engine, all of it or none; keeps a file that exists already."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; does nothing if it does not exist."""
        ...


class FolderShelf:
    """The ``models/loras`` folder of a ComfyUI on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._sweep()

    def _sweep(self) -> None:
        """Delete what servers that were killed left half written."""
        for part in self._folder.glob(".*.part"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _ABANDONED:
                    part.unlink()

    def put(self, name: str, content: Iterable[bytes]) -> None:
        """Write to a temporary file, then move it into place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / name
        if target.exists():
            return
        part = self._folder / f".{uuid.uuid4().hex}.part"
        try:
            with part.open("xb") as file:
                for chunk in content:
                    file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Delete the file."""
        (self._folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA as its owner sees it."""

    asset: Asset
    new: bool = False

    @property
    def engine_name(self) -> str:
        """The name in a loader's input."""
        return f"{FOLDER}/{self.asset.name}"

    @property
    def families(self) -> frozenset[str]:
        """The model families that its header fits."""
        return frozenset(self.asset.tags)


class UploadedFiles:
    """The detected kind of uploaded files, for checks of model families; see `ryla_graphs.families.evidence.Files`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, place: tuple[str, str], /) -> Detected | None:
        """What the header of an upload says, by its place below ``models``; None for any other file."""
        folder, _, name = place[1].partition("/")
        uploads = self._store.named(name) if place[0] == "loras" and folder == FOLDER else []
        return Detected(kind=KIND, families=frozenset(uploads[0].tags)) if uploads else None


class Loras:
    """The LoRAs of all owners. All methods block."""

    def __init__(self, store: Store, shelf: Shelf | None, *, size: int, quotas: Quotas) -> None:
        self._store = store
        self._shelf = shelf
        self._size = size
        self._quotas = quotas
        self.files = UploadedFiles(store)
        self._whole: Catalog | None = None
        self._listing: Mapping[str, Any] = {}
        self._views: dict[frozenset[str], Catalog] = {}

    def add(self, owner: str, title: str, content: Iterable[bytes]) -> Lora:
        """Store a file. If the owner has the same content already, returns the existing LoRA.

        Raises `RequestError` (`no_lora_folder`, `over_quota`), `InvalidInputs` (`input_too_large`, `not_safetensors`,
        `not_a_lora`).
        """
        shelf = self._shelf_or_refuse()
        with tempfile.TemporaryDirectory(prefix="ryla-lora-") as folder:
            path, hasher = Path(folder) / "lora.safetensors", blake3()
            with path.open("wb") as file:
                for chunk in self._counted(content):
                    file.write(chunk)
                    hasher.update(chunk)
            detected = _looked_into(path)
            with self._quotas.room(owner, path.stat().st_size, loras=True, digest=hasher.hexdigest()):
                return self._kept(shelf, owner, title, path, detected)

    def _kept(self, shelf: Shelf, owner: str, title: str, path: Path, detected: Detected) -> Lora:
        blob = self._store.blobs.put(_pieces(path))
        for before in self._store.assets(owner, blob.hash):
            if before.kind == KIND:
                return Lora(before)
        slug = _SLUG.sub("-", Path(title).stem.casefold()).strip("-")[:40] or "lora"
        asset = Asset(
            id=str(uuid.uuid4()),
            owner=owner,
            hash=blob.hash,
            size=blob.size,
            media_type="application/x-safetensors",
            name=f"{slug}-{blob.hash[:12]}.safetensors",
            created_at=time.time(),
            tags=tuple(sorted(detected.families)),
            kind=KIND,
        )
        shelf.put(asset.name, self._store.blobs.stream(blob.hash))
        self._store.add_asset(asset)
        return Lora(asset, new=True)

    def _shelf_or_refuse(self) -> Shelf:
        if self._shelf is None:
            text = "this deployment has no LoRA folder; the operator can set RYLA_LORA_FOLDER"
            raise RequestError("no_lora_folder", text)
        return self._shelf

    def _counted(self, content: Iterable[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in content:
            checkpoint(timed=False)  # untimed: a large file may take long
            size += len(chunk)
            if size > self._size:
                raise refusal(
                    "input_too_large", f"the file has more than {self._size:,} bytes, the limit for a LoRA", name="file"
                )
            yield chunk

    def all(self, owner: str) -> list[Lora]:
        """An owner's LoRAs, newest first."""
        return [Lora(asset) for asset in self._store.kept(owner, KIND)]

    def get(self, owner: str, lora_id: str) -> Lora:
        """One LoRA of an owner; raises `NotFound`."""
        asset = owned(self._store.asset, lora_id, owner)
        if asset is None or asset.kind != KIND:
            raise NotFound(f"there is no LoRA '{lora_id[:80]}'")
        return Lora(asset)

    def names_in(self, value: Any, owner: str) -> dict[str, str]:
        """The ids of an owner's LoRAs that JSON mentions, with the engine's name of each."""
        found: dict[str, str] = {}
        for text in set(_texts_in(value)):
            if _ID.fullmatch(text):
                with suppress(NotFound):
                    found[text] = self.get(owner, text).engine_name
            elif text.startswith(f"{FOLDER}/") and not self._may_name(text, owner):
                raise refusal("missing_asset", f"there is no LoRA '{text[:200]}'", name=text[:200])
        return found

    def _may_name(self, engine_name: str, owner: str) -> bool:
        """Whether a name belongs to this owner, or to no owner because it is not an uploaded LoRA."""
        brought = self._store.named(engine_name.removeprefix(f"{FOLDER}/"))
        holders = [asset.owner for asset in brought if asset.kind == KIND]
        return not holders or owner in holders

    def shown_to(self, owner: str, catalog: Catalog) -> Catalog:
        """The engine's catalog as an owner may see it: without the uploaded LoRAs of others."""
        if self._shelf is None:
            return catalog
        own = frozenset(lora.engine_name for lora in self.all(owner))
        return self._seen(catalog, own)

    def _seen(self, catalog: Catalog, own: frozenset[str]) -> Catalog:
        if self._whole is not catalog:
            listing = {name: entry for name, entry in catalog.entries(FOLDER).items() if _lists_ours(entry)}
            self._whole, self._listing, self._views = catalog, listing, {}
        if not self._listing:
            return catalog
        if own not in self._views:
            views = dict(list(self._views.items())[-_VIEWS:])
            entries = {name: _without(entry, own) for name, entry in self._listing.items()}
            view = catalog | Catalog(entries, name=catalog.name, any_input_file=catalog.any_input_file)
            self._views = {**views, own: view.replace(name=catalog.name)}
        return self._views[own]

    def remove(self, owner: str, lora_id: str) -> None:
        """Delete a LoRA; its file is removed once no owner has the same content. Raises `NotFound`."""
        lora = self.get(owner, lora_id)
        self._store.delete_asset(lora_id)
        if self._shelf is not None and not self._store.named(lora.asset.name):
            self._shelf.remove(lora.asset.name)


def _texts_in(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, (list, tuple)):
            stack += item
        elif isinstance(item, (dict, Mapping)):  # to ask an abstract class alone takes several times as long
            stack += item.values()


def _lists_ours(entry: Any) -> bool:
    """Whether a node class lists files of our folder."""
    return any(text.startswith(f"{FOLDER}/") for text in _texts_in(entry))


def _without(entry: Any, own: frozenset[str]) -> Any:
    """A node class without the files of our folder that are not in `own`."""
    if isinstance(entry, Mapping):
        return {key: _without(item, own) for key, item in entry.items()}
    if isinstance(entry, (list, tuple)):
        hidden = (isinstance(item, str) and item.startswith(f"{FOLDER}/") and item not in own for item in entry)
        return [_without(item, own) for item, hides in zip(entry, hidden, strict=True) if not hides]
    return entry


def _looked_into(path: Path) -> Detected:
    """Detect what a file is; raises `InvalidInputs` if it is not a LoRA."""
    try:
        detected = detect(read_header(path))
    except InvalidWeights as error:
        problem = error.problems[0]
        raise refusal("not_safetensors", problem.message, name="file", hint="save the LoRA as safetensors") from None
    if detected is None or detected.kind != KIND:
        what = "an unknown kind of model" if detected is None else detected.label
        raise refusal("not_a_lora", f"by its tensors this is {what}, not a LoRA", name="file")
    return detected


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
