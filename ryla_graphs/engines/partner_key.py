"""The key of an account at ComfyUI's partners, whose services cost money: nothing shows, logs or stores it."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from ryla_graphs.problems import InvalidSettings

VARIABLE = "COMFY_API_KEY"
"""The environment variable that has it on the command line and on a server."""
EXTRA = "api_key_comfy_org"
"""What ComfyUI calls it, in the `extra_data` of a prompt."""
HEADER = "Comfy-Api-Key"
"""What a caller of our own server sends it in."""
HIDDEN = "[partner key]"

_FORM = re.compile(r"[\x21-\x7e]{8,512}")
_LOOKS_LIKE_ONE = re.compile(r"\bcomfyui-[0-9A-Za-z]{16,}")


class PartnerKey:
    """A key. Its text comes out of `reveal` alone; it cannot be pickled.

    >>> PartnerKey("comfyui-0123456789abcdef")
    PartnerKey([partner key])
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Raises `InvalidSettings`, which does not repeat it, for what no key looks like."""
        if not _FORM.fullmatch(text):
            raise InvalidSettings("a partner key has 8 to 512 characters, no spaces among them")
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the request that needs it."""
        return self._text

    def hide(self, value: Any) -> Any:
        """JSON in which the key is blacked out, wherever it stands."""
        if isinstance(value, str):
            return value.replace(self._text, HIDDEN)
        if isinstance(value, dict):
            return {self.hide(name): self.hide(item) for name, item in value.items()}
        return [self.hide(item) for item in value] if isinstance(value, (list, tuple)) else value

    def __repr__(self) -> str:
        return f"PartnerKey({HIDDEN})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a partner key is never stored")


def without_keys(text: str) -> str:
    """A text in which everything that looks like a partner key is blacked out."""
    return _LOOKS_LIKE_ONE.sub(HIDDEN, text)
