"""A machine's clock that jumps forward and back: nothing is deleted early."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server.storage import clock as module
from ryla_graphs.server.storage.blobs import GRACE_SECONDS, FileBlobs
from ryla_graphs.server.storage.clock import MEMORY_SECONDS, SlowClock

HOUR = 3600.0


class Machine:
    """Its two clocks, which a test moves."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000.0, 5_000.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self) -> SlowClock:
        return SlowClock(lambda: self.wall, lambda: self.steady)


JUMPS = st.lists(st.tuples(st.floats(1, 2 * HOUR), st.floats(-3 * HOUR, 3 * HOUR)), max_size=40)


@given(JUMPS)
def test_no_record_of_the_last_day_looks_older_than_it_is(jumps: list[tuple[float, float]]) -> None:
    machine = Machine()
    clock = machine.clock()
    made = [(machine.wall, machine.steady)]
    for seconds, jump in jumps:
        machine.pass_(seconds)
        machine.wall += jump
        now = clock.now()
        made.append((machine.wall, machine.steady))
        ages = [(now - at, machine.steady - steady) for at, steady in made]
        assert all(age <= real + 0.01 for age, real in ages if real < MEMORY_SECONDS - 300)


def test_a_clock_that_was_set_right_counts_after_a_day() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += HOUR
    assert clock.now() == machine.wall - HOUR
    for _ in range(int(MEMORY_SECONDS // 300) + 1):
        machine.pass_(300)
        clock.now()
    assert clock.now() == machine.wall
    machine.wall -= HOUR
    assert clock.now() == machine.wall


def test_what_it_remembers_is_bounded() -> None:
    machine = Machine()
    clock = machine.clock()
    for each in itertools.islice(itertools.count(), 20_000):
        machine.pass_(10)
        machine.wall += 1 + each % 3
        clock.now()
    assert len(clock._seen) <= MEMORY_SECONDS / module._EVERY_SECONDS + 2


def test_content_is_not_swept_while_its_row_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr("ryla_graphs.server.storage.blobs.SlowClock", machine.clock)
    blobs = FileBlobs(tmp_path)
    digest = blobs.put(b"an upload").hash
    os.utime(blobs.path(digest), (machine.wall, machine.wall))
    machine.wall += 2 * HOUR
    blobs.sweep(set())
    assert blobs.read(digest) == b"an upload"
    for _ in range(400):
        machine.pass_(300)
        blobs._clock.now()
    machine.pass_(GRACE_SECONDS)
    blobs.sweep(set())
    assert blobs.size(digest) is None
