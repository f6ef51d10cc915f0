"""The settings of a deployment on Modal: environment variables at `modal deploy`, and in its containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ryla_graphs.plan import GPUS
from ryla_graphs.plan.money import size_of
from ryla_graphs.problems import InvalidSettings

PREFIX = "RYLA_MODAL_"
SECRET_NAMES = (
    *("RYLA_TOKENS", "RYLA_WEBHOOK_SECRET", "RYLA_ANALYTICS_TOKEN", "RYLA_PROXY_TOKEN"),
    *("COMFY_API_KEY", "HF_TOKEN"),
)
"""Variables that belong in the Modal secret; they are never written into the app."""

EDGE_SECONDS = 150
"""Seconds after which Modal's edge redirects a request; many clients do not follow that redirect."""
COLD_SECONDS = 45
"""Seconds of that for starting a front and then the web container."""
WAIT_SECONDS = EDGE_SECONDS - COLD_SECONDS
"""Seconds after which we answer a request before the edge does; whether a stream may run longer is unknown."""


NONE = "none"
"""Values of a variable that mean the same as leaving it out."""


class ModalSettings(BaseModel):
    """Each field is an environment variable: `gpus` is ``RYLA_MODAL_GPUS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app: str = Field(default="ryla-comfyui", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    """The name of the app, with which the names of its volumes, dictionaries and queues begin."""
    secret: str = "ryla-comfyui"
    """The Modal secret with RYLA_TOKENS and the other `SECRET_NAMES`."""
    lock: Path = Path("ryla.lock")
    """The lock file that the image is built from; see docs/lock.md."""
    image: str | None = None
    """A published image for the workers, such as `ryla:v1`, instead of building one; see `publish`."""
    build_secret: str | None = None
    """A Modal secret with a `GITHUB_TOKEN`, for packs in private repositories."""
    models_volume: str | None = None
    """The volume of weights, if several deployments share one; by default `APP-models`."""
    models_environment: str | None = None
    """The Modal environment of that volume, if it differs from the deployment's."""
    custom_domain: str | None = None
    """A custom domain of the workspace for the web side."""
    check_image: bool = True
    """Whether `modal deploy` starts the image's ComfyUI on a CPU, and fails if a class of the lock is missing."""
    records: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,44}$")
    """The app whose jobs, outputs and events are used: by default the app itself, and `<app>-dev` for `modal serve` and
    `modal run`."""
    gpus: tuple[str, ...] = tuple(GPUS)
    """The GPUs that may be chosen for a job."""
    fallback: tuple[str, ...] = ("L40S", "A100-40GB", "A100-80GB")
    """The GPUs that Modal tries, in this order, if none was chosen."""
    snapshot: Literal["off", "cpu", "gpu"] = "off"
    """Memory snapshots of a started ComfyUI, for faster cold starts."""
    scaledown_seconds: int = Field(default=60, ge=2, le=1200)
    """Seconds that a GPU container without a job stays, and costs money."""
    min_containers: int = Field(default=0, ge=0)
    """How many GPU containers of the fall-back list always run."""
    buffer_containers: int = Field(default=0, ge=0)
    """How many spare GPU containers start while others work."""
    max_containers: int = Field(default=10, ge=1)
    """The most GPU containers of each kind of GPU."""
    region: tuple[str, ...] = ()
    """The region of containers, such as `eu`, at 1.15 times the price, or `eu-west`, at 1.75 times."""
    max_usd_per_day: float | None = Field(default=None, gt=0)
    """The most US dollars for all jobs of a day (UTC); a job that could exceed it is refused before a GPU starts."""
    max_usd_per_day_each: float | None = Field(default=None, gt=0)
    """The same limit for each owner, the name before a token in `RYLA_TOKENS`."""
    job_seconds: int = Field(default=3600, ge=60, le=86_400)
    """Seconds after which a job is ended."""
    start_seconds: int = Field(default=900, ge=60, le=86_400)
    """Seconds that ComfyUI may take to start."""
    web_min_containers: int = Field(default=0, ge=0, le=1)
    """1 keeps the web side running: it costs a CPU container, and no request waits for a start."""
    web_scaledown_seconds: int = Field(default=300, ge=2, le=1200)
    """Seconds that the web container stays without requests."""
    proxy_auth: bool = False
    """Whether Modal itself requires a proxy token before a request reaches the app."""
    allow_open: bool = False
    """Whether the app may run without RYLA_TOKENS and without proxy tokens, open to anyone who knows its URL."""

    @field_validator("gpus", "fallback", "region", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @field_validator("gpus", "fallback")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in GPUS] or ([""] if not value else []):
            raise ValueError(f"'{unknown[0]}' is not a known GPU; known are {', '.join(GPUS)}")
        return value

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ModalSettings:
        """Read the settings from variables; raises `InvalidSettings` with the variable's name."""
        given = {
            name: environment[f"{PREFIX}{name.upper()}"]
            for name in cls.model_fields
            if environment.get(f"{PREFIX}{name.upper()}", "").strip() not in ("", NONE)
        }
        try:
            return cls(**given)  # type: ignore[arg-type]
        except ValidationError as error:
            reasons = (f"{PREFIX}{str(row['loc'][0]).upper()}: {row['msg']}" for row in error.errors())
            raise InvalidSettings("; ".join(reasons)) from None

    def name(self, part: str) -> str:
        """The name of a volume of weights or LoRAs."""
        return f"{self.app}-{part}"

    @property
    def models(self) -> str:
        """The name of the volume of weights."""
        return self.models_volume or self.name("models")

    def record_name(self, part: str) -> str:
        """The name of a volume, dictionary or queue that holds records of jobs."""
        return f"{self.records or self.app}-{part}"

    def for_command(self, arguments: Sequence[str]) -> Self:
        """The settings for a command line: only `modal deploy` uses the records that callers see.

        An app of `modal serve` or `modal run` runs alongside the deployed one; with shared records, each would resume
        the other's jobs.
        """
        program, *rest = arguments or ("",)
        is_modal = Path(program).name.startswith("modal") or Path(program).parts[-2:] == ("modal", "__main__.py")
        if not self.records and is_modal and rest[:1] in (["serve"], ["run"], ["shell"]):
            return self.model_copy(update={"records": f"{self.app}-dev"})
        return self


