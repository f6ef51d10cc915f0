"""`RylaClient`: for programs that wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

import requests

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
from ryla_graphs.client.files import Content, File, FormFile, free_path, opened
from ryla_graphs.client.flows import Answer, Ask, Flow, Pause
from ryla_graphs.client.own_calls import call_of
from ryla_graphs.client.preset_calls import PresetCalls
from ryla_graphs.client.views import JobEvent, JobView, Lora, OnEvent, OutputView
from ryla_graphs.problems import ServerUnreachable
from ryla_graphs.sessions import reason_of, session_for

if TYPE_CHECKING:
    from ryla_graphs.client.graphs import GraphSource
    from ryla_graphs.engines.partner_key import PartnerKey

T = TypeVar("T")


class Output:
    """A file that a job made."""

    def __init__(self, client: RylaClient, view: OutputView) -> None:
        self._client = client
        self.view = view

    @property
    def name(self) -> str:
        """The file's name."""
        return self.view.name

    def read(self) -> bytes:
        """The content."""
        return self._client.carry_out(flows.content(self.view.url))

    def save(self, directory: Path | str) -> Path:
        """Write it into a directory, without overwriting any file."""
        path = free_path(directory, self.name)
        path.write_bytes(self.read())
        return path


class Job:
    """A job on the server."""

    def __init__(self, client: RylaClient, view: JobView) -> None:
        self._client = client
        self.view = view
        """The job as last read."""

    @property
    def id(self) -> str:
        """The id of the job, for `client.job(id)`."""
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
    def outputs(self) -> list[Output]:
        """Its outputs, as last read."""
        return [Output(self._client, output) for output in self.view.outputs]

    def refresh(self) -> Self:
        """Read the job again."""
        self.view = self._client.carry_out(flows.job(self.id))
        return self

    def cancel(self) -> Self:
        """Cancel the job."""
        self.view = self._client.carry_out(flows.cancel(self.id))
        return self

    def events(self) -> Iterator[JobEvent]:
        """The events until its end; reconnects after a broken connection, without repeating events."""
        after, breaks = 0, 0
        while True:
            try:
                with closing(self._client.stream(self.id, after)) as stream:
                    for event in stream:
                        after, breaks = event.number or after, 0
                        yield event
                        if event.final:
                            return
            except ServerUnreachable:
                breaks += 1
                if breaks > RECONNECTS:
                    raise
                time.sleep(0.2 * breaks)

    def result(self, on_event: OnEvent | None = None) -> Self:
        """Wait for the end of the job; raises `JobFailed` unless it succeeded."""
        if not self.view.ended:
            for event in self.events():
                if on_event is not None:
                    on_event(event)
        flows.ended_well(self.refresh().view)
        return self

    def save(self, directory: Path | str) -> list[Path]:
        """Write all outputs into a directory."""
        return [output.save(directory) for output in self.outputs]


