"""Facts about a 3D file from its first bytes."""

from __future__ import annotations

import re
from typing import Any

_VERTICES = re.compile(rb"element vertex (\d+)")
_HEAD = 4096


def points_of(content: bytes) -> dict[str, Any]:
    """The number of points of a PLY file; nothing for other files.

    >>> points_of(b"ply\\nformat ascii 1.0\\nelement vertex 200\\nend_header\\n")
    {'points': 200}
    """
    found = _VERTICES.search(content[:_HEAD]) if content.startswith(b"ply") else None
    return {} if found is None else {"points": int(found[1])}
