"""How a deployment on Modal is built: environment variables at the time of `modal deploy`, and in its containers."""

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
"""Variables that belong into the Modal secret; they are never written into the app."""

EDGE_SECONDS = 150
"""Modal redirects a request after so long, counted from its edge, which browsers and many clients do not follow."""
COLD_SECONDS = 45
"""What the start of a front and of the web container, one after the other, may take of that."""
WAIT_SECONDS = EDGE_SECONDS - COLD_SECONDS
"""Ours is answered before; whether a stream may take longer is not known."""


NONE = "none"
"""What a variable may be set to that is as if it were left out."""


class ModalSettings(BaseModel):
    """Each field is an environment variable: `gpus` is ``RYLA_MODAL_GPUS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app: str = Field(default="ryla-comfyui", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    """The app, and the beginning of the names of its volumes, dictionaries and queues."""
    secret: str = "ryla-comfyui"
    """The Modal secret with RYLA_TOKENS and the rest of `SECRET_NAMES`."""
    lock: Path = Path("ryla.lock")
    """What the image is built from; see docs/lock.md."""
    image: str | None = None
    """A published image for the workers, such as `ryla:v1`, instead of one that is built; see `publish`."""
    build_secret: str | None = None
    """A Modal secret with a `GITHUB_TOKEN`, for packs in private repositories."""
    models_volume: str | None = None
    """The volume of weights, where several deployments share one; by default `APP-models`."""
    models_environment: str | None = None
    """The Modal environment of that volume, where it is another one than the deployment's."""
    custom_domain: str | None = None
    """A domain of the workspace that the web side answers at, too."""
    check_image: bool = True
    """Whether `modal deploy` starts the image's ComfyUI on a processor, and fails where that lacks a class."""
    records: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,44}$")
    """Whose jobs, outputs and events an app has: those of the app of this name; its own if left out, and for `modal
    serve` and `modal run` those of `<app>-dev`."""
    gpus: tuple[str, ...] = tuple(GPUS)
    """What may be chosen for a job."""
    fallback: tuple[str, ...] = ("L40S", "A100-40GB", "A100-80GB")
    """What Modal looks for, in this order, where nothing was chosen."""
    snapshot: Literal["off", "cpu", "gpu"] = "off"
    """Memory snapshots of a started ComfyUI, for quicker cold starts."""
    scaledown_seconds: int = Field(default=60, ge=2, le=1200)
    """How long a GPU container without a job is kept, and paid."""
    min_containers: int = Field(default=0, ge=0)
    """GPU containers that are always on; of the fall-back list's GPUs."""
    buffer_containers: int = Field(default=0, ge=0)
    """GPU containers that are started ahead while others work."""
    max_containers: int = Field(default=10, ge=1)
    """The most GPU containers, of each kind of GPU."""
    region: tuple[str, ...] = ()
    """Where containers may run, such as `eu`; it costs 1.15 times as much, and 1.75 for one such as `eu-west`."""
    max_usd_per_day: float | None = Field(default=None, gt=0)
    """What all jobs of a day (UTC) may cost; one that could cost more is refused before a GPU starts."""
    max_usd_per_day_each: float | None = Field(default=None, gt=0)
    """The same for the jobs of each owner, which is the name before a token of `RYLA_TOKENS`."""
    job_seconds: int = Field(default=3600, ge=60, le=86_400)
    """After this long a job is ended."""
    start_seconds: int = Field(default=900, ge=60, le=86_400)
    """How long ComfyUI may take to start."""
    web_min_containers: int = Field(default=0, ge=0, le=1)
    """1 keeps the web side on; it costs a CPU container, and no request waits for its start."""
    web_scaledown_seconds: int = Field(default=300, ge=2, le=1200)
    """How long the web container is kept without requests."""
    proxy_auth: bool = False
    """Whether Modal itself asks for a proxy token, before a request reaches the app."""
    allow_open: bool = False
    """Whether the app may run without RYLA_TOKENS and without proxy tokens, for anyone who knows its address."""

    @field_validator("gpus", "fallback", "region", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @field_validator("gpus", "fallback")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in GPUS] or ([""] if not value else []):
            raise ValueError(f"'{unknown[0]}' is no GPU that is known here: {', '.join(GPUS)}")
        return value

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ModalSettings:
        """The settings that the variables say; raises `InvalidSettings` with the variable's name."""
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
        """The name of a volume, dictionary or queue with what jobs leave."""
        return f"{self.records or self.app}-{part}"

    def for_command(self, arguments: Sequence[str]) -> Self:
        """The settings for what a command line does: only `modal deploy` has an app own the records that callers have.

        An app of `modal serve` or `modal run` lives beside the deployed one; each would take up the other's jobs.
        """
        program, *rest = arguments or ("",)
        is_modal = Path(program).name.startswith("modal") or Path(program).parts[-2:] == ("modal", "__main__.py")
        if not self.records and is_modal and rest[:1] in (["serve"], ["run"], ["shell"]):
            return self.model_copy(update={"records": f"{self.app}-dev"})
        return self


