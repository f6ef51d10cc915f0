"""Files given in JSON as text: data URLs, base64, addresses, ids of assets, and inputs of earlier jobs."""

from __future__ import annotations

import base64
import binascii
import re

_ASSET_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOB_INPUT = re.compile(r"/jobs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/inputs/([0-9a-f]{32}\.[a-z0-9]{1,5})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]{40,}")
_HEAD_LENGTH = 1_000
"""How much of the beginning of a data URL is looked at."""
_ADDRESSES = ("https://", "http://")


def is_content(value: str) -> bool:
    """Whether a value is a file itself or says where one is, rather than a name."""
    return is_address(value) or is_asset_id(value) or job_input(value) is not None or is_inline(value)


def is_address(value: str) -> bool:
    """Whether a value is the address of a file."""
    return value.startswith(_ADDRESSES)


def is_asset_id(value: str) -> bool:
    """Whether a value is the id of a file that a server keeps."""
    return _ASSET_ID.fullmatch(value) is not None


def job_input(value: str) -> tuple[str, str] | None:
    """The job and the file name in a value that is the `url` of a job's input; None for anything else."""
    found = _JOB_INPUT.fullmatch(value)
    return None if found is None else (found[1], found[2])


def is_inline(value: str) -> bool:
    """Whether a value is a file itself: a data URL, or base64 of some length."""
    if value.startswith("data:"):
        return True
    packed = value.rstrip()
    # The padding is cut off by hand: a regular expression could match it in many ways in a long text.
    return _BASE64.fullmatch(packed[:-2] + packed[-2:].rstrip("=")) is not None


def decoded(text: str) -> bytes | None:
    """The content of a data URL or of base64, in either alphabet; None if it is neither.

    >>> decoded("data:text/plain;base64,aGk=")
    b'hi'
    """
    packed = text
    if text.startswith("data:"):
        head, comma, packed = text[:_HEAD_LENGTH].partition(",")
        if not comma or not head.endswith(";base64"):
            return None
        packed = text[len(head) + 1 :]
    try:
        return base64.b64decode("".join(packed.split()).replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
