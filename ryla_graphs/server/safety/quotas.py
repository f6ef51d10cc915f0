"""Storage quotas of owners, so that no owner's uploads fill the disk or displace another's."""

from __future__ import annotations

from dataclasses import dataclass

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.storage import Store


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes that each owner may store."""

    uploads: int = 4 * 2**30
    loras: int = 64 * 2**30

    def check(self, store: Store, owner: str, size: int, *, loras: bool = False) -> None:
        """Raise `RequestError` (`over_quota`) if an upload of this size would exceed the quota."""
        limit, kept = self.loras if loras else self.uploads, store.uploaded_bytes(owner, loras=loras)
        if kept + size > limit:
            what = "LoRAs" if loras else "uploads"
            raise RequestError(
                "over_quota",
                f"your {what} use {kept:,} of {limit:,} bytes, and this one has {size:,}; delete some first",
            )
