"""Who may call, and where a server may listen."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server.safety.tokens import ANONYMOUS, Tokens, check_listening, hashed

ANNE, BOB = "anne-anne-anne-anne", "bob-bob-bob-bob-bob"
BOTH = f"anne:{ANNE}, bob:sha256:{hashed(BOB)}"


@pytest.mark.parametrize(
    ("header", "owner"),
    [
        (f"Bearer {ANNE}", "anne"),
        (f"bearer {BOB}", "bob"),
        (f"Basic {ANNE}", None),
        (ANNE, None),
        ("Bearer ", None),
        ("Bearer", None),
        (f"Bearer {ANNE}x", None),
        (f"Bearer {hashed(BOB)}", None),
        (None, None),
    ],
)
def test_a_token_names_its_owner(header: str | None, owner: str | None) -> None:
    assert Tokens.parse(BOTH).owner(header) == owner


def test_a_token_alone_belongs_to_default() -> None:
    assert Tokens.parse(ANNE).owner(f"Bearer {ANNE}") == "default"
    assert Tokens.parse(f"sha256:{hashed(ANNE)}").owner(f"Bearer {ANNE}") == "default"


def test_without_tokens_everybody_is_anonymous() -> None:
    assert Tokens().owner(None) == ANONYMOUS == Tokens.parse(" , ").owner("Bearer whatever")


def test_all_tokens_are_compared_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []

    def counting(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", counting)
    tokens = Tokens.parse(BOTH)
    for header in (f"Bearer {ANNE}", f"Bearer {BOB}", "Bearer wrong"):
        compared.clear()
        tokens.owner(header)
        assert len(compared) == 2


@given(st.text(min_size=1, max_size=80))
def test_nothing_that_is_kept_or_sent_holds_a_token(token: str) -> None:
    try:
        tokens = Tokens.parse(f"me:{token}")
        expected = repr(vars(tokens)) + repr(tokens)
    except InvalidSettings as refused:
        expected = str(refused)
    assert len(token) < 8 or token not in expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anne:short", "token 1: a token needs at least 16 characters"),
        ("anne:" + "x" * 15, "at least 16 characters"),
        (f"an ne:{ANNE}", "the owner's name may only have"),
        (f"anne:{ANNE},bob:{ANNE}", "token 2: two owners"),
    ],
)
def test_bad_settings_are_reported(text: str, expected: str) -> None:
    with pytest.raises(InvalidSettings, match=expected):
        Tokens.parse(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_loopback_needs_no_token(host: str) -> None:
    check_listening(host, Tokens())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "example.com", ""])
def test_other_addresses_need_one_or_a_word(host: str) -> None:
    with pytest.raises(InvalidSettings, match="RYLA_TOKENS"):
        check_listening(host, Tokens())
    check_listening(host, Tokens(), allow_open=True)
    check_listening(host, Tokens.parse(ANNE))


def test_a_token_of_the_least_length_is_one() -> None:
    assert Tokens.parse("anne:" + "x" * 16).owner("Bearer " + "x" * 16) == "anne"


def test_a_signature_is_its_owners_and_lasts_as_long_as_the_token() -> None:
    tokens = Tokens.parse(BOTH)
    signature = tokens.sign("anne", "/a")
    assert tokens.signed("anne", "/a", signature)
    assert not tokens.signed("bob", "/a", signature) and not tokens.signed("anne", "/b", signature)
    assert Tokens.parse(f"anne:{BOB}, anne:{ANNE}").signed("anne", "/a", signature), "after a restart, beside another"
    assert not Tokens.parse(f"anne:{BOB}").signed("anne", "/a", signature)
    assert signature == hmac.new(b"url:" + hashed(ANNE).encode(), b"/a", "sha256").hexdigest(), "links outlive updates"


def test_who_has_no_token_signs_for_this_process_alone() -> None:
    tokens = Tokens()
    signature = tokens.sign(ANONYMOUS, "/a")
    assert tokens.signed(ANONYMOUS, "/a", signature) and not Tokens().signed(ANONYMOUS, "/a", signature)
