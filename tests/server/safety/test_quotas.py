"""What one owner may keep is counted to the byte, uploads and LoRAs apart."""

from __future__ import annotations

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server import Store
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.quotas import Quota

SIZES = st.integers(0, 12)


class Kept:
    """A store, as far as a quota asks it."""

    def __init__(self, uploads: int, loras: int) -> None:
        self._kept = {False: uploads, True: loras}

    def uploaded_bytes(self, owner: str, *, loras: bool = False) -> int:
        return self._kept[loras] if owner == "me" else 0


@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.booleans())
def test_an_owner_may_fill_a_quota_and_not_a_byte_more(
    uploads: int, loras: int, most: int, most_loras: int, size: int, lora: bool
) -> None:
    store, quota = cast("Store", Kept(uploads, loras)), Quota(uploads=most, loras=most_loras)
    kept, limit, what = (loras, most_loras, "LoRAs") if lora else (uploads, most, "uploads")
    if kept + size <= limit:
        quota.check(store, "me", size, loras=lora)
    else:
        with pytest.raises(RequestError) as refused:
            quota.check(store, "me", size, loras=lora)
        message = str(refused.value)
        assert refused.value.code == "over_quota" and f"your {what} " in message
        assert [int(number) for number in re.findall(r"\d+", message)] == [kept, limit, size]


def test_uploads_are_what_is_meant_where_nothing_else_is_said() -> None:
    store = cast("Store", Kept(uploads=9, loras=0))
    with pytest.raises(RequestError):
        Quota(uploads=9, loras=99).check(store, "me", 1)
    Quota(uploads=9, loras=99).check(store, "somebody else", 9)


def test_an_owner_may_keep_4_gib_of_uploads_and_64_of_loras() -> None:
    assert Quota() == Quota(uploads=4_294_967_296, loras=68_719_476_736)
