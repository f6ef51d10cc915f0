"""The queue between callers and workers: who gets a slot, who waits, who is refused and until when."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.jobs.waiting import JobQueue


def full(queue: JobQueue) -> RequestError:
    with pytest.raises(RequestError) as refused:
        queue.reserve()
    return refused.value


@given(st.integers(1, 3), st.integers(0, 4))
def test_slots_then_places_then_nothing(slots: int, limit: int) -> None:
    queue = JobQueue(limit, slots)
    assert [queue.reserve() for _ in range(slots + limit)] == [True] * slots + [False] * limit
    assert full(queue).code == "queue_full" and len(queue) == 0, "a place that is reserved is taken"
    for number in range(limit):
        assert not queue.put(str(number)) and queue.position(str(number)) == number
    assert len(queue) == limit and full(queue).code == "queue_full"
    assert [queue.take() for _ in range(limit + slots)] == [*map(str, range(limit)), *[None] * slots]
    assert [queue.reserve() for _ in range(slots)] == [True] * slots, "all slots are free again"


def test_a_place_that_is_given_back_is_free() -> None:
    queue = JobQueue(1, 1)
    assert queue.reserve() and not queue.reserve()
    queue.release()
    assert not queue.reserve()
    assert full(queue).code == "queue_full", "one place was given back, not two"
    queue.put("a")
    assert queue.remove("a") == 0 and queue.remove("a") is None and queue.position("a") is None
    assert not queue.reserve()


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 3))
def test_what_is_removed_by_mistake_goes_back_to_its_place(jobs: int, chosen: int, taken: int) -> None:
    ids = [str(number) for number in range(jobs)]
    queue = JobQueue(9, 1)
    queue.restore(ids)
    chosen %= jobs
    assert queue.remove(ids[chosen]) == chosen
    for _ in range(taken):
        queue.take()
    held = taken < jobs
    assert queue.put_back(ids[chosen], chosen) is not held, "a slot that is free now is for it"
    left = [each for each in ids if each != ids[chosen]][taken:]
    left.insert(chosen, ids[chosen])
    assert [queue.take() for _ in left] == left and queue.take() is None


def test_a_slot_that_became_free_meanwhile_is_for_the_one_that_is_put() -> None:
    queue = JobQueue(2, 1)
    assert queue.reserve() and not queue.reserve()
    assert queue.take() is None
    assert queue.put("a"), "the caller holds the slot now"
    assert not queue.reserve() and queue.take() == "a"


def test_a_new_job_does_not_overtake_waiting_ones() -> None:
    queue = JobQueue(5, 2)
    assert queue.restore(["a", "b", "c"]) == 2
    assert queue.take() == "a"
    assert not queue.reserve()
    queue.put("d")
    assert [queue.take() for _ in range(5)] == ["b", "c", "d", None, None]


def test_jobs_of_another_process_have_no_limit() -> None:
    queue = JobQueue(1, 1)
    assert queue.restore([]) == 0 and queue.restore(["a", "b", "c"]) == 1
    assert full(queue).code == "queue_full"


@pytest.mark.parametrize(
    ("seconds", "waiting", "slots", "wait"),
    [(10, 3, 2, 20), (10, 0, 1, 10), (0.01, 3, 1, 1), (1000, 3, 2, 120), (7, 5, 1, 42)],
)
def test_the_wait_is_as_long_as_recent_jobs_took(seconds: float, waiting: int, slots: int, wait: int) -> None:
    queue = JobQueue(waiting, slots)
    queue.restore([str(number) for number in range(waiting)])
    for _ in range(60):
        queue.took(seconds)
    assert queue.wait_seconds() == wait
    if waiting:
        assert full(queue).retry_after == wait


def test_one_odd_job_says_little_of_the_wait() -> None:
    queue = JobQueue(1, 1)
    for _ in range(60):
        queue.took(10)
    queue.took(60)
    assert queue.wait_seconds() == 20


def test_a_queue_that_is_closed_starts_nothing_and_waits_for_what_runs() -> None:
    queue = JobQueue(5, 2)
    assert queue.reserve()
    queue.restore(["a"])
    assert queue.take() == "a"
    queue.close()
    refused = full(queue)
    assert (refused.code, refused.retry_after) == ("not_ready", 1)
    assert queue.restore(["b"]) == 0 and queue.position("b") == 0, "the next process has it"
    queue.rest(0.01)  # two slots are held, so this is all it waits
    resting = threading.Thread(target=queue.rest, args=(120,))
    resting.start()
    assert [queue.take(), queue.take()] == [None, None]
    resting.join(60)
    assert not resting.is_alive() and len(queue) == 1


STEPS = st.lists(st.tuples(st.sampled_from(["put", "take", "remove", "remove and put back"]), st.integers(0, 5)))


@given(STEPS)
def test_positions_are_those_in_line_whatever_happened_before(steps: list[tuple[str, int]]) -> None:
    queue, line = JobQueue(1000, 1), list[str]()
    assert queue.reserve()
    for number, (step, chosen) in enumerate(steps):
        if step == "put":
            queue.reserve()
            queue.put(str(number))
            line.append(str(number))
        elif line and step == "take":
            assert queue.take() == line.pop(0)
        elif line:
            job_id = line[chosen % len(line)]
            position = queue.remove(job_id)
            assert position is not None and position == line.index(job_id)
            if step == "remove":
                line.remove(job_id)
            else:
                queue.put_back(job_id, position)
        assert len(queue) == len(line)
        assert [queue.position(str(each)) for each in range(number + 1)] == [
            line.index(str(each)) if str(each) in line else None for each in range(number + 1)
        ]


class Compared(str):
    """An id that counts how often it is compared with others."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_list_of_thousands_of_waiting_jobs_asks_for_each_position_quickly() -> None:
    ids: list[str] = [Compared(number) for number in range(3000)]
    queue = JobQueue(1, 1)
    queue.restore(ids)
    Compared.times = 0
    assert [queue.position(each) for each in ids] == [*range(3000)]
    assert queue.remove(ids[1500]) == 1500 and queue.position(ids[-1]) == 2998
    assert Compared.times < 10 * len(ids)