class RylaClient(PresetCalls[Job]):
    """A client of the server at `base_url`; `token` is a bearer token of that server.

    `client.flux_dev(prompt="…")` and every other preset wait for their job; `submit` and `submit_workflow` do not.
    Raises `RequestFailed`, `JobFailed` or `ServerUnreachable`.

    >>> with RylaClient("http://127.0.0.1:8100", token="...") as client:
    ...     make = client.flux_dev  # make(prompt="a red bicycle") waits for the picture
    """

    if not TYPE_CHECKING:  # hidden from type checkers, which would otherwise accept every name as a preset

        def __getattr__(self, name: str) -> Callable[..., Job]:
            """A call of one of the server's own pipelines: `client.my_portrait(…)` runs ``my-portrait``."""
            return call_of(self, name)

    def __init__(self, base_url: str = "http://127.0.0.1:8100", token: str | None = None) -> None:
        self._address = Address(base_url, token)
        self._http = session_for()

    @classmethod
    def from_env(cls) -> Self:
        """A client of the server at ``RYLA_URL``, by default the local one, with the token in ``RYLA_TOKEN``.

        Raises `InvalidSettings` if ``RYLA_URL`` is not an address.
        """
        return cls(*from_environment())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, preset: str, /, *, previews: bool = False, **parameters: Any) -> Job:
        """Queue a preset; files among the parameters may be bytes or paths.

        With `previews`, the job's events include previews of the picture in progress (`JobEvent.picture`).
        """
        return Job(self, self.carry_out(flows.submit_preset(preset, parameters, previews=previews)))

    def submit_workflow(
        self,
        workflow: GraphSource,
        inputs: Mapping[str, File] | None = None,
        *,
        idempotency_key: str | None = None,
        partner_key: PartnerKey | None = None,
        previews: bool = False,
    ) -> Job:
        """Queue a graph: a `Workflow`, compiled or not, or any document that `Workflow.open` accepts.

        `partner_key` pays for the partners' services that it calls; `previews` is as in `submit`.
        """
        flow = flows.submit_workflow(workflow, inputs or {}, idempotency_key, partner_key, previews=previews)
        return Job(self, self.carry_out(flow))

    def run(
        self,
        workflow: GraphSource,
        inputs: Mapping[str, File] | None = None,
        *,
        on_event: OnEvent | None = None,
        partner_key: PartnerKey | None = None,
        previews: bool = False,
    ) -> Job:
        """Run a graph to its end."""
        job = self.submit_workflow(workflow, inputs, partner_key=partner_key, previews=previews)
        return job.result(on_event)

    def run_preset(
        self, name: str, parameters: Mapping[str, Any], *, on_event: OnEvent | None = None, previews: bool = False
    ) -> Job:
        """Run a preset to its end."""
        return self.submit(name, previews=previews, **parameters).result(on_event)

    def preset_graph(self, preset: str, /, **parameters: Any) -> dict[str, Any]:
        """A preset's graph without running it: `prompt`, `drawing`, `problems`, `plan`; files may be missing."""
        return self.carry_out(flows.preset_graph(preset, parameters))

    def workflow_graph(self, workflow: GraphSource, inputs: Mapping[str, File] | None = None) -> dict[str, Any]:
        """The same for a graph."""
        return self.carry_out(flows.workflow_graph(workflow, inputs or {}))

    def job(self, job_id: str) -> Job:
        """A job by its id."""
        return Job(self, self.carry_out(flows.job(job_id)))

    def upload(self, file: Content, name: str | None = None) -> str:
        """Upload an input file once, for several jobs; returns an id that any parameter of a file takes."""
        with opened(file, name) as (named, content):
            return self.carry_out(flows.upload(named, content))

    def add_lora(self, file: Path | BinaryIO, name: str | None = None) -> Lora:
        """Upload a LoRA; its `id` is the value for `lora_id`."""
        if isinstance(file, Path):
            with file.open("rb") as content:
                return self.carry_out(flows.add_lora(name or file.name, content))
        return self.carry_out(flows.add_lora(name or "lora.safetensors", file))

    def loras(self) -> list[Lora]:
        """The caller's LoRAs."""
        return self.carry_out(flows.loras())

    def delete_lora(self, lora_id: str) -> None:
        """Delete a LoRA."""
        self.carry_out(flows.delete_lora(lora_id))

    def ready(self) -> bool:
        """Whether a job would run now."""
        return self.carry_out(flows.ready())

    def carry_out(self, flow: Flow[T]) -> T:
        """Run a flow; returns its result."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = next(flow)
                    continue
                try:
                    response = self._send(step)
                except ServerUnreachable as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(_answer_of(response))
        except StopIteration as end:
            value: T = end.value
            return value

    def stream(self, job_id: str, after: int) -> Generator[JobEvent]:
        """The events of one connection; raises `ServerUnreachable` if it breaks."""
        with closing(self._send(ask_for_events(job_id, after), seconds=STREAM_SECONDS, stream=True)) as response:
            try:
                if response.status_code != 200:
                    flows.checked(_answer_of(response))
                reader = EventReader()
                # Yield chunks as the server sends them; without chunked encoding, read small pieces.
                size = 2**16 if response.headers.get("Transfer-Encoding") == "chunked" else 1
                for line in response.iter_lines(size):
                    yield from reader.feed(line.decode())
            except requests.RequestException as error:
                raise self._address.unreachable(reason_of(error)) from error

    def _send(self, ask: Ask, *, seconds: float = READ_SECONDS, stream: bool = False) -> requests.Response:
        """Send a request; raises `ServerUnreachable`."""
        headers = self._address.headers(ask)
        form = FormFile(*ask.file, ask.fields) if ask.file is not None else None
        if form is not None:
            headers["Content-Type"] = form.content_type
        try:
            return self._http.request(
                ask.method,
                self._address.url(ask.path),
                data=ask.body if form is None else form,
                headers=headers,
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=stream,
            )
        except requests.RequestException as error:
            raise self._address.unreachable(reason_of(error)) from error


def _answer_of(response: requests.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)
