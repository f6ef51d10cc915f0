"""An editor behind a token: only its owner sees ComfyUI, with all it does, and it ends in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import websocket
from aiohttp import web

from ryla_graphs.modal_deploy import session
from ryla_graphs.modal_deploy.session import COOKIE, Door, editing, listening, new_token, opened
from ryla_graphs.modal_deploy.settings import ModalSettings

TOKEN = new_token()


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Plays ComfyUI: tells what it was asked, and echoes what comes over its socket."""

    async def reported(request: web.Request) -> web.Response:
        body = await request.read()
        names = sorted(name.lower() for name in request.headers)
        return web.json_response(
            {"path": request.path_qs, "method": request.method, "body": body.decode("latin-1"), "headers": names}
        )

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(request.path_qs)
        async for message in socket:
            await (socket.send_bytes(message.data) if isinstance(message.data, bytes) else socket.send_str("text"))
        return socket

    app = web.Application()
    app.router.add_get("/ws", echo)
    app.router.add_route("*", "/{path:.*}", reported)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, int(runner.addresses[0][1])

    runner, port = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    yield f"http://127.0.0.1:{port}"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def door(upstream: str) -> Iterator[str]:
    with listening(Door(upstream, TOKEN)) as port:
        yield f"http://127.0.0.1:{port}"


COOKIES = {COOKIE: TOKEN}


@pytest.mark.parametrize("path", ["/", "/prompt", "/ws", "/?token=guessed", "/object_info"])
def test_no_visitor_gets_in_without_the_token(door: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer guessed"}, {"Cookie": f"{COOKIE}=guessed"}):
        answer = requests.get(f"{door}{path}", headers=headers, timeout=60)
        assert answer.status_code == 401 and TOKEN not in answer.text


def test_the_token_goes_from_the_address_into_a_cookie(door: str) -> None:
    answer = requests.get(f"{door}/?token={TOKEN}", timeout=60, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert f"{COOKIE}={TOKEN}" in cookie and {"HttpOnly", "Secure", "SameSite=Strict"} <= set(cookie.split("; "))


def test_who_has_it_reaches_all_of_comfyui(door: str) -> None:
    reported = requests.get(f"{door}/view?filename=a%20b.png&type=output", cookies=COOKIES, timeout=60).json()
    assert reported["path"] == "/view?filename=a%20b.png&type=output" and reported["method"] == "GET"
    assert "cookie" not in reported["headers"] and "authorization" not in reported["headers"]
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://x.modal.host", "Sec-Fetch-Site": "cross-site"}
    reported = requests.post(f"{door}/prompt", data=b"\x00\xffbody", headers=headers, timeout=60).json()
    assert (reported["method"], reported["body"]) == ("POST", "\x00\xffbody")
    assert not {"origin", "sec-fetch-site"} & {*reported["headers"]}  # ComfyUI refuses what comes from another site


def test_its_socket_too(door: str) -> None:
    address = door.replace("http", "ws", 1)
    socket = websocket.create_connection(f"{address}/ws?clientId=1", cookie=f"{COOKIE}={TOKEN}", timeout=60)
    assert socket.recv() == "/ws?clientId=1"
    socket.send_binary(b"\x01" * 3_000_000)
    assert socket.recv() == b"\x01" * 3_000_000
    socket.close()
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(f"{address}/ws", timeout=60)


class Process:
    """Plays the child process."""

    def __init__(self, address: str) -> None:
        self.engine = SimpleNamespace(client=SimpleNamespace(address=address))
        self.did: list[str] = []

    def start(self, seconds: float) -> None:
        self.did.append(f"started within {seconds:g}")

    def stop(self) -> None:
        self.did.append("stopped")


@contextmanager
def forward(port: int) -> Iterator[Any]:
    yield SimpleNamespace(url=f"http://127.0.0.1:{port}")


def test_it_ends_when_its_time_is_over(upstream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    process: Any = Process(upstream)
    lines = opened(process, TOKEN, 2.5, forward, 60)
    assert next(lines) == "ComfyUI starts"
    address = next(lines).split()[1]
    assert requests.get(address, timeout=60, allow_redirects=False).status_code == 303
    *left, last = lines
    assert left == [f"{minutes} minutes are left" for minutes in (2, 0, 0)] and now == [1150.0]
    assert last.startswith("the time is over")
    assert process.did == ["started within 60", "stopped"]
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=60)


def test_it_ends_when_the_terminal_hangs_up(upstream: str) -> None:
    process: Any = Process(upstream)
    lines = opened(process, TOKEN, 30, forward, 60)
    assert next(lines) and next(lines)
    lines.close()  # type: ignore[attr-defined]
    assert process.did[-1] == "stopped"


class Function:
    """Plays the function on Modal."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def with_options(self, **options: Any) -> Function:
        self.asked.append(options)
        return self

    def remote_gen(self, minutes: float, token: str) -> Iterator[str]:
        self.asked.append((minutes, len(token) > 20))
        yield "ComfyUI starts"


def test_a_terminal_shows_what_it_costs_first() -> None:
    function = Function()
    lines = list(editing(function, ModalSettings(), 30, "H100"))
    by_hand = 1800 * (0.001097 + 4 * 0.0000131 + 48 * 0.00000222)
    assert lines == [f"an editor on H100 for 30 minutes costs ${by_hand:.2f}, plus its start", "ComfyUI starts"]
    assert function.asked == [{"gpu": "H100", "cpu": 4.0, "memory": 48 * 1024}, (30, True)]


@pytest.mark.parametrize(("minutes", "gpu", "reported"), [(30, "GTX", "no GPU 'GTX'"), (0, "", "--minutes: 0 is not")])
def test_what_cannot_be_had_is_reported(minutes: float, gpu: str, reported: str) -> None:
    with pytest.raises(SystemExit, match=reported):
        list(editing(Function(), ModalSettings(), minutes, gpu))
