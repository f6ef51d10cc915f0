"""Which routes the router takes: capability, files, budgets, weights, arms, breakers."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.catalogs import from_object_info
from ryla_graphs.engines import run
from ryla_graphs.engines.events import Finished, Routed
from ryla_graphs.engines.router import Accepts, Budget, Route, Router
from ryla_graphs.nodes import EmptyImage, PreviewImage, SaveImage
from ryla_graphs.problems import (
    CannotRunHere,
    EngineBusy,
    EngineDenied,
    EngineRefused,
    EngineUnreachable,
    InvalidSettings,
    NotFound,
    RunLost,
)
from tests.engines.following import WORKFLOW
from tests.graphs import text_to_image
from tests.routing.places import Clock, Place, router_of
from tests.routing.test_router import IMAGE, route_of, routed, state


def test_capability_is_asked_before_anything_is_sent() -> None:
    from ryla_graphs.engines.runpod import RunPod

    modal = Place("modal")
    routes = [Route("runpod", RunPod("abc", "key"), 1), Route("modal", modal, 2)]
    with Router(routes, spread_seconds=0) as router:
        shown = Workflow(PreviewImage(images=EmptyImage(width=8, height=8))).compile()
        events = list(router.start(shown, fresh=True).events())
        assert route_of(events) == ["modal"]
        routed = next(event for event in events if isinstance(event, Routed))
        assert "saved pictures" in routed.tried["runpod"]
    with Router(routes[:1]) as router:
        with pytest.raises(CannotRunHere, match="cannot run here"):
            router.check(shown, {})
        with pytest.raises(EngineRefused, match="runpod"):
            router.start(shown, fresh=True)
        with pytest.raises(CannotRunHere) as refused:
            router.check(IMAGE, {"x.png": 12_000_000})
        assert "10 MB" in refused.value.problems[0].message


@pytest.mark.parametrize(
    ("accepts", "says"),
    [
        (Accepts(classes=frozenset({"EmptyImage"})), "it has no SaveImage"),
        (Accepts(outputs=frozenset({"video"})), "it delivers no image"),
        (Accepts(input_bytes=5), "input files"),
        (Accepts(memory_gb=0.0), "GB"),
    ],
)
def test_what_a_route_says_it_takes(accepts: Accepts, says: str) -> None:
    with Router([Route("small", Place("small"), accepts=accepts)]) as router:
        router.state.lanes[0].known = None
        with pytest.raises(CannotRunHere) as refused:
            router.check(IMAGE if says != "GB" else WORKFLOW, {"a.png": 10})
    assert says in refused.value.problems[0].message


def test_files_that_a_route_lacks() -> None:
    entries = {
        name: dict(entry)
        for name, entry in Place("x")
        .known.subset(body["class_type"] for body in WORKFLOW.document.values())
        .entries()
        .items()
    }
    entries["CheckpointLoaderSimple"]["input"] = {"required": {"ckpt_name": [["other.safetensors"], {}]}}
    poor, rich = Place("poor"), Place("rich")
    poor.known = from_object_info(entries, name="poor")
    with router_of(poor, rich) as router:
        assert not [problem for problem in text_to_image().validate(router.catalog()) if problem.level == "error"]
        events = list(router.start(WORKFLOW, fresh=True).events())
        assert route_of(events) == ["rich"]
        assert "sd_xl_base" in next(event for event in events if isinstance(event, Routed)).tried["poor"]


def test_budgets_weights_draining_and_switches(tmp_path: Any) -> None:
    flags = tmp_path / "flags.json"
    flags.write_text('{"a": true}')
    a, b = Place("a"), Place("b")
    clock = Clock()
    routes = [Route("a", a, 1, weight=3), Route("b", b, 1, weight=1)]
    with Router(routes, spread_seconds=0, flags=str(flags), clock=clock) as router:
        for _ in range(16):
            routed(router)
        assert (a.executed.total(), b.executed.total()) == (12, 4)
        router.drain("a")
        routed(router)
        assert b.executed.total() == 5 and router.routes()[0]["draining"]
        with pytest.raises(NotFound, match="did you mean"):
            router.drain("bb")
        router.drain("a", on=False)
        flags.write_text('{"a": false, "b": false}')
        clock.now += 2
        with pytest.raises(EngineRefused, match="it is switched off"):
            routed(router)
    spent = Router([Route("a", Place("a"), usd_per_second=1, budget=Budget(usd_per_day=0.5))], spread_seconds=0)
    assert isinstance(last := routed(spent)[0][-1], Finished) and last.usage.cost_usd == 0.5
    with pytest.raises(EngineBusy, match="spent"):
        routed(spent)


def test_a_users_arm_comes_first_and_is_kept_by_a_fall_back(tmp_path: Any) -> None:
    pod, modal = Place("pod"), Place("modal")
    routes = [Route("pod", pod, 1), Route("modal", modal, 2, share=10_000)]
    with Router(routes, spread_seconds=0, user_key="ada") as router:
        events, attempts = routed(router)
        assert route_of(events) == ["modal"] and attempts[0].arm == "modal"
        modal.acts.append(lambda: RunLost("gone"))
        events, attempts = routed(router)
        assert route_of(events) == ["modal", "pod"] and [attempt.arm for attempt in attempts] == ["modal", "modal"]
    with Router([Route("pod", pod, 1), Route("modal", modal, 2, share=0)], user_key="ada") as router:
        events, attempts = routed(router)
        assert route_of(events) == ["pod"] and attempts[0].arm is None and attempts[0].experiment == "routes"


def test_when_no_route_takes_it_every_reason_is_reported() -> None:
    with router_of(
        Place("pod", usually=EngineUnreachable("no route to host")),
        Place("modal", usually=EngineBusy("full", retry_after=7)),
    ) as router:
        with pytest.raises(EngineBusy) as busy:
            routed(router)
        assert "no route to host" in str(busy.value) and "full" in str(busy.value) and busy.value.retry_after == 7.0
    with router_of(Place("a", usually=EngineDenied("wrong key"))) as router:
        with pytest.raises(EngineDenied):
            routed(router)
        with pytest.raises(EngineDenied):
            routed(router)
        assert not router.health().ready
    with pytest.raises(InvalidSettings):
        Router([])


def test_a_route_that_is_found_unwell_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    pod, clock = Place("pod"), Clock()
    with router_of(pod, Place("modal"), clock=clock) as router:
        pod.healthy = False
        assert router.health().ready and state(router, "pod") == "open"
        assert route_of(routed(router)[0]) == ["modal"]
        pod.healthy = True
        clock.now += 20
        assert router.health().ready and state(router, "pod") == "half-open", "only a run closes it"
        for _ in range(2):
            assert route_of(routed(router)[0]) == ["pod"]
        assert state(router, "pod") == "closed"


def test_what_a_look_would_wake_is_not_looked_at() -> None:
    modal = Place("modal")
    modal.healthy = False
    with Router([Route("modal", modal, probe=False)]) as router:
        assert router.health().ready
        router.catalog()
        router.catalog()
    assert modal.catalogs_asked == 1


def test_half_open_takes_one_run_at_a_time() -> None:
    pod, modal, clock = Place("pod", *[EngineUnreachable("down")] * 3), Place("modal"), Clock()
    with router_of(pod, modal, clock=clock) as router:
        for _ in range(3):
            routed(router)
        clock.now += 30
        pod.acts.append("works")
        trial = router.start(IMAGE, fresh=True)
        assert all(route_of(routed(router)[0]) == ["modal"] for _ in range(5))
        trial.cancel()
        list(trial.events())
        assert route_of(routed(router)[0]) == ["pod"]


def test_the_catalog_is_not_asked_for_a_job() -> None:
    pod = Place("pod")
    with router_of(pod) as router:
        router.catalog()
        for _ in range(5):
            routed(router)
    assert pod.catalogs_asked == 1
    with router_of(pod, Place("modal")) as router:
        assert run(router, Workflow(SaveImage(images=EmptyImage(width=8, height=8)))).outputs
