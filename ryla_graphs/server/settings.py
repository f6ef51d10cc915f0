"""The settings of a deployment, whatever platform it runs on."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ryla_graphs.plan import Limits
from ryla_graphs.server.job_options import Budget, Place
from ryla_graphs.server.safety.confine import Confinement
from ryla_graphs.server.safety.deadlines import Deadlines
from ryla_graphs.server.safety.fetch import FetchPolicy
from ryla_graphs.server.safety.media import MediaLimits
from ryla_graphs.server.safety.quotas import Quota
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.storage.base import Retention

WEBHOOK_HOSTS = FetchPolicy(hosts=("*",), size=2**16, seconds=15, setting="RYLA_WEBHOOK_HOSTS")
"""Where webhooks may go, if the operator names no hosts."""


class Settings(BaseModel):
    """Settings of a deployment; every one has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    tokens: Tokens = Field(default_factory=Tokens)
    """Bearer tokens of callers; without any, no token is required."""
    hosts: tuple[str, ...] = ()
    """Host names of the server besides loopback; see `safety.gate.Gate`."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call from a browser."""
    open: bool = False
    """Whether callers on the network need no token."""
    public_url: str | None = None
    """The URL of the server for callers, such as ``https://ryla.example.com``; absolute URLs begin with it."""
    body_bytes: int = Field(default=128 * 2**20, ge=1)
    """The most bytes of a request body."""
    bodies_bytes: int = Field(default=2**30, ge=1)
    """The most bytes of request bodies in memory at once. One owner may fill half of them."""
    body_seconds: float = Field(default=30, gt=0)
    """Seconds within which the next part of a body must arrive, and that a body waits for memory."""
    media: MediaLimits = MediaLimits()
    """The limits of input files."""
    fetch: FetchPolicy = FetchPolicy()
    """The hosts that input files may be fetched from; none by default."""
    confinement: Confinement = Confinement()
    """The node classes and files that graphs may use."""
    limits: Limits | None = Limits()
    """Limits of a graph: pixels, batch and steps."""
    place: Place | None = Field(default=None, exclude=True)
    """Chooses the kind of GPU for each graph; for engines that have several kinds."""
    budget: Budget | None = Field(default=None, exclude=True)
    """Decides for each job whether its owner may still spend what it may cost."""
    face_meter: str | None = None
    """The network that measures faces on request: `dlib` or `sface:FOLDER`; None measures none."""
    traces: bool = False
    """Whether jobs are reported to OpenTelemetry, as the ``OTEL_…`` variables configure it."""
    partner_nodes: bool = False
    """Whether graphs may call partners' paid services."""
    partner_key: SecretStr | None = None
    """The Comfy API key that pays for callers who send none."""
    partner_max_usd: float | None = Field(default=None, ge=0)
    """The most US dollars for all services of a job; if set, services without a known price are refused."""
    mark_outputs: bool = True
    """Whether the metadata of outputs says that they are generated."""
    queue_limit: int = Field(default=200, ge=1)
    """How many jobs may wait; a further one is refused with 429."""
    attempts: int = Field(default=2, ge=1)
    """How many times a job is tried if the engine loses its run."""
    patience_seconds: float = Field(default=300, ge=0)
    """Seconds that a started job waits for an engine that does not answer."""
    deadlines: Deadlines = Deadlines()
    """The time limits of the engine."""
    wait_seconds: float = Field(default=240, gt=0)
    """Seconds that a request waits for its job before it gets 202; common clients give up after 300."""
    retention: Retention = Retention(seconds=7 * 24 * 3600, bytes=20 * 2**30)
    """How long ended jobs and uploads are stored."""
    gpu: str | None = None
    """The name of the engine's hardware, recorded with each job."""
    usd_per_second: float | None = Field(default=None, ge=0)
    """The price of a second of the engine in US dollars."""
    quota: Quota = Quota()
    """The storage quota of each owner."""
    mcp_max_usd: float | None = None
    """The most US dollars that an agent's run may be planned to cost without a person's consent; None for no limit."""
    lora_folder: Path | None = None
    """The engine's ``models/loras`` if it is on this machine; without it, LoRA uploads are refused."""
    lora_bytes: int = Field(default=2 * 2**30, ge=1)
    """The most bytes of a LoRA."""
    pipelines: tuple[str, ...] = ()
    """Files, folders and modules with pipelines to serve besides the presets; see docs/pipelines.md."""
    webhook_secret: SecretStr | None = None
    """The key that signs webhooks; without it, none are sent."""
    webhook_fetch: FetchPolicy = WEBHOOK_HOSTS
    """The hosts that webhooks may be posted to."""
    analytics_file: Path | None = None
    """The file for RYLA's product events, one JSON object per line."""
    analytics_url: str | None = None
    """The https URL to which product events are posted in batches, as JSON arrays."""
    analytics_token: SecretStr = SecretStr("")
    """The bearer token for that URL."""
    analytics_plain: bool = False
    """Whether product events are named without ``modal_``, for servers that are not on Modal."""
    stream_seconds: float | None = Field(default=None, gt=0)
    """Seconds after which an event stream ends, before a proxy would cut it; clients reconnect for the rest."""
    streams: int = Field(default=2000, ge=1)
    """How many event streams one owner may have open; a further one is refused with 429."""