def container_environment(environment: Mapping[str, str], settings: ModalSettings) -> dict[str, str]:
    """What of the deployer's environment goes into the containers: all of ours but secrets."""
    environment = {**environment, f"{PREFIX}RECORDS": settings.records or ""}  # they do not see the command line
    ours = {name: value for name, value in environment.items() if name.startswith("RYLA_") and value.strip()}
    return {"RYLA_WAIT_SECONDS": str(WAIT_SECONDS), "RYLA_STREAM_SECONDS": str(WAIT_SECONDS)} | {
        name: value for name, value in ours.items() if name not in SECRET_NAMES
    }


def worker_options(settings: ModalSettings) -> dict[str, Any]:
    """How Modal runs the GPU class; `modal` shows little of this elsewhere, so it is plain data."""
    options: dict[str, Any] = {
        "gpu": list(settings.fallback),
        **_sized(*settings.fallback),
        "timeout": settings.job_seconds,
        "startup_timeout": settings.start_seconds,
        "scaledown_window": settings.scaledown_seconds,
        "min_containers": settings.min_containers,
        "buffer_containers": settings.buffer_containers,
        "max_containers": settings.max_containers,
        "retries": 0,  # a graph that fails fails again; lost containers are run once more by the job service
        "enable_memory_snapshot": settings.snapshot != "off",
        **in_region(settings),
    }
    if settings.snapshot == "gpu":
        options["experimental_options"] = {"enable_gpu_snapshot": True}
    return options


def chosen_options(gpu: str) -> dict[str, Any]:
    """What of `worker_options` is another for containers of a GPU that was chosen for a job."""
    return {"gpu": gpu, **_sized(gpu)}


def _sized(*gpus: str) -> dict[str, Any]:
    size = size_of(*gpus)
    return {"cpu": float(size.cores), "memory": int(size.ram_gib * 1024)}


def web_options(settings: ModalSettings) -> dict[str, Any]:
    """How Modal runs the web function: one container at a time, for it owns the records of jobs."""
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
    """Where the web side answers."""
    domains = {} if settings.custom_domain is None else {"custom_domains": [settings.custom_domain]}
    return {"requires_proxy_auth": settings.proxy_auth, **domains}


def in_region(settings: ModalSettings) -> dict[str, Any]:
    """Where containers run, if that was asked for."""
    return {"region": list(settings.region)} if settings.region else {}


def session_options(settings: ModalSettings) -> dict[str, Any]:
    """How Modal runs an editor: on one GPU, for as long as was asked."""
    return {
        "gpu": settings.fallback[0],
        **_sized(settings.fallback[0]),
        "timeout": LONGEST_SESSION_SECONDS,
        "startup_timeout": settings.start_seconds,
        "scaledown_window": 2,
        **in_region(settings),
    }


LONGEST_SESSION_SECONDS = 12 * 3600
"""An editor that is left open ends after this long."""


PULL_OPTIONS: dict[str, Any] = {"cpu": 4.0, "memory": 8 * 1024, "timeout": 6 * 3600}
"""How Modal runs a pull; hf_xet decompresses on all cores."""
SETTLE_OPTIONS: dict[str, Any] = {"cpu": 0.5, "memory": 1024, "timeout": 900, "max_containers": 1}
"""How Modal runs what brings jobs to their end while the web side sleeps."""
FRONT_OPTIONS: dict[str, Any] = {"cpu": 0.125, "memory": 256, "timeout": 600, "scaledown_window": 300}
"""How Modal runs the fronts, which only pass requests on."""
CONCURRENCY = 1000
"""Requests at once in the web container; event streams are among them."""
