"""Who may come in at all, by headers alone: hosts, origins, tokens, before a byte of a body."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Scope
from starlette.websockets import WebSocketDisconnect

from ryla_graphs.engines.simulator import Simulator
from ryla_graphs.server import Settings, SqliteStore, create_app
from ryla_graphs.server.errors import RequestError
from ryla_graphs.server.safety.gate import Gate, Gatekeeper
from ryla_graphs.server.safety.tokens import Tokens
from tests.server.clients import TestClient
from tests.server.test_contract import flux

TOKEN = "a-token-of-sixteen"
TOKENS = Tokens.parse(f"me:{TOKEN}")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path))) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("localhost", True),
        ("LOCALHOST:8100", True),
        ("localhost.", True),
        ("127.0.0.1:8100", True),
        ("127.9.9.9", True),
        ("[::1]:8100", True),
        ("ryla.example:8100", True),
        ("a.pages.example", True),
        ("pages.example", False),
        ("rebound.example", False),
        ("localhost.rebound.example", False),
        ("127.0.0.1.rebound.example", False),
        ("rebound.example#localhost", False),
        ("localhost@rebound.example", False),
        ("192.168.1.5", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_without_tokens_only_names_of_this_machine(host: str, served: bool) -> None:
    assert Gate(Tokens(), ("ryla.example", "*.pages.example")).serves(host) is served


def test_an_open_server_is_also_called_by_its_address() -> None:
    gate = Gate(Tokens(), open=True)
    assert gate.serves("192.168.1.5:8100") and gate.serves("[fd00::1]:8100") and not gate.serves("rebound.example")


def test_with_tokens_any_name_unless_names_are_listed() -> None:
    assert Gate(TOKENS).serves("any.example") and not Gate(TOKENS).knows("any.example")
    assert not Gate(TOKENS, ("ryla.example",)).serves("any.example")
    assert Gate(Tokens(), ("*",)).serves("any.example")


GET, POST = ("GET", "/jobs"), ("POST", "/workflow")


@pytest.mark.parametrize(
    ("call", "headers", "code"),
    [
        (POST, {"Origin": "https://elsewhere.example"}, "origin_refused"),
        (POST, {"Origin": "null"}, "origin_refused"),
        (POST, {"Origin": "http://localhost.elsewhere.example"}, "origin_refused"),
        (POST, {"Origin": "http://localhost:3000"}, "origin_refused"),
        (GET, {"Origin": "https://elsewhere.example"}, "origin_refused"),
        (GET, {"Sec-Fetch-Site": "cross-site"}, "origin_refused"),
        (("DELETE", "/jobs/x"), {"Origin": "https://elsewhere.example"}, "origin_refused"),
        (("POST", "/health"), {"Sec-Fetch-Site": "cross-site"}, "origin_refused"),
        (GET, {"Host": "rebound.example"}, "host_refused"),
        (("GET", "/docs"), {"Host": "rebound.example"}, "host_refused"),
        (GET, {"Sec-Fetch-Site": "same-origin"}, None),
        (GET, {"Origin": "http://localhost"}, None),
        (("GET", "/health"), {"Sec-Fetch-Site": "cross-site"}, None),
    ],
)
def test_pages_of_others_stay_out(
    call: tuple[str, str], headers: dict[str, str], code: str | None, client: TestClient
) -> None:
    answer = client.request(*call, headers=headers)
    assert (answer.json().get("error", {}).get("code"), answer.status_code) == (code, 403 if code else 200)


def test_a_page_that_is_listed_may_call(tmp_path: Path) -> None:
    page = "https://app.example.com"
    with TestClient(create_app(Simulator(), SqliteStore(tmp_path), Settings(origins=(page,)))) as client:
        asked = {"Origin": page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
        assert client.options("/workflow", headers=asked).headers["access-control-allow-origin"] == page
        answer = client.post("/workflow", json=flux(), headers={"Origin": page})
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == page


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Host": "rebound.example"}])
def test_so_do_their_websockets(headers: dict[str, str], client: TestClient) -> None:
    job = client.post("/workflow", json=flux()).headers["x-job-id"]
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"/jobs/{job}/events", headers=headers):
        pass


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/workflow", "/validate", "/flux-dev"])
def test_what_a_form_can_send_is_no_json(path: str, kind: str, client: TestClient) -> None:
    answer = client.post(path, content=b'{"prompt": "x"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "not_json")


@pytest.mark.parametrize("path", ["/workflow", "/flux-dev", "/loras", "/api/v2/jobs", "/api/v2/assets", "/nothing"])
def test_without_a_token_no_byte_of_a_body_is_read(path: str, tmp_path: Path) -> None:
    app = create_app(Simulator(), SqliteStore(tmp_path), Settings(tokens=TOKENS))
    reported: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("read")

    async def send(message: Any) -> None:
        reported.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    asyncio.run(app(scope, receive, send))
    assert reported[0]["status"] == 401 and b'"unauthorized"' in reported[1]["body"]
    assert (b"www-authenticate", b"Bearer") in reported[0]["headers"]
    assert (b'"details"' in reported[1]["body"]) is path.startswith("/api/v2")


def asking(method: str = "GET", path: str = "/jobs", query: str = "", kind: str = "http", **headers: str) -> Scope:
    given = {"host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope: dict[str, Any] = {"type": kind, "path": path, "headers": raw, "query_string": query.encode()}
    return scope | ({"method": method} if kind == "http" else {})


def refusal(scope: Scope, gate: Gate = Gate(TOKENS)) -> tuple[str, str] | None:  # noqa: B008 - a value that never changes
    try:
        gate.check(scope)
    except RequestError as error:
        return error.code, str(error)
    return None


CONTENT = "/api/v2/assets/some-asset/content"


@pytest.mark.parametrize(
    ("scope", "enters"),
    [
        (asking("GET", CONTENT, "signature=x"), True),
        (asking("HEAD", CONTENT, "expires=1&signature=x"), True),
        (asking("GET", CONTENT, "signature="), True),
        (asking("GET", CONTENT, "signatur=x"), False),
        (asking("GET", CONTENT), False),
        (asking("POST", CONTENT, "signature=x"), False),
        (asking("DELETE", CONTENT, "signature=x"), False),
        (asking(path=CONTENT, query="signature=x", kind="websocket"), False),
        (asking("GET", f"{CONTENT}/more", "signature=x"), False),
        (asking("GET", "/api/v2/assets/a/b/content", "signature=x"), False),
        (asking("GET", f"/x{CONTENT}", "signature=x"), False),
        (asking("GET", "/jobs", "signature=x"), False),
        (asking("GET", "/health"), True),
        (asking("HEAD", "/docs/deep/page"), True),
        (asking("POST", "/health"), False),
        (asking(path="/health", kind="websocket"), False),
        (asking("GET", "/healthy"), False),
        (asking("GET", "/docs.html"), False),
        (asking("GET", "/jobs", authorization=f"Bearer {TOKEN}"), True),
        (asking(kind="websocket", authorization=f"Bearer {TOKEN}"), True),
    ],
)
def test_without_a_token_only_pages_and_signed_addresses(scope: Scope, enters: bool) -> None:
    """The signature itself is looked at by the route."""
    found = refusal(scope)
    assert (found is None) is enters and (found is None or found[0] == "unauthorized")


def test_who_is_refused_hears_whether_a_token_came_and_in_which_form() -> None:
    given = (None, "Basic bWU6eA==", TOKEN, "Bearer wrong", "bearer wrong")
    found = [refusal(asking(**({} if each is None else {"authorization": each}))) for each in given]
    assert {code for code, _ in filter(None, found)} == {"unauthorized"}
    none, basic, plain, wrong, lower = (text for _, text in filter(None, found))
    assert basic == plain and wrong == lower and len({none, basic, wrong}) == 3
    assert "Bearer TOKEN" in none and "Bearer TOKEN" in basic
    assert not any(part in text for text in (none, basic, wrong) for part in (TOKEN, "bWU6eA", "wrong"))


@pytest.mark.parametrize(
    "origin", ["http://[bad", "http://", "null", "", "localhost", "ftp://localhost", "//localhost"]
)
def test_what_is_no_origin_is_not_ours(origin: str) -> None:
    found = refusal(asking(origin=origin), Gate(Tokens()))
    assert found is not None and found[0] == "origin_refused"


def test_a_long_host_is_cut_in_the_answer() -> None:
    code, says = refusal(asking(host="x" * 253), Gate(Tokens())) or ("", "")
    assert code == "host_refused" and "x" * 100 in says and "x" * 101 not in says


def test_a_websocket_is_closed_with_a_reason_that_fits_into_its_frame() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(*_: Any) -> Any:
        raise AssertionError("served")

    keeper = Gatekeeper(never, gate=Gate(Tokens()), refuse=lambda *_: never)
    asyncio.run(keeper(asking(kind="websocket", host="x" * 253), never, send))
    (closed,) = sent
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
    assert len(closed["reason"]) == 100 and closed["reason"].endswith("xxx")
