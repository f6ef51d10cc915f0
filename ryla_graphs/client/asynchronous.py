"""`AsyncRylaClient`: for programs that do not block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

from ryla_graphs.problems.extras import needs_extra

with needs_extra("client"):
    import httpx2

from ryla_graphs.client import flows
from ryla_graphs.client.connection import (
    CONNECT_SECONDS,
    READ_SECONDS,
    RECONNECTS,
    STREAM_SECONDS,
    Address,
    EventReader,
    ask_for_events,
    from_environment,
)
from ryla_graphs.client.files import Content, File, free_path, opened
from ryla_graphs.client.flows import Answer, Ask, Flow, Pause
from ryla_graphs.client.own_calls import call_of
from ryla_graphs.client.preset_calls import PresetCalls
from ryla_graphs.client.views import JobEvent, JobView, Lora, OnEvent, OutputView
from ryla_graphs.problems import ServerUnreachable
from ryla_graphs.sessions import is_loopback

if TYPE_CHECKING:
    from ryla_graphs.client.graphs import GraphSource
    from ryla_graphs.engines.partner_key import PartnerKey

T = TypeVar("T")


class AsyncOutput:
    """A file that a job made."""

    def __init__(self, client: AsyncRylaClient, view: OutputView) -> None:
        self._client = client
        self.view = view

    @property
    def name(self) -> str:
        """The file's name."""
        return self.view.name

    async def read(self) -> bytes:
        """The content."""
        return await self._client.carry_out(flows.content(self.view.url))

    async def save(self, directory: Path | str) -> Path:
        """Write it into a directory, without overwriting any file."""
        path = free_path(directory, self.name)
        path.write_bytes(await self.read())
        return path


class AsyncJob:
    """A job on the server."""

    def __init__(self, client: AsyncRylaClient, view: JobView) -> None:
        self._client = client
        self.view = view
        """The job as last read."""

    @property
    def id(self) -> str:
        """The id of the job, for `await client.job(id)`."""
        return self.view.id

    @property
    def state(self) -> str:
        """Its state, as last read."""
        return self.view.state

    @property
    def seed(self) -> int | None:
        """The seed, also if the server drew it."""
        return self.view.seed

    @property
    def outputs(self) -> list[AsyncOutput]:
        """Its outputs, as last read."""
        return [AsyncOutput(self._client, output) for output in self.view.outputs]

    async def refresh(self) -> Self:
        """Read the job again."""
        self.view = await self._client.carry_out(flows.job(self.id))
        return self

    async def cancel(self) -> Self:
        """Cancel the job."""
        self.view = await self._client.carry_out(flows.cancel(self.id))
        return self

    async def events(self) -> AsyncIterator[JobEvent]:
        """The events until its end; reconnects after a broken connection, without repeating events."""
        after, breaks = 0, 0
        while True:
            try:
                async with aclosing(self._client.stream(self.id, after)) as stream:
                    async for event in stream:
                        after, breaks = event.number or after, 0
                        yield event
                        if event.final:
                            return
            except ServerUnreachable:
                breaks += 1
                if breaks > RECONNECTS:
                    raise
                await asyncio.sleep(0.2 * breaks)

    async def result(self, on_event: OnEvent | None = None) -> Self:
        """Wait for the end of the job; raises `JobFailed` unless it succeeded."""
        if not self.view.ended:
            async for event in self.events():
                if on_event is not None:
                    on_event(event)
        flows.ended_well((await self.refresh()).view)
        return self

    async def save(self, directory: Path | str) -> list[Path]:
        """Write all outputs into a directory."""
        return [await output.save(directory) for output in self.outputs]


