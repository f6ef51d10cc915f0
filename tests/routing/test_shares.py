"""Shares of users: sticky, exact, and only growing; flags read while the server runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aiohttp import web

from ryla_graphs.engines.router.flags import Flag, Flags
from ryla_graphs.engines.router.shares import arm_of, bucket, share_in
from ryla_graphs.problems import InvalidSettings
from tests.engines.stand_ins.faults import Faults, hosted
from tests.routing.places import Clock

NAMES = frozenset({"pod", "modal"})


def test_a_hundred_thousand_users_within_half_a_percent() -> None:
    arms = [arm_of("routes", f"user-{number}", [("a", 1000), ("b", 2500)]) for number in range(100_000)]
    assert abs(arms.count("a") / 1000 - 10) < 0.5 and abs(arms.count("b") / 1000 - 25) < 0.5


def test_raising_a_share_moves_no_user_out() -> None:
    users = [f"user-{number}" for number in range(5_000)]
    before = {user for user in users if arm_of("x", user, [("a", 1000)])}
    after = {user for user in users if arm_of("x", user, [("a", 2000)])}
    assert before < after


def test_every_process_agrees() -> None:
    """By a hash that is the same everywhere; these figures must never change, or every user would move."""
    assert [bucket("x", f"u{number}") for number in range(3)] == [4955, 2021, 7368]


def test_percentages() -> None:
    assert share_in("12.5%") == 1250 and share_in("0") == 0
    for text in ("101%", "-1%", "nan%", "x"):
        with pytest.raises(ValueError):
            share_in(text)


def write(path: Path, text: str, second: int) -> None:
    path.write_text(text)
    os.utime(path, (second, second))


def test_a_file_is_read_again_and_the_last_good_copy_holds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, clock = tmp_path / "flags.json", Clock()
    write(path, '{"modal": "25%"}', 1)
    flags = Flags(str(path), NAMES, clock=clock)
    assert flags.of("modal") == Flag(True, 2500) and flags.of("pod") is None
    for second, text in enumerate(
        ['{"modal": 25', "[]", '{"modal": "a lot"}', '{"moddal": true}', '{"modal": 1}'], start=2
    ):
        write(path, text, second)
        clock.now += 2
        assert flags.of("modal") == Flag(True, 2500) and flags.trouble
    path.unlink()
    clock.now += 2
    assert flags.of("modal") == Flag(True, 2500)
    said = len(caplog.records)
    clock.now += 2
    flags.of("modal")
    assert len(caplog.records) == said, "it is said once"
    write(path, '{"modal": false}', 99)
    clock.now += 2
    assert flags.of("modal") == Flag(False) and not flags.trouble


def test_a_file_that_cannot_be_read_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="RYLA_FLAGS"):
        Flags(str(tmp_path / "none.json"), NAMES)


class Pages:
    """Serves flags."""

    def __init__(self) -> None:
        self.faults = Faults()

    def app(self) -> web.Application:
        app = web.Application()

        async def flags(_: web.Request) -> web.StreamResponse:
            return web.json_response({"modal": "10%"})

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self.faults.answer("flags", request, flags)

        app.router.add_get("/flags", answer)
        return app


def test_an_address_that_answers_pages_changes_nothing() -> None:
    pages = Pages()
    with hosted(pages) as address:
        flags = Flags(f"{address}/flags?key=secret", NAMES)
        assert flags.of("modal") == Flag(True, 1000)
        pages.faults.always["flags"] = "page"
        flags._read()
        assert (
            flags.of("modal") == Flag(True, 1000) and "web page" in flags.trouble
        ) or "not valid JSON" in flags.trouble
        assert "secret" not in flags.trouble
