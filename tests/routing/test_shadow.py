"""Copies of runs to a route that serves no user."""

from __future__ import annotations

import pytest

from ryla_graphs import Workflow
from ryla_graphs.engines.router import Budget, Route, Router, Shadow
from ryla_graphs.nodes import LoadImage, SaveImage
from ryla_graphs.problems import EngineUnreachable, InvalidSettings
from tests.engines.stub.script import PNG
from tests.routing.places import Place
from tests.routing.test_router import IMAGE, route_of, routed


def test_a_share_is_copied_and_no_user_gets_it() -> None:
    pod, new = Place("pod"), Place("new", EngineUnreachable("down"))
    routes = [Route("pod", pod), Route("new", new, 1)]
    with Router(routes, spread_seconds=0, shadow=Shadow("new", 10_000)) as router:
        for _ in range(6):
            assert route_of(routed(router)[0]) == ["pod"]
        shadows = router.state.shadows
        assert shadows is not None
        shadows.wait()
        assert shadows.to_dict()["runs"] == {"failed": 1, "same": 5}
        assert new.executed.total() == 5 and router.routes()[1]["state"] == "closed", "it says nothing of the route"


def test_pictures_of_people_are_not_copied_unless_the_owner_says_so() -> None:
    graph = Workflow(SaveImage(images=LoadImage(image="face.png").out[0])).compile()
    for allowed in (False, True):
        new = Place("new")
        shadow = Shadow("new", 10_000, with_inputs=allowed)
        with Router([Route("pod", Place("pod")), Route("new", new)], spread_seconds=0, shadow=shadow) as router:
            list(router.start(graph, {"face.png": PNG}, fresh=True).events())
            assert router.state.shadows is not None
            router.state.shadows.wait()
        assert bool(new.executed) is allowed


def test_the_budget_of_the_route_bounds_copies() -> None:
    new = Place("new")
    routes = [Route("pod", Place("pod")), Route("new", new, usd_per_second=1, budget=Budget(usd_per_day=0.5))]
    with Router(routes, spread_seconds=0, shadow=Shadow("new", 10_000)) as router:
        for _ in range(3):
            routed(router)
            assert router.state.shadows is not None
            router.state.shadows.wait()
    assert new.executed[IMAGE.digest] == 1
    with pytest.raises(InvalidSettings):
        Router([Route("pod", Place("pod"))], shadow=Shadow("pod", 1))
