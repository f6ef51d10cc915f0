"""Routes from a file, ``routes.toml``: any number, each with what it accepts and may cost."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ryla_graphs.answers.words import OutputKind
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import bundled
from ryla_graphs.engines.base import Engine
from ryla_graphs.engines.remote import Remote
from ryla_graphs.engines.router.choosing import Preference
from ryla_graphs.engines.router.engine import Router
from ryla_graphs.engines.router.environment import Environment, Open
from ryla_graphs.engines.router.needs import Accepts
from ryla_graphs.engines.router.route import Budget, Route
from ryla_graphs.engines.router.shadow import Shadow
from ryla_graphs.engines.router.shares import share_in
from ryla_graphs.engines.runpod import RunPod
from ryla_graphs.lockfile import Lock, catalog_of
from ryla_graphs.problems import InvalidSettings

REMOTE, RUNPOD = "remote:", "runpod:"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RouteRow(_Strict):
    """A ``[[route]]`` in the file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    engine: str
    """An address for `connect`: ``http://…``, ``remote:https://…``, ``runpod:ID``, ``simulator``."""
    token: str | None = None
    """``$NAME``: the variable that holds the token."""
    priority: int = Field(default=1, ge=0)
    weight: float = Field(default=1.0, gt=0)
    usd_per_second: float = Field(default=0.0, ge=0)
    start_seconds: float | None = Field(default=None, gt=0)
    run_seconds: float | None = Field(default=None, gt=0)
    total_seconds: float | None = Field(default=None, gt=0)
    share: str | None = None
    policy: Literal["at-most-once", "at-least-once"] | None = None
    on: bool = True
    probe: bool = True
    usd_per_day: float | None = Field(default=None, gt=0)
    at_once: int | None = Field(default=None, ge=1)
    classes: frozenset[str] | None = None
    outputs: frozenset[OutputKind] | None = None
    input_mb: float | None = Field(default=None, gt=0)
    memory_gb: float | None = Field(default=None, gt=0)
    partner_nodes: bool = True
    gpu: str | None = None
    lock: Path | None = None
    """RunPod: the lock that its image was built from, for its classes."""
    worker: Literal["comfyui", "ryla"] = "comfyui"
    buckets: tuple[str, ...] = ()
    webhook: str | None = Field(default=None, pattern="^https://")
    """RunPod: our server's ``/routes/NAME/hint``, which RunPod calls when a run has ended."""


class ShadowRow(_Strict):
    """The ``[shadow]`` in the file."""

    route: str
    share: str
    with_inputs: bool = False


class RoutesFile(_Strict):
    """The whole file."""

    route: list[RouteRow] = Field(min_length=1)
    flags: str | None = None
    experiment: str = "routes"
    seconds_per_usd: float = Field(default=100.0, ge=0)
    runs: int = Field(default=2, ge=1, le=5)
    shadow: ShadowRow | None = None


def routes_in(path: Path, environment: Environment, open_engine: Open) -> Router:
    """The routes in a file; raises `InvalidSettings` with the place of each error."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"cannot read the routes in {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path} is not valid TOML: {error}") from None
    try:
        parsed = RoutesFile.model_validate(content)
    except ValidationError as error:
        rows = [f"{_place(row['loc'], content)}: {row['msg']}" for row in error.errors(include_input=False)]
        raise InvalidSettings(f"{path}: " + "; ".join(rows)) from None
    routes = [_route(row, path, environment, open_engine) for row in parsed.route]
    flags = _beside(path, parsed.flags) or environment.get("RYLA_FLAGS", "").strip() or None
    preference = Preference(parsed.seconds_per_usd, parsed.experiment)
    return Router(routes, flags=flags, preference=preference, runs=parsed.runs, shadow=_shadow(parsed.shadow, path))


def _shadow(row: ShadowRow | None, path: Path) -> Shadow | None:
    if row is None:
        return None
    try:
        return Shadow(row.route, share_in(row.share), row.with_inputs)
    except ValueError:
        raise InvalidSettings(f'{path}: shadow.share must be a percentage such as "5%"') from None


def _beside(path: Path, flags: str | None) -> str | None:
    """The place of the flags: a URL, or a file relative to the file of routes."""
    return flags if flags is None or flags.startswith(("http://", "https://")) else str(path.parent / flags)


def _place(place: tuple[int | str, ...], content: Mapping[str, object]) -> str:
    rows = content.get("route")
    if len(place) > 1 and isinstance(place[1], int) and isinstance(rows, list):
        row = rows[place[1]]
        name = row.get("name") if isinstance(row, dict) else None
        return ".".join([f"route '{name or place[1] + 1}'", *map(str, place[2:])])
    return ".".join(map(str, place))


def _route(row: RouteRow, path: Path, environment: Environment, open_engine: Open) -> Route:
    try:
        share = None if row.share is None else share_in(row.share)
    except ValueError:
        raise InvalidSettings(f"{path}: route '{row.name}'.share must be a percentage such as \"25%\"") from None
    return Route(
        row.name,
        _engine(row, path, environment, open_engine),
        row.priority,
        row.weight,
        row.usd_per_second,
        row.start_seconds,
        row.run_seconds,
        row.total_seconds,
        Budget(row.usd_per_day, row.at_once),
        Accepts(
            classes=row.classes,
            outputs=row.outputs,
            input_bytes=None if row.input_mb is None else round(row.input_mb * 1e6),
            memory_gb=row.memory_gb,
            partner_nodes=row.partner_nodes,
            gpu=row.gpu,
        ),
        share,
        row.policy,
        row.on,
        row.probe,
    )


def _engine(row: RouteRow, path: Path, environment: Environment, open_engine: Open) -> Engine:
    token = _secret(row, path, environment)
    if row.engine.startswith(REMOTE) and token is not None:
        return Remote(row.engine.removeprefix(REMOTE), token)
    if row.engine.startswith(RUNPOD):
        key = token or environment.get("RUNPOD_API_KEY", "").strip()
        if not key:
            raise InvalidSettings(f"{path}: route '{row.name}' needs a key: token = \"$RUNPOD_API_KEY\"")
        return RunPod(
            row.engine.removeprefix(RUNPOD),
            key,
            worker=row.worker,
            buckets=row.buckets,
            webhook=row.webhook,
            run_seconds=row.run_seconds or row.total_seconds or 600,
            usd_per_second=row.usd_per_second or None,
            partner_nodes=row.partner_nodes and "partner_nodes" in row.model_fields_set,
            known=bundled if row.lock is None else partial(_classes, path.parent / row.lock),
        )
    return open_engine(row.engine)


def _secret(row: RouteRow, path: Path, environment: Environment) -> str | None:
    """The token of a route, from the variable that the file names: files hold no secrets."""
    if row.token is None:
        return None
    if not row.token.startswith("$"):
        raise InvalidSettings(
            f"{path}: route '{row.name}'.token must name a variable, \"$NAME\", instead of holding the token itself"
        )
    value = environment.get(row.token[1:], "").strip()
    if not value:
        raise InvalidSettings(f"{path}: route '{row.name}' needs the variable {row.token[1:]}, which is not set")
    return value


def _classes(path: Path) -> Catalog:
    return catalog_of(Lock.read(path))
