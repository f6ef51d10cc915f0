"""Small helpers that every message needs: the nearest known name, a value cut to length."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

_LONGEST = 200
_MOST = 10_000


def other_release(server: str, version: str, catalog: str, of: str) -> str:
    """The sentence that a server and a catalog come from different releases of ComfyUI."""
    named = catalog if of in catalog else f"{catalog}, of ComfyUI {of}"
    return (
        f"{server} runs ComfyUI {version}, but {named} is in use: classes and inputs may differ; "
        "`ryla-graphs nodes adopt URL` keeps the server's own catalog for --catalog and RYLA_CATALOG"
    )


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 3, alike: float = 0.6) -> str | None:
    """A hint with the nearest known names, or None if nothing is near: with `alike` at 1, names must be identical.

    Nothing is near a text longer than any name. Of many thousands of names, only the first are compared.
    """
    if len(name) > _LONGEST:
        return None
    import difflib  # noqa: PLC0415 - few callers need it, and every import would wait for it

    names = {str(other): None for other in islice(known, _MOST)}
    folded = {other.casefold(): other for other in names}
    near = [folded[m] for m in difflib.get_close_matches(name.casefold(), folded, n=limit, cutoff=alike)]
    near += [other for other in names if len(name) > 3 and name.casefold() in other.casefold() and other not in near]
    if not near:
        return None
    return f"did you mean {' or '.join(repr(other) for other in near[:limit])}?"


def printable(text: str) -> str:
    """A text with escapes for all that does not print: a name may hold line breaks, or commands for a terminal.

    >>> printable("Evil\\x1b[2J\\n::error::forged"), printable("naïve 狐")
    ('Evil\\\\x1b[2J\\\\n::error::forged', 'naïve 狐')
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def shorten(value: object, limit: int = 80) -> str:
    """`repr(value)`, cut to `limit` characters, for messages."""
    if isinstance(value, (str, bytes)) and len(value) > limit:
        return f"{value[: limit - 20]!r}… ({len(value)} characters)"
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # endless nesting, or a number with too many digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
