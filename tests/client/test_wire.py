"""What the clients send and read, byte by byte."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.client import RequestFailed, RylaClient
from ryla_graphs.client.connection import Address, EventReader
from ryla_graphs.client.files import FormFile
from ryla_graphs.client.flows import Answer, Ask, Pause, content, patiently
from ryla_graphs.client.views import JobEvent

TOKEN = "a-token-of-the-client"


class Pipe(io.BytesIO):
    """A file that can only be read."""

    def seekable(self) -> bool:
        return False


@given(st.binary(max_size=3000), st.integers(0, 100), st.text(max_size=20).filter(lambda text: text.isprintable()))
def test_a_form_is_what_a_reader_of_mail_reads(data: bytes, start: int, name: str) -> None:
    file = io.BytesIO(data)
    file.seek(min(start, len(data)))
    form = FormFile(name, file)
    length = len(form)
    body = b"".join(form)
    assert len(body) == length
    message = BytesParser().parsebytes(b"Content-Type: " + form.content_type.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert isinstance(parts, list) and isinstance(parts[0], Message) and len(parts) == 1
    assert parts[0].get_payload(decode=True) == data[min(start, len(data)) :]
    assert 'name="file"' in str(parts[0]["Content-Disposition"])


def test_a_name_cannot_break_out_of_its_quotes() -> None:
    head = next(iter(FormFile('a"; name="other\r\nX: y', io.BytesIO()))).decode()
    assert head.splitlines()[1].endswith('filename="a%22; name=%22other%0D%0AX: y"')


def test_a_file_of_unknown_length_is_sent_in_chunks() -> None:
    with listening() as (address, seen), RylaClient(address, TOKEN) as client:
        client.add_lora(Pipe(b"x" * 3_000_000), "pipe.safetensors")
        client.add_lora(io.BytesIO(b"y" * 3_000_000), "file.safetensors")
    pipe, file = seen
    assert pipe["headers"]["Transfer-Encoding"] == "chunked" and b"x" * 3_000_000 in pipe["body"]
    assert int(file["headers"]["Content-Length"]) == len(file["body"]) and b"y" * 3_000_000 in file["body"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["status", "progress", "output"]),
            st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5),
            st.integers(0, 10**6),
        )
    )
)
def test_events_are_read_as_they_were_written(events: list[tuple[str, Any, int]]) -> None:
    text = ": hello\n\n"
    for kind, data, number in events:
        lines = json.dumps(data, indent=1).splitlines()
        text += f"id: {number}\nevent: {kind}\n" + "".join(f"data: {line}\n" for line in lines) + ": ping\n\n"
    reader = EventReader()
    read = [event for line in text.split("\n") for event in reader.feed(line)]
    assert read == [JobEvent(kind, data, number) for kind, data, number in events]


def test_an_event_that_is_cut_off_is_not_reported() -> None:
    reader = EventReader()
    assert [event for line in ("event: status", 'data: {"state": "succ') for event in reader.feed(line)] == []


def test_an_event_without_json_is_a_text_and_ends_nothing() -> None:
    reader = EventReader()
    (event,) = [event for line in ("event: status", "data: succeeded", "") for event in reader.feed(line)]
    assert event == JobEvent("status", "succeeded", 0) and event.status is None and not event.final  # type: ignore[arg-type]


def test_only_the_server_itself_gets_the_token() -> None:
    address = Address("https://ryla.example/app/", TOKEN)
    assert address.url("/jobs/1") == "https://ryla.example/app/jobs/1"
    signed = "https://files.example/out.png?signature=x"
    assert address.url(signed) == signed
    assert "Authorization" in address.headers(Ask("GET", "/jobs/1"))
    assert "Authorization" in address.headers(Ask("GET", "https://ryla.example/other"))
    for elsewhere in (signed, "http://ryla.example/app/jobs/1", "https://ryla.example:444/"):
        assert "Authorization" not in address.headers(Ask("GET", elsewhere))


def test_a_redirect_is_reported_and_not_followed() -> None:
    with listening(redirect="https://login.example/") as (address, seen), RylaClient(address, TOKEN) as client:
        with pytest.raises(
            RequestFailed, match=r"redirects to https://login\.example/; use the final address"
        ) as refused:
            client.carry_out(content("/assets/1"))
        assert (refused.value.code, refused.value.status, len(seen)) == ("redirected", 303, 1)


class listening:  # noqa: N801 - used as a function
    """A server that notes what it is sent and accepts it."""

    def __init__(self, redirect: str | None = None) -> None:
        self.seen: list[dict[str, Any]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                seen.append({"headers": self.headers})
                self.send_response(303 if redirect else 200)
                self.send_header("Location", redirect or "")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                seen.append({"headers": self.headers, "body": b"".join(self.pieces())})
                answer = json.dumps({"id": "x", "name": "x", "families": [], "size": 1}).encode()
                self.send_response(201)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def pieces(self) -> Iterator[bytes]:
                if "Content-Length" in self.headers:
                    yield self.rfile.read(int(self.headers["Content-Length"]))
                    return
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> tuple[str, list[dict[str, Any]]]:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}", self.seen

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [(429, "over_budget", False), (429, "queue_full", True), (503, "over_budget", False), (503, "not_ready", True)],
)
def test_a_spent_budget_is_asked_once(status: int, code: str, again: bool) -> None:
    flow = patiently(Ask("POST", "/workflow"))
    next(flow)
    answer = Answer(status, {"retry-after": "5"}, json.dumps({"error": {"code": code, "message": "no"}}).encode())
    if again:
        assert flow.send(answer) == Pause(5)
        return
    with pytest.raises(RequestFailed) as refused:
        flow.send(answer)
    assert (refused.value.code, refused.value.status) == (code, status)
