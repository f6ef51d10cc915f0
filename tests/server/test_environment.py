"""Settings from the environment, as the documentation has them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.engines import connect
from ryla_graphs.plan import Limits
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.server.environment import VARIABLES, settings_from
from ryla_graphs.server.safety.deadlines import Deadlines
from ryla_graphs.server.settings import Settings
from tests.conftest import ROOT
from tests.server.clients import TestClient

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def test_the_documentation_has_this_table() -> None:
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `((?:RYLA|COMFY)_\w+)` \| (.*) \|$", text, re.MULTILINE))
    assert rows == {name: variable.meaning for name, variable in VARIABLES.items()}


def test_nothing_set_gives_the_defaults() -> None:
    assert settings_from({}).model_dump(exclude={"tokens"}) == Settings().model_dump(exclude={"tokens"})
    assert settings_from({"RYLA_QUEUE_LIMIT": " "}).queue_limit == Settings().queue_limit


def test_everything_set() -> None:
    settings = settings_from(
        {
            "RYLA_TOKENS": "me:a-token-of-sixteen",
            "RYLA_QUEUE_LIMIT": "7",
            "RYLA_FETCH_HOSTS": "a.com, *.b.com",
            "RYLA_NODES": "KSampler,SaveImage",
            "RYLA_MARK_OUTPUTS": "no",
            "RYLA_RETENTION": "0.5,2",
            "RYLA_WEBHOOK_SECRET": SECRET,
            "RYLA_USD_PER_SECOND": "0.000542",
            "RYLA_INPUT_PIXELS": "1000",
            "RYLA_LIMITS": "2,,100",
            "RYLA_DEADLINES": "60, ,,,7200",
            "RYLA_PATIENCE_SECONDS": "30",
        },
        lora_folder="x",
    )
    assert settings.tokens.owner("Bearer a-token-of-sixteen") == "me"
    assert (settings.queue_limit, settings.fetch.hosts, settings.mark_outputs) == (7, ("a.com", "*.b.com"), False)
    assert settings.confinement.allowed == frozenset({"KSampler", "SaveImage"})
    assert (settings.retention.seconds, settings.retention.bytes) == (43_200, 2**31)
    assert settings.webhook_secret is not None and settings.webhook_secret.get_secret_value() == SECRET
    assert (settings.media.pixels, settings.usd_per_second, str(settings.lora_folder)) == (1000, 0.000542, "x")
    assert settings.limits == Limits(megapixels=2, steps=100)
    assert settings.deadlines == Deadlines(silence=60, most=7200) and settings.patience_seconds == 30
    assert settings_from({"RYLA_RETENTION": ","}).retention.seconds is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RYLA_TOKENS", "me:short"),
        ("RYLA_QUEUE_LIMIT", "many"),
        ("RYLA_QUEUE_LIMIT", "0"),
        ("RYLA_MARK_OUTPUTS", "maybe"),
        ("RYLA_RETENTION", "a week"),
        ("RYLA_LIMITS", "1,2,3,4,5"),
        ("RYLA_DEADLINES", "60,0"),
        ("RYLA_DEADLINES", "1,2,3,4,5,6"),
        ("RYLA_WEBHOOK_SECRET", "a-secret-that-is-none"),
        ("RYLA_USD_PER_SECOND", "-1"),
        ("RYLA_USD_PER_SECOND", "inf"),
        ("RYLA_PARTNER_MAX_USD", "nan"),
        ("RYLA_RETENTION", "-1"),  # would delete every ended job
        ("RYLA_RETENTION", "nan"),
        ("RYLA_RETENTION", "1e9"),  # no date is so late
        ("RYLA_RETENTION", "7,-20"),
        ("RYLA_RETENTION", ",inf"),
        ("RYLA_QUOTA", "inf"),
        ("RYLA_QUOTA", "4,-1"),
        ("RYLA_LIMITS", "nan"),
        ("RYLA_LIMITS", "-1"),
        ("RYLA_LIMITS", ",inf"),
        ("RYLA_INPUT_PIXELS", "0"),
        ("RYLA_HOSTS", "https://a.com"),
        ("RYLA_HOSTS", "a.com b.com"),
        ("RYLA_FETCH_HOSTS", "a.com/files"),
        ("RYLA_ORIGINS", "b.com"),
        ("RYLA_ORIGINS", "https://app.a.com/"),
        ("RYLA_ORIGINS", "*"),
        ("RYLA_PUBLIC_URL", "ryla.a.com"),
        ("RYLA_PUBLIC_URL", "javascript:1"),
        ("RYLA_ANALYTICS_URL", "http://a.com/events"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_repeated(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings_from({name: text})
    assert name in str(refused.value)
    assert len(text) < 8 or text not in str(refused.value)


ODD = st.sampled_from(
    ["nan", "inf", "-inf", "1e400", "-1", "0", "", "9" * 5_000, "x", "٣", "*", "https://[::1", "\x00"]
)


@pytest.mark.parametrize("name", [name for name in VARIABLES if name not in ("RYLA_PIPELINES", "RYLA_FACE_SCORE")])
@given(parts=st.lists(ODD, max_size=6))
def test_any_text_is_read_or_refused_in_one_sentence(name: str, parts: list[str]) -> None:
    said = name
    try:
        settings_from({name: ",".join(parts)})
    except InvalidSettings as error:
        said = str(error)
    assert name in said and "\n" not in said


def test_names_of_hosts_and_origins_are_read_in_any_case() -> None:
    settings = settings_from({"RYLA_HOSTS": "A.com, *.B.com,[::1]:81", "RYLA_ORIGINS": "https://App.a.com:8443"})
    assert settings.hosts == ("a.com", "*.b.com", "[::1]:81")
    assert settings.origins == ("https://app.a.com:8443",)


@pytest.mark.parametrize("name", ["RTX 4090 – großes Modell", "A10\r\nSet-Cookie: x=y"])
def test_any_name_of_a_gpu_fits_into_a_header(name: str, tmp_path: Path) -> None:
    with TestClient(create_app(connect("simulator"), SqliteStore(tmp_path), Settings(gpu=name))) as client:
        answer = client.post("/flux-dev", json={"prompt": "x", "width": 64, "height": 64, "steps": 1})
        job = client.get(answer.headers["Location"]).json()
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert answer.headers["X-Gpu"].startswith(name[:3]) and job["metrics"]["gpu"] == name


def test_a_graph_beyond_the_limits_is_refused_by_its_parameter(tmp_path: Path) -> None:
    app = create_app(connect("simulator"), SqliteStore(tmp_path), settings_from({"RYLA_LIMITS": "1,,20"}))
    with TestClient(app) as client:
        wide = client.post("/flux-dev", json={"prompt": "x", "width": 2048, "height": 1024})
        long = client.post("/flux-dev", json={"prompt": "x", "width": 512, "height": 512, "steps": 50})
    assert (wide.status_code, long.status_code) == (422, 422)
    assert [(p["code"], p["parameters"]) for p in wide.json()["error"]["problems"]] == [("too_large", ["width"])]
    assert [(p["code"], p["parameters"]) for p in long.json()["error"]["problems"]] == [("too_many_steps", ["steps"])]


@pytest.mark.parametrize("path", ["/validate", "/workflow"])
def test_a_graph_of_too_many_inputs_is_refused_before_it_is_judged(path: str, tmp_path: Path) -> None:
    inputs = {f"any_{number}": ["nowhere", 0] for number in range(100_001)}
    graph = {"1": {"class_type": "Any Switch (rgthree)", "inputs": inputs}}
    with TestClient(create_app(connect("simulator"), SqliteStore(tmp_path))) as client:
        refused = client.post(path, json=graph)
    assert refused.status_code == 422
    assert [problem["code"] for problem in refused.json()["error"]["problems"]] == ["too_many_inputs"]