def container_environment(environment: Mapping[str, str], settings: ModalSettings) -> dict[str, str]:
    """The variables of the deployer's environment that go into the containers: all of ours except secrets."""
    environment = {**environment, f"{PREFIX}RECORDS": settings.records or ""}  # containers do not see the command line
    ours = {name: value for name, value in environment.items() if name.startswith("RYLA_") and value.strip()}
    return {"RYLA_WAIT_SECONDS": str(WAIT_SECONDS), "RYLA_STREAM_SECONDS": str(WAIT_SECONDS)} | {
        name: value for name, value in ours.items() if name not in SECRET_NAMES
    }


def worker_options(settings: ModalSettings) -> dict[str, Any]:
    """The options of the GPU class on Modal, as plain data, because `modal` does not let tests read them back."""
    options: dict[str, Any] = {
        "gpu": list(settings.fallback),
        **_sized(*settings.fallback),
        "timeout": settings.job_seconds,
        "startup_timeout": settings.start_seconds,
        "scaledown_window": settings.scaledown_seconds,
        "min_containers": settings.min_containers,
        "buffer_containers": settings.buffer_containers,
        "max_containers": settings.max_containers,
        "retries": 0,  # a failed graph would fail again, and the job service retries lost runs itself
        "enable_memory_snapshot": settings.snapshot != "off",
        **in_region(settings),
    }
    if settings.snapshot == "gpu":
        options["experimental_options"] = {"enable_gpu_snapshot": True}
    return options


def chosen_options(gpu: str) -> dict[str, Any]:
    """The options that differ from `worker_options` for a GPU that was chosen for a job."""
    return {"gpu": gpu, **_sized(gpu)}


def _sized(*gpus: str) -> dict[str, Any]:
    size = size_of(*gpus)
    return {"cpu": float(size.cores), "memory": int(size.ram_gib * 1024)}


def web_options(settings: ModalSettings) -> dict[str, Any]:
    """The options of the web function on Modal: one container at a time, because it owns the records of jobs."""
    return {
        "cpu": 1.0,
        "memory": 1024,
        "timeout": 3600,
        "min_containers": settings.web_min_containers,
        "max_containers": 1,
        "scaledown_window": settings.web_scaledown_seconds,
        **in_region(settings),
    }


def address_options(settings: ModalSettings) -> dict[str, Any]:
    """The options for the URL of the web side."""
    domains = {} if settings.custom_domain is None else {"custom_domains": [settings.custom_domain]}
    return {"requires_proxy_auth": settings.proxy_auth, **domains}


def in_region(settings: ModalSettings) -> dict[str, Any]:
    """The option for the region of containers, if one is set."""
    return {"region": list(settings.region)} if settings.region else {}


def session_options(settings: ModalSettings) -> dict[str, Any]:
    """The options of an editing session on Modal: one GPU, up to the longest time of a session."""
    return {
        "gpu": settings.fallback[0],
        **_sized(settings.fallback[0]),
        "timeout": LONGEST_SESSION_SECONDS,
        "startup_timeout": settings.start_seconds,
        "scaledown_window": 2,
        **in_region(settings),
    }


LONGEST_SESSION_SECONDS = 12 * 3600
"""Seconds after which an editing session ends at the latest."""


PULL_OPTIONS: dict[str, Any] = {"cpu": 4.0, "memory": 8 * 1024, "timeout": 6 * 3600}
"""The options of a pull on Modal; hf_xet decompresses on all cores."""
SETTLE_OPTIONS: dict[str, Any] = {"cpu": 0.5, "memory": 1024, "timeout": 900, "max_containers": 1}
"""The options of the function that finishes jobs while the web side sleeps."""
FRONT_OPTIONS: dict[str, Any] = {"cpu": 0.125, "memory": 256, "timeout": 600, "scaledown_window": 300}
"""The options of the fronts, which only forward requests."""
CONCURRENCY = 1000
"""Concurrent requests in the web container, including event streams."""
