"""Routes from environment variables and from a file: what they mean, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs.engines import SIMULATOR, connect, default_address
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.engines.events import Event, Finished, Routed
from ryla_graphs.engines.remote import Remote
from ryla_graphs.engines.router import Router
from ryla_graphs.engines.router.environment import VARIABLES
from ryla_graphs.engines.router.route import Route
from ryla_graphs.engines.runpod import RunPod
from ryla_graphs.problems import InvalidSettings, NotFound
from ryla_graphs.server import Settings, create_app
from ryla_graphs.server.safety.tokens import Tokens
from tests.conftest import ROOT
from tests.engines.following import WORKFLOW
from tests.engines.held import HeldSimulator
from tests.engines.stand_ins import FakeRunPod, hosted
from tests.engines.stand_ins.runpod import KEY
from tests.engines.stub import serve
from tests.server.kept import STORES
from tests.server.live import listening

TOKEN = "tok-0123456789abcdef0123456789abcdef"
POD = {"COMFYUI_POD_URL": "http://127.0.0.1:8188"}
MODAL = {"MODAL_WORKSPACE": "ada", "MODAL_TOKEN": TOKEN}
RUNPOD = {"RUNPOD_ENDPOINT_ID": "abc123", "RUNPOD_API_KEY": KEY}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(variable.name for variable in VARIABLES), "COMFY_API_KEY", "COMFY_BASE_URL", "RYLA_USD_PER_SECOND"):
        monkeypatch.delenv(name, raising=False)


def routes(monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str], address: str | None = None) -> dict[str, Route]:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    engine = connect(address)
    assert isinstance(engine, Router)
    engine.close()
    return {lane.name: lane.route for lane in engine.state.lanes}


def test_where_nothing_is_set_the_simulator_runs() -> None:
    assert default_address({}) == SIMULATOR and default_address({"RUNPOD_API_KEY": " "}) == SIMULATOR
    assert default_address({"COMFYUI_POD_URL": "http://a"}) == "routes" and connect().name == SIMULATOR
    with pytest.raises(InvalidSettings, match="COMFYUI_POD_URL"):
        connect("routes")


def test_a_pod_then_modal_then_runpod(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**POD, **MODAL, **RUNPOD, "MODAL_TIMEOUT": "180000", "USE_MODAL": "25%", "RYLA_USD_PER_SECOND": "0.0005"}
    found = routes(monkeypatch, given)
    assert list(found) == ["pod", "modal", "runpod"] and [route.priority for route in found.values()] == [1, 2, 3]
    pod, modal, runpod = found.values()
    assert isinstance(pod.engine, ComfyUI) and pod.usd_per_second == 0.0005
    assert isinstance(modal.engine, Remote) and modal.total_seconds == 180 and modal.share == 2500
    assert modal.engine.client.service.address == "https://ada--ryla-comfyui-web.modal.run"
    assert isinstance(runpod.engine, RunPod)


def test_other_orders_and_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    found = routes(monkeypatch, {**POD, **MODAL, **RUNPOD, "RYLA_ROUTES": "runpod, pod", "USE_MODAL": "false"})
    assert list(found) == ["runpod", "pod"]
    found = routes(monkeypatch, {"RYLA_ROUTES": "pod,modal"})
    assert not found["modal"].on
    found = routes(monkeypatch, {"RYLA_ROUTES": "modal", "MODAL_APP": "other", "USE_MODAL": "true"})
    assert isinstance(found["modal"].engine, Remote) and "other-web" in found["modal"].engine.name


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"RUNPOD_API_KEY": KEY}, "RUNPOD_ENDPOINT_ID is not set"),
        ({"RUNPOD_ENDPOINT_ID": "abc"}, "RUNPOD_API_KEY is not set"),
        ({**RUNPOD, "RUNPOD_ENDPOINT_ID": "https://x"}, "not a URL"),
        ({**RUNPOD, "RUNPOD_WORKER": "mine"}, "RUNPOD_WORKER"),
        ({**MODAL, "MODAL_TIMEOUT": "0"}, "MODAL_TIMEOUT"),
        ({**MODAL, "MODAL_TIMEOUT": "soon"}, "MODAL_TIMEOUT"),
        ({**MODAL, "USE_MODAL": "maybe"}, "USE_MODAL"),
        ({**MODAL, "USE_MODAL": "120%"}, "USE_MODAL"),
        ({**MODAL, "MODAL_WORKSPACE": "a.b"}, "MODAL_WORKSPACE"),
        ({**POD, "USE_MODAL": "true"}, "but MODAL_WORKSPACE, which it needs, is not"),
        ({**POD, "RYLA_ROUTES": "pod,mars"}, "mars"),
        ({**POD, "RYLA_ROUTES": "pod,runpod"}, "which is not configured"),
        ({"COMFYUI_POD_URL": "10.0.0.1:8188"}, "http://host:port"),
        ({**POD, "RYLA_FLAGS": "/no/such/file.json"}, "RYLA_FLAGS"),
        ({"RYLA_ROUTES": "/no/such/routes.toml"}, "cannot read the routes in"),
    ],
)
def test_what_is_wrong_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidSettings, match=says) as wrong:
        routes(monkeypatch, given, "routes")
    assert KEY not in str(wrong.value) and TOKEN not in str(wrong.value)


FILE = """
flags = "{flags}"
[[route]]
name = "pod"
engine = "http://127.0.0.1:8188"
start_seconds = 20
at_once = 2
[[route]]
name = "cloud"
engine = "remote:https://cloud.comfy.org"
token = "$MY_KEY"
priority = 2
usd_per_second = 0.001
usd_per_day = 20
share = "10%"
outputs = ["image"]
input_mb = 50
[[route]]
name = "endpoint"
engine = "runpod:abc"
token = "$MY_KEY"
priority = 3
policy = "at-most-once"
lock = "ryla.lock"
"""


def test_a_file_of_routes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "routes.toml"
    (tmp_path / "flags.json").write_text('{"pod": false}')
    (tmp_path / "ryla.lock").write_bytes((ROOT / "ryla.lock").read_bytes())
    path.write_text(FILE.format(flags=tmp_path / "flags.json"))
    found = routes(monkeypatch, {"MY_KEY": TOKEN}, str(path))
    assert found["pod"].budget.at_once == 2 and found["pod"].start_seconds == 20
    cloud, endpoint = found["cloud"], found["endpoint"]
    assert isinstance(cloud.engine, Remote) and cloud.share == 1000 and cloud.accepts.input_bytes == 50_000_000
    assert isinstance(endpoint.engine, RunPod) and endpoint.policy == "at-most-once"
    assert "KSampler" in endpoint.engine.catalog()
    again = routes(monkeypatch, {"RYLA_ROUTES": str(path)})
    assert list(again) == list(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[route]\n", "is not valid TOML"),
        ("", "route: Field required"),
        ('[[route]]\nname = "a"\n', "route 'a'.engine"),
        ('[[route]]\nname = "a"\nengine = "simulator"\nprio = 1', "route 'a'.prio"),
        ('[[route]]\nname = "a"\nengine = "simulator"\nweight = -1', "route 'a'.weight"),
        ('[[route]]\nname = "a"\nengine = "simulator"\nshare = "x"', "percentage"),
        ('[[route]]\nname = "a"\nengine = "runpod:x"\n', "needs a key"),
        ('[[route]]\nname = "a"\nengine = "runpod:x"\ntoken = "rpa_SECRET"', "must name a variable"),
        ('[[route]]\nname = "a"\nengine = "runpod:x"\ntoken = "$NONE"', "NONE, which is not set"),
        ('[[route]]\nname = "a"\nengine = "simulator"\n' * 2, "unique names"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "routes.toml"
    path.write_text(text)
    with pytest.raises(InvalidSettings, match=says) as wrong:
        connect(str(path))
    assert "rpa_SECRET" not in str(wrong.value)


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFY_API_KEY", "comfyui-0123456789abcdef")
    monkeypatch.setenv("RUNPOD_API_KEY", KEY)
    cloud, other, pod = (
        connect("remote:https://cloud.comfy.org"),
        connect("remote:https://a.com"),
        connect("runpod:abc"),
    )
    assert isinstance(cloud, Remote) and isinstance(other, Remote) and isinstance(pod, RunPod)
    assert "Authorization" in cloud.client.service._headers
    assert "Authorization" not in other.client.service._headers, "Comfy's key goes to Comfy alone"
    for wrong in ("remote:host", "mars", "runpood:x"):
        with pytest.raises(NotFound):
            connect(wrong)


def story(engine: Router) -> tuple[list[str], Event]:
    events = list(engine.start(WORKFLOW, fresh=True).events())
    return [event.route for event in events if isinstance(event, Routed)], events[-1]


def test_the_table_of_the_requirements(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deployed: Any, request: pytest.FixtureRequest
) -> None:
    """A pod first, Modal next, RunPod last, with environment variables alone: each is taken as the one before fails."""
    from tests.modal_app.on_loopback import OnLoopback

    simulator = HeldSimulator()
    engine = OnLoopback(deployed, tmp_path / "worker", simulator).engine
    settings = Settings(tokens=Tokens.parse(f"me:{TOKEN}"))
    fake = FakeRunPod()
    with listening(create_app(engine, STORES["modal"](tmp_path), settings)) as modal, hosted(fake) as runpod:
        with serve() as (pod, stub):
            given = {
                **MODAL,
                **RUNPOD,
                "COMFYUI_POD_URL": pod,
                "MODAL_WEB_URL": modal,
                "RUNPOD_ENDPOINT_BASE_URL": f"{runpod}/v2",
            }
            for name, value in given.items():
                monkeypatch.setenv(name, value)
            assert stub is not None
            router = connect()
            assert isinstance(router, Router)
            router.state.spread_seconds = 0
            names, end = story(router)
            assert names == ["pod"] and isinstance(end, Finished)
        names, end = story(router)
        assert names == ["modal"] and isinstance(end, Finished) and len(end.outputs) == 2
        monkeypatch.setattr(router.state.lane("modal").route.engine.client.service, "address", "http://127.0.0.1:9")  # type: ignore[union-attr]
        names, end = story(router)
        assert names == ["runpod"] and isinstance(end, Finished)
        assert [row["state"] for row in router.routes()] == ["closed"] * 3, "two faults and one are not three"
        router.close()
    assert sum(fake.executed.values()) == 1


def test_the_table_in_the_docs_is_the_one_in_the_code() -> None:
    rows = [f"| `{variable.name}` | {variable.meaning} |" for variable in VARIABLES]
    assert "\n".join(rows) in (ROOT / "docs/routing.md").read_text(encoding="utf-8")
