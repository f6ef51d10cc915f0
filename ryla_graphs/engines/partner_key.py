"""The key that pays for ComfyUI's partner services. It is never shown, logged or stored."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from ryla_graphs.problems import InvalidSettings

VARIABLE = "COMFY_API_KEY"
"""The environment variable with the key, for the command line and servers."""
EXTRA = "api_key_comfy_org"
"""ComfyUI's name of the key in the `extra_data` of a prompt."""
HEADER = "Comfy-Api-Key"
"""The header in which callers send the key to our server."""
HIDDEN = "[partner key]"

_FORM = re.compile(r"[\x21-\x7e]{8,512}")
_LOOKS_LIKE_ONE = re.compile(r"\bcomfyui-[0-9A-Za-z]{16,}")


class PartnerKey:
    """A key. Only `reveal` returns its text; it cannot be pickled.

    >>> PartnerKey("comfyui-0123456789abcdef")
    PartnerKey([partner key])
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Raises `InvalidSettings`, without the text in its message, if the key is malformed."""
        if not _FORM.fullmatch(text):
            raise InvalidSettings("a partner key must have 8 to 512 characters and no spaces")
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the request that needs it."""
        return self._text

    def hide(self, value: Any) -> Any:
        """JSON with the key redacted wherever it occurs."""
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
    """A text with everything redacted that looks like a partner key."""
    return _LOOKS_LIKE_ONE.sub(HIDDEN, text)
