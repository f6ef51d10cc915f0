"""Serves the control plane on loopback, gRPC and blobs, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import web
from grpclib.server import Server
from modal._utils.grpc_testing import patch_mock_servicer
from modal_proto.api_grpc import ModalClientBase

from tests.modal_app.loopback.apps import Apps
from tests.modal_app.loopback.calls import Calls
from tests.modal_app.loopback.state import AppRecord, Call, Runner, State
from tests.modal_app.loopback.storage import Storage

T = TypeVar("T")


@patch_mock_servicer
class Servicer(Apps, Calls, Storage, ModalClientBase):
    """All parts; whatever else the protocol has answers UNIMPLEMENTED."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.address = self.blob_address = ""
        self.state = State()

    def __mapping__(self) -> Any:
        """The handlers, each of which notes that it was called."""

        def noting(name: str, handler: Any) -> Any:
            async def noted(stream: Any) -> None:
                self.state.asked.append(name)
                await handler(stream)

            return noted

        return {
            path: handler._replace(func=noting(path.rpartition("/")[2], handler.func))
            for path, handler in super().__mapping__().items()
        }


async def _no_runner(call: Call) -> Any:
    raise RuntimeError(f"no runner is set for {call.function.name}")


class Listener(Server):
    """A server that can hang up on its clients."""

    def __init__(self, servicer: Any) -> None:
        super().__init__([servicer])
        self._protocols: list[Any] = []

    def _protocol_factory(self) -> Any:
        self._protocols.append(super()._protocol_factory())
        return self._protocols[-1]

    def hang_up(self) -> None:
        for protocol in self._protocols:
            protocol.connection.close()


class LoopbackModal:
    """A control plane that is there while the `with` lasts."""

    def __init__(self, runner: Runner = _no_runner) -> None:
        self._runner = runner
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-modal", daemon=True)

    def __enter__(self) -> LoopbackModal:
        self._thread.start()
        self.wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a modal client needs to find it."""
        return {
            "MODAL_SERVER_URL": self.servicer.address,
            "MODAL_TOKEN_ID": "ak-loopback",
            "MODAL_TOKEN_SECRET": "as-loopback",
            "MODAL_CONFIG_PATH": "/nonexistent",
        }

    @property
    def state(self) -> State:
        return self.servicer.state

    def known_as(self, app: AppRecord, name: str) -> AppRecord:
        """Have an app that is deployed deployed under another name, too; gives that one."""
        again = replace(app, id=self.state.new_id("ap"), name=name)
        self.state.apps[again.id] = again
        return again

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the control plane's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def call(self, function: Any, *args: Any) -> None:
        """Call something in the control plane's thread."""

        async def there() -> None:
            function(*args)

        self.wait(there())

    async def _start(self) -> None:
        self.servicer = Servicer(self._runner)  # type: ignore[abstract]
        self._server = Listener(self.servicer)
        await self._server.start("127.0.0.1", 0)
        port = self._server._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.servicer.address = f"http://127.0.0.1:{port}"
        app = web.Application(client_max_size=2**30)
        app.router.add_put("/blob/{name}", self._put)
        app.router.add_get("/blob/{name}", self._get)
        app.router.add_put("/block/{name}", self._put_block)
        self._blobs = web.AppRunner(app)
        await self._blobs.setup()
        site = web.TCPSite(self._blobs, "127.0.0.1", 0)
        await site.start()
        blob_port = self._blobs.addresses[0][1]
        self.servicer.blob_address = f"http://127.0.0.1:{blob_port}"

    async def _stop(self) -> None:
        for call in self.state.calls.values():
            if call.task is not None:
                call.task.cancel()
        self._server.close()
        self._server.hang_up()  # from Python 3.12 on, `wait_closed` waits for every connection
        await self._server.wait_closed()
        await self._blobs.cleanup()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await asyncio.sleep(0)  # closed connections are let go in the next turn of the loop

    async def _put(self, request: web.Request) -> web.Response:
        content = await request.read()
        self.state.blobs[request.match_info["name"]] = content
        return web.Response(headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'})

    async def _put_block(self, request: web.Request) -> web.Response:
        self.state.uploaded[request.match_info["name"]] = await request.read()
        return web.Response(body=b"stored")

    async def _get(self, request: web.Request) -> web.Response:
        content = self.state.blobs.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content)
