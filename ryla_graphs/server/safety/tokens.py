"""Bearer tokens, each with an owner; kept only as hashes, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping

from ryla_graphs.problems import InvalidSettings

ANONYMOUS = "anonymous"
"""The owner of everything if no tokens are set."""

MIN_TOKEN_LENGTH = 16
"""In characters. SHA-256 is not a password hash, so a token must be too long to guess."""

_HASHED = re.compile(r"sha256:([0-9a-f]{64})")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def hashed(token: str) -> str:
    """The form in which a token is kept: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens:
    """The owners who may call, by the hash of their token."""

    def __init__(self, owners: Mapping[str, str] | None = None) -> None:
        self._owners = dict(owners or {})
        self._anonymous = secrets.token_hex(32)

    @classmethod
    def parse(cls, text: str) -> Tokens:
        """Read ``owner:token,owner:sha256:<64 hex digits>``; a token alone belongs to `default`.

        Raises `InvalidSettings` for an invalid owner, a token that is too short, or a token that two owners share. No
        message contains a token.
        """
        owners: dict[str, str] = {}
        for place, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            owner, digest = _entry(entry, place)
            if owners.setdefault(digest, owner) != owner:
                raise InvalidSettings(f"token {place}: two owners have the same token")
        return cls(owners)

    def __len__(self) -> int:
        return len(self._owners)

    def __repr__(self) -> str:
        return f"<Tokens of {', '.join(sorted(set(self._owners.values()))) or 'no owner'}>"

    def owner(self, authorization: str | None) -> str | None:
        """The owner whose token this ``Authorization`` header holds; None if it is unknown.

        If no tokens are set, every caller is `ANONYMOUS`.
        """
        if not self._owners:
            return ANONYMOUS
        scheme, _, token = (authorization or "").partition(" ")
        given = hashed(token.strip()) if scheme.lower() == "bearer" else ""
        found = None
        # Compare all of them, so that the time does not reveal which one matched.
        for digest, owner in self._owners.items():
            if hmac.compare_digest(digest, given):
                found = owner
        return found

    def sign(self, owner: str, text: str) -> str:
        """Sign a text with the owner's token; the signature is valid as long as that token is."""
        return _signed(self._keys_of(owner)[0], text)

    def signed(self, owner: str, text: str, signature: str) -> bool:
        """Whether the owner signed this text."""
        given = signature.encode("utf-8", "replace")
        return any(hmac.compare_digest(_signed(key, text).encode(), given) for key in self._keys_of(owner))

    def _keys_of(self, owner: str) -> list[str]:
        """The hashes of an owner's tokens; an owner without any gets a random key for this process."""
        return [digest for digest, name in self._owners.items() if name == owner] or [self._anonymous]


def _signed(key: str, text: str) -> str:
    return hmac.new(b"url:" + key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _entry(entry: str, place: int) -> tuple[str, str]:
    owner, colon, token = entry.partition(":")
    if not colon or owner == "sha256":
        owner, token = "default", entry
    if not _OWNER.fullmatch(owner):
        raise InvalidSettings(f"token {place}: the owner's name may only have letters, digits, `_`, `.` and `-`")
    if already := _HASHED.fullmatch(token):
        return owner, already[1]
    if len(token) < MIN_TOKEN_LENGTH:
        raise InvalidSettings(
            f"token {place}: a token needs at least {MIN_TOKEN_LENGTH} characters;"
            ' make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return owner, hashed(token)


def check_listening(host: str, tokens: Tokens, *, allow_open: bool = False) -> None:
    """Raise `InvalidSettings` if other machines could call without a token, unless `allow_open` permits it."""
    if len(tokens) or allow_open or _is_loopback(host):
        return
    raise InvalidSettings(
        f"listening on {host} without tokens would let anyone run graphs here;"
        " set RYLA_TOKENS, listen on 127.0.0.1, or pass --allow-open"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