class AsyncRylaClient(PresetCalls[Awaitable[AsyncJob]]):
    """A client of the server at `base_url`; `token` is a bearer token of that server.

    `await client.flux_dev(prompt="…")` and every other preset wait for their job; `submit` and `submit_workflow`
    do not.
    Raises `RequestFailed`, `JobFailed` or `ServerUnreachable`. `transport` sends the requests if it is not
    the network, such as `httpx2.ASGITransport(app)` for an app in this process.
    """

    if not TYPE_CHECKING:  # hidden from type checkers, which would otherwise accept every name as a preset

        def __getattr__(self, name: str) -> Callable[..., Awaitable[AsyncJob]]:
            """A call of one of the server's own pipelines: `await client.my_portrait(…)` runs ``my-portrait``."""
            return call_of(self, name)

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8100",
        token: str | None = None,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = Address(base_url, token)
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        self._http = httpx2.AsyncClient(timeout=timeout, trust_env=not is_loopback(base_url), transport=transport)

    @classmethod
    def from_env(cls) -> Self:
        """A client of the server at ``RYLA_URL``, by default the local one, with the token in ``RYLA_TOKEN``.

        Raises `InvalidSettings` if ``RYLA_URL`` is not an address.
        """
        return cls(*from_environment())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, preset: str, /, *, previews: bool = False, **parameters: Any) -> AsyncJob:
        """Queue a preset; files among the parameters may be bytes or paths.

        With `previews`, the job's events include previews of the picture in progress (`JobEvent.picture`).
        """
        return AsyncJob(self, await self.carry_out(flows.submit_preset(preset, parameters, previews=previews)))

    async def submit_workflow(
        self,
        workflow: GraphSource,
        inputs: Mapping[str, File] | None = None,
        *,
        idempotency_key: str | None = None,
        partner_key: PartnerKey | None = None,
        previews: bool = False,
    ) -> AsyncJob:
        """Queue a graph: a `Workflow`, compiled or not, or any document that `Workflow.open` accepts.

        `partner_key` pays for the partners' services that it calls; `previews` is as in `submit`.
        """
        flow = flows.submit_workflow(workflow, inputs or {}, idempotency_key, partner_key, previews=previews)
        return AsyncJob(self, await self.carry_out(flow))

    async def run(
        self,
        workflow: GraphSource,
        inputs: Mapping[str, File] | None = None,
        *,
        on_event: OnEvent | None = None,
        partner_key: PartnerKey | None = None,
        previews: bool = False,
    ) -> AsyncJob:
        """Run a graph to its end."""
        job = await self.submit_workflow(workflow, inputs, partner_key=partner_key, previews=previews)
        return await job.result(on_event)

    async def run_preset(
        self, name: str, parameters: Mapping[str, Any], *, on_event: OnEvent | None = None, previews: bool = False
    ) -> AsyncJob:
        """Run a preset to its end."""
        return await (await self.submit(name, previews=previews, **parameters)).result(on_event)

    async def preset_graph(self, preset: str, /, **parameters: Any) -> dict[str, Any]:
        """A preset's graph without running it: `prompt`, `drawing`, `problems`, `plan`; files may be missing."""
        return await self.carry_out(flows.preset_graph(preset, parameters))

    async def workflow_graph(self, workflow: GraphSource, inputs: Mapping[str, File] | None = None) -> dict[str, Any]:
        """The same for a graph."""
        return await self.carry_out(flows.workflow_graph(workflow, inputs or {}))

    async def job(self, job_id: str) -> AsyncJob:
        """A job by its id."""
        return AsyncJob(self, await self.carry_out(flows.job(job_id)))

    async def upload(self, file: Content, name: str | None = None) -> str:
        """Upload an input file once, for several jobs; returns an id that any parameter of a file takes."""
        with opened(file, name) as (named, content):
            return await self.carry_out(flows.upload(named, content))

    async def add_lora(self, file: Path | BinaryIO, name: str | None = None) -> Lora:
        """Upload a LoRA; its `id` is the value for `lora_id`."""
        if isinstance(file, Path):
            with file.open("rb") as content:
                return await self.carry_out(flows.add_lora(name or file.name, content))
        return await self.carry_out(flows.add_lora(name or "lora.safetensors", file))

    async def loras(self) -> list[Lora]:
        """The caller's LoRAs."""
        return await self.carry_out(flows.loras())

    async def delete_lora(self, lora_id: str) -> None:
        """Delete a LoRA."""
        await self.carry_out(flows.delete_lora(lora_id))

    async def ready(self) -> bool:
        """Whether a job would run now."""
        return await self.carry_out(flows.ready())

    async def carry_out(self, flow: Flow[T]) -> T:
        """Run a flow; returns its result."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = next(flow)
                    continue
                try:
                    response = await self._http.send(self._request(step))
                except httpx2.TransportError as error:
                    step = flow.throw(self._address.unreachable(str(error) or type(error).__name__))
                else:
                    step = flow.send(_answer_of(response))
        except StopIteration as end:
            value: T = end.value
            return value

    async def stream(self, job_id: str, after: int) -> AsyncGenerator[JobEvent]:
        """The events of one connection; raises `ServerUnreachable` if it breaks."""
        request = self._request(ask_for_events(job_id, after), seconds=STREAM_SECONDS)
        try:
            response = await self._http.send(request, stream=True)
            async with aclosing(response):
                if response.status_code != 200:
                    await response.aread()
                    flows.checked(_answer_of(response))
                reader = EventReader()
                async for line in response.aiter_lines():
                    for event in reader.feed(line):
                        yield event
        except httpx2.TransportError as error:
            raise self._address.unreachable(str(error) or type(error).__name__) from error

    def _request(self, ask: Ask, *, seconds: float = READ_SECONDS) -> httpx2.Request:
        return self._http.build_request(
            ask.method,
            self._address.url(ask.path),
            content=ask.body,
            data=ask.fields or None,
            files={"file": ask.file} if ask.file is not None else None,
            headers=self._address.headers(ask),
            timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
        )


def _answer_of(response: httpx2.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)
