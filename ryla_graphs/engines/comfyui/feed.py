"""One persistent socket for all runs on a server: a thread reads it and delivers each message to its run."""

from __future__ import annotations

import threading
import uuid
from queue import Empty, SimpleQueue
from typing import NamedTuple

from ryla_graphs.engines.comfyui.client import ComfyClient
from ryla_graphs.engines.comfyui.frames import Message, Picture
from ryla_graphs.engines.comfyui.socket import ComfySocket
from ryla_graphs.problems import EngineUnreachable

_PICTURES = 64
"""A run whose events are not read keeps about this many previews, unless pictures are its outputs."""
_GOODBYE_SECONDS = 1.0


class Gap(NamedTuple):
    """Marks a point at which messages may have been missed."""


class Closed(NamedTuple):
    """Marks the end: no more messages will come."""


Received = Message | Picture | Gap | Closed


class Inbox:
    """The messages of one prompt, in order."""

    def __init__(self, prompt_id: str, *, every_picture: bool = False) -> None:
        self.prompt_id = prompt_id
        self._every_picture = every_picture
        self._received: SimpleQueue[Received] = SimpleQueue()

    def put(self, received: Received) -> None:
        """Add a message; drops previews that nothing reads."""
        if self._every_picture or not isinstance(received, Picture) or self._received.qsize() < _PICTURES:
            self._received.put(received)

    def get(self, seconds: float) -> Received | None:
        """The next message; None if none arrives within `seconds`."""
        try:
            return self._received.get(timeout=seconds)
        except Empty:
            return None


class Feed:
    """The socket and its subscribers. The first run opens it, and any run that finds it closed reopens it."""

    def __init__(self, client: ComfyClient, *, ping: float) -> None:
        self.client_id = uuid.uuid4().hex
        self._client = client
        self._ping = ping
        self._lock = threading.Lock()
        self._inboxes: dict[str, tuple[Inbox, ...]] = {}
        self._socket: ComfySocket | None = None
        self._reader: threading.Thread | None = None
        self._running: str | None = None
        self._closed = False

    def connect(self) -> None:
        """Open the socket if needed; raises `EngineUnreachable`."""
        with self._lock:
            if self._closed:
                raise EngineUnreachable(f"the connection to {self._client.address} was closed")
            if self._socket is None:
                self._socket = ComfySocket(self._client, self.client_id, ping=self._ping)
                self._reader = threading.Thread(
                    target=self._read, args=(self._socket,), name="comfyui-feed", daemon=True
                )
                self._reader.start()

    def subscribe(self, prompt_id: str, *, every_picture: bool = False) -> Inbox:
        """An inbox for a prompt, which may have several. `every_picture` keeps all pictures, as outputs."""
        inbox = Inbox(prompt_id, every_picture=every_picture)
        with self._lock:
            self._inboxes[prompt_id] = (*self._inboxes.get(prompt_id, ()), inbox)
            if self._closed:
                inbox.put(Closed())
        return inbox

    def unsubscribe(self, inbox: Inbox) -> None:
        """Deliver no more messages to this inbox."""
        with self._lock:
            rest = tuple(other for other in self._inboxes.pop(inbox.prompt_id, ()) if other is not inbox)
            if rest:
                self._inboxes[inbox.prompt_id] = rest

    def knows(self, prompt_id: str) -> bool:
        """Whether a prompt has an inbox."""
        return prompt_id in self._inboxes

    def renew(self) -> None:
        """Close the socket so that it is reopened: it is open, but messages do not arrive.

        ComfyUI drops the new socket if we reconnect before it notices that the old one closed. So this waits a moment
        for the server to close the old one.
        """
        with self._lock:
            socket, reader = self._socket, self._reader
        if socket is not None and reader is not None:
            self._take_leave(socket, reader)

    def close(self) -> None:
        """Close the socket and end every inbox."""
        with self._lock:
            self._closed = True
            socket, reader = self._socket, self._reader
        if socket is not None and reader is not None:
            self._take_leave(socket, reader)
        self._deliver_to_all(Closed())

    def _take_leave(self, socket: ComfySocket, reader: threading.Thread) -> None:
        socket.say_goodbye()
        reader.join(_GOODBYE_SECONDS)
        socket.hang_up()
        reader.join()

    def _read(self, socket: ComfySocket) -> None:
        while (received := socket.receive()) is not None:
            self._hand_on(received)
        with self._lock:
            if self._socket is socket:
                self._socket = None
        socket.release()
        self._deliver_to_all(Gap())

    def _hand_on(self, received: Message | Picture) -> None:
        # The server executes one prompt at a time, and old servers do not say which prompt a picture belongs to.
        prompt_id = received.prompt_id
        if isinstance(received, Message):
            self._running = prompt_id or self._running
        for inbox in self._inboxes.get(prompt_id or self._running or "", ()):
            inbox.put(received)

    def _deliver_to_all(self, received: Received) -> None:
        with self._lock:
            for inboxes in self._inboxes.values():
                for inbox in inboxes:
                    inbox.put(received)
