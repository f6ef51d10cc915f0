"""What the control plane knows, and how its parts name things."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.empty_pb2 import Empty
from modal_proto import api_pb2

NOTHING = Empty()


async def nothing(stream: Any) -> None:
    """Answer a request that has no answer."""
    await stream.recv_message()
    await stream.send_message(NOTHING)


Runner = Callable[["Call"], Awaitable[Any]]
"""Runs the input of a call in this process and gives what the function returned."""


@dataclass
class AppRecord:
    """One app, deployed or running for a while."""

    id: str
    name: str
    deployed: bool = False
    functions: dict[str, str] = field(default_factory=dict)
    """Function ids by name."""
    classes: dict[str, str] = field(default_factory=dict)


@dataclass
class FunctionRecord:
    """One function, or one variant of it with options of its own."""

    id: str
    name: str
    app: str
    definition: api_pb2.Function | None = None
    """As `modal deploy` sent it."""
    data: api_pb2.FunctionData | None = None
    """The same for functions with several GPUs to choose from."""
    ranked: tuple[api_pb2.Function, ...] = ()
    """One definition for each GPU of a fall-back list."""
    metadata: api_pb2.FunctionHandleMetadata = field(default_factory=api_pb2.FunctionHandleMetadata)
    base: str | None = None
    options: api_pb2.FunctionOptions | None = None
    parameters: bytes = b""


@dataclass
class Call:
    """One call of a function."""

    id: str
    function: FunctionRecord
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: api_pb2.GenericResult | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Any] | None = None
    expired: bool = False
    input_id: str = ""

    @property
    def gpu(self) -> str:
        """The GPU that the caller chose, or the first of the decorator's."""
        if self.function.options is not None and self.function.options.resources.gpu_config.gpu_type:
            return self.function.options.resources.gpu_config.gpu_type
        definition = self.function.definition
        return definition.resources.gpu_config.gpu_type if definition is not None else ""


@dataclass
class State:
    """All of it."""

    apps: dict[str, AppRecord] = field(default_factory=dict)
    functions: dict[str, FunctionRecord] = field(default_factory=dict)
    classes: dict[str, api_pb2.ClassHandleMetadata] = field(default_factory=dict)
    images: dict[str, api_pb2.Image] = field(default_factory=dict)
    mounts: dict[str, list[api_pb2.MountFile]] = field(default_factory=dict)
    uploaded: dict[str, bytes] = field(default_factory=dict)
    """Contents of mounts and of version 1 volumes, by SHA-256."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    builders: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What functions that are layers of an image do here, by name."""
    built: list[str] = field(default_factory=list)
    busy: dict[str, bool] = field(default_factory=dict)
    """Volumes by id of which a container has files open."""
    reloaded: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    """Called when a volume is reloaded, by its id: what a mount of it does then."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Names by id."""
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    """What `modal deploy` sent as variables of a function, which travel as a secret without a name."""
    volumes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Files by path, by volume id."""
    folders: dict[str, set[str]] = field(default_factory=dict)
    """Folders of volumes; they stay when their files go."""
    asked: list[str] = field(default_factory=list)
    """The methods that were called, in order."""
    queues: dict[str, dict[bytes, list[tuple[str, bytes]]]] = field(default_factory=dict)
    dicts: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    named: dict[tuple[str, str], str] = field(default_factory=dict)
    """Ids by kind and name: `("volume", "models")`."""
    calls: dict[str, Call] = field(default_factory=dict)
    schedules: dict[str, api_pb2.Schedule] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified whenever a queue gets something."""
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def new_id(self, prefix: str) -> str:
        """A fresh id such as `fu-12`."""
        return f"{prefix}-{next(self.numbers):08d}"

    def named_id(self, kind: str, name: str, prefix: str) -> str:
        """The id of a named object, made where it is new."""
        key = (kind, name or f"ephemeral-{next(self.numbers)}")
        return self.named.setdefault(key, self.new_id(prefix))
