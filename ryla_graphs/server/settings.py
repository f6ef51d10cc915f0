"""How a deployment behaves; nothing here says where it runs."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ryla_graphs.plan import Limits
from ryla_graphs.server.safety.confine import Confinement
from ryla_graphs.server.safety.deadlines import Deadlines
from ryla_graphs.server.safety.fetch import FetchPolicy
from ryla_graphs.server.safety.media import MediaLimits
from ryla_graphs.server.safety.quotas import Quota
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.storage.base import Retention
from ryla_graphs.server.wishes import Budget, Place


class Settings(BaseModel):
    """All of it may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    tokens: Tokens = Field(default_factory=Tokens)
    """Who may call; without any, no token is asked for."""
    hosts: tuple[str, ...] = ()
    """Names that the server is called by, beside loopback; see `safety.gate.Gate`."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call from a browser."""
    open: bool = False
    """Whether anybody on the network may call without a token."""
    public_url: str | None = None
    """How callers reach the server, such as ``https://ryla.example.com``; absolute addresses begin with it."""
    body_bytes: int = Field(default=128 * 2**20, ge=1)
    """The largest request."""
    body_seconds: float = Field(default=30, gt=0)
    """How long the next part of a body may take."""
    media: MediaLimits = MediaLimits()
    """The largest input files."""
    fetch: FetchPolicy = FetchPolicy()
    """Which hosts input files may come from; none by default."""
    confinement: Confinement = Confinement()
    """What graphs may use."""
    limits: Limits | None = Limits()
    """What graphs may ask for: pixels, batch and steps."""
    place: Place | None = Field(default=None, exclude=True)
    """Chooses the kind of GPU for each graph, where the engine has several; without it there is nothing to choose."""
    budget: Budget | None = Field(default=None, exclude=True)
    """Asked for each job whether its owner may still spend what it may cost."""
    face_meter: str | None = None
    """The network that measures faces where a request asks for it: `dlib`, `sface:FOLDER`; without it none is."""
    traces: bool = False
    """Whether jobs are reported to OpenTelemetry; the ``OTEL_…`` variables say where."""
    partner_nodes: bool = False
    """Whether graphs may call partners' paid services."""
    partner_key: SecretStr | None = None
    """Pays for those whose caller gives no key."""
    partner_max_usd: float | None = Field(default=None, ge=0)
    """The most that the services of a job may cost together; with it those without a known price are refused."""
    mark_outputs: bool = True
    """Whether pictures say in their metadata that a machine made them."""
    queue_limit: int = Field(default=200, ge=1)
    """Jobs that may wait; more are refused with 429."""
    attempts: int = Field(default=2, ge=1)
    """How often a run is begun that the engine loses."""
    patience_seconds: float = Field(default=300, ge=0)
    """How long a job that was begun waits for an engine that does not answer."""
    deadlines: Deadlines = Deadlines()
    """How long an engine may take for what."""
    wait_seconds: float = Field(default=240, gt=0)
    """How long a request waits for its job before it is answered 202; common clients give up after 300."""
    retention: Retention = Retention(seconds=7 * 24 * 3600, bytes=20 * 2**30)
    """What is kept after its end."""
    gpu: str | None = None
    """What the engine runs on, for the record."""
    usd_per_second: float | None = Field(default=None, ge=0)
    """What a second of the engine costs."""
    quota: Quota = Quota()
    """What one owner may keep."""
    mcp_max_usd: float | None = None
    """The most that a run which an agent asks for may cost by its plan unless a person agrees; None for any price."""
    lora_folder: Path | None = None
    """The engine's ``models/loras``, where it is on this machine; without it no LoRAs are taken."""
    lora_bytes: int = Field(default=2 * 2**30, ge=1)
    """The largest LoRA."""
    pipelines: tuple[str, ...] = ()
    """Files, folders and modules with pipelines to serve beside the presets; see docs/pipelines.md."""
    webhook_secret: SecretStr | None = None
    """Signs webhooks; without it there are none."""
    webhook_fetch: FetchPolicy = FetchPolicy(hosts=("*",), size=2**16, seconds=15)
    """Where webhooks may be posted."""
    analytics_file: Path | None = None
    """Gets RYLA's product events, one JSON object a line."""
    analytics_url: str | None = None
    """Gets the same in batches, as JSON arrays; https."""
    analytics_token: SecretStr = SecretStr("")
    """Goes with them as a bearer token."""
    analytics_plain: bool = False
    """Whether the events' names come without ``modal_``, for servers that are not on Modal."""
    stream_seconds: float | None = Field(default=None, gt=0)
    """After this long an event stream ends, for proxies that would cut it; clients come back for the rest."""
    streams: int = Field(default=2000, ge=1)
    """Event streams that one owner may have open; more are refused with 429."""
