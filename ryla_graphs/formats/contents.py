"""Files that stand in JSON as text: data URLs, base64, addresses and ids of assets."""

from __future__ import annotations

import base64
import binascii
import re

_DATA_URL = re.compile(r"data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*,", re.ASCII)
_ASSET_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]{40,}={0,2}\s*")
_ADDRESSES = ("https://", "http://")


def is_content(value: str) -> bool:
    """Whether a value is a file itself, or says where it is, and not a name."""
    return is_address(value) or is_asset_id(value) or is_inline(value)


def is_address(value: str) -> bool:
    """Whether a value is the address of a file."""
    return value.startswith(_ADDRESSES)


def is_asset_id(value: str) -> bool:
    """Whether a value is the id of a file that a server keeps."""
    return _ASSET_ID.fullmatch(value) is not None


def is_inline(value: str) -> bool:
    """Whether a value is a file itself: a data URL, or base64 of some length."""
    return value.startswith("data:") or _BASE64.fullmatch(value) is not None


def decoded(text: str) -> bytes | None:
    """The content of a data URL or of base64, in either alphabet; None where it is neither.

    >>> decoded("data:text/plain;base64,aGk=")
    b'hi'
    """
    head = _DATA_URL.match(text)
    if head is not None and not head[0].endswith(";base64,"):
        return None
    packed = text[head.end() :] if head is not None else text
    try:
        return base64.b64decode("".join(packed.split()).replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
