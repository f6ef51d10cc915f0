"""Text that the editor sends unchanged, although it interprets braces, backslashes and comments in it.

In most prompt texts the editor picks one of ``{red|blue}``, drops ``// comments`` and reads ``\\{`` as a brace.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"(?P<slashes>(?<!\\)\\*)(?P<mark>[{}|])|(?<=/)(?P<comment>[/*])")


def literal(text: str) -> str:
    r"""The text that the editor sends as `text`.

    >>> print(literal("a {red} bike, see https://example.org"))
    a \{red} bike, see https:/{/}example.org
    """
    return _SPECIAL.sub(_written, text)


def can_be_literal(text: str) -> bool:
    """Whether such a text exists: the editor turns a single backslash at the end into ``undefined``."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 0


def _written(match: re.Match[str]) -> str:
    if comment := match["comment"]:
        return f"{{{comment}}}"
    slashes, mark = match["slashes"], match["mark"]
    if mark != "{":
        return f"\\{slashes}{mark}" if slashes else mark
    # A brace after an even number of backslashes begins a choice; a choice whose only option is a brace is a brace.
    return f"\\{slashes}{{" if len(slashes) % 2 == 0 else f"\\{slashes}{{\\{{}}"
