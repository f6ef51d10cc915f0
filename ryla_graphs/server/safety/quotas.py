"""What one owner may keep, so that no owner's uploads fill the disk or push out another's."""

from __future__ import annotations

from dataclasses import dataclass

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.storage import Store


@dataclass(frozen=True, slots=True)
class Quota:
    """In bytes, for each owner."""

    uploads: int = 4 * 2**30
    loras: int = 64 * 2**30

    def check(self, store: Store, owner: str, size: int, *, loras: bool = False) -> None:
        """Raise `RequestError` (`over_quota`) where an upload of this size would be too much."""
        limit, kept = self.loras if loras else self.uploads, store.uploaded_bytes(owner, loras=loras)
        if kept + size > limit:
            what = "LoRAs" if loras else "uploads"
            raise RequestError(
                "over_quota",
                f"your {what} take {kept:,} bytes of {limit:,}, and this one has {size:,}; delete some first",
            )
