"""What a server sends over its WebSocket arrives, however it is cut into frames and into packets."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st
from websocket import ABNF

from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.frames import Message
from ryla_graphs.engines.comfyui.socket import ComfySocket

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _shaken_hands(connection: socket.socket) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += connection.recv(4096)
    found = re.search(rb"Sec-WebSocket-Key: (\S+)", asked, re.IGNORECASE)
    assert found is not None
    accept = base64.b64encode(hashlib.sha1(found[1] + _MAGIC).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    connection.sendall(head + accept + b"\r\n\r\n")


@contextmanager
def sending(content: bytes, cuts: Sequence[int]) -> Iterator[ComfySocket]:
    """A socket to a server that sends these bytes, cut at these places, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _shaken_hands(connection)
                for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
                    connection.sendall(content[start:end])
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):  # pongs, until the other side is done
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = ComfyClient(f"http://127.0.0.1:{listening.getsockname()[1]}")
        opened = ComfySocket(client, "me", ping=10)
        try:
            with closing(client):
                yield opened
        finally:
            opened.hang_up()
            opened.release()
            thread.join(60)


def _frame(code: int, data: bytes, *, last: bool = True) -> bytes:
    made: bytes = ABNF(int(last), 0, 0, 0, code, 0, data).format()
    return made


def _frames(text: bytes, pieces: int, *, pinged: bool) -> bytes:
    """A message in so many frames, with a ping between them and another behind."""
    size = max(1, -(-len(text) // pieces))
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    ping = _frame(ABNF.OPCODE_PING, b"there?") if pinged else b""
    codes = [ABNF.OPCODE_TEXT] + [ABNF.OPCODE_CONT] * (len(parts) - 1)
    made = (_frame(code, part, last=part is parts[-1]) for code, part in zip(codes, parts, strict=True))
    return ping.join(made) + ping


lengths = st.one_of(st.integers(0, 300), st.sampled_from([90, 91, 92, 93, 65_480, 65_536, 70_000]))
sent = st.lists(st.tuples(lengths, st.integers(1, 3), st.booleans()), min_size=1, max_size=6)


@given(messages=sent, places=st.lists(st.floats(0, 1), max_size=6))
@settings(max_examples=40)
def test_messages_arrive_however_they_are_cut(messages: list[tuple[int, int, bool]], places: list[float]) -> None:
    wanted = [{"n": number, "text": "x" * length} for number, (length, _, _) in enumerate(messages)]
    texts = [json.dumps({"type": "status", "data": data}).encode() for data in wanted]
    content = b"".join(
        _frames(text, pieces, pinged=pinged) for text, (_, pieces, pinged) in zip(texts, messages, strict=True)
    )
    with sending(content, sorted(int(place * len(content)) for place in places)) as opened:
        assert [opened.receive() for _ in wanted] == [Message("status", data) for data in wanted]
        assert opened.receive() is None
