"""Settings from environment variables: one table, which docs/serving.md shows."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from ryla_graphs.engines.partner_key import VARIABLE as PARTNER_KEY
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.faces import DLIB, check_meter
from ryla_graphs.plan.allowed import Limits
from ryla_graphs.problems import InvalidSettings
from ryla_graphs.server.safety.confine import Confinement
from ryla_graphs.server.safety.deadlines import Deadlines
from ryla_graphs.server.safety.fetch import FetchPolicy
from ryla_graphs.server.safety.media import MediaLimits
from ryla_graphs.server.safety.quotas import Quota
from ryla_graphs.server.safety.tokens import Tokens
from ryla_graphs.server.settings import WEBHOOK_HOSTS, Settings
from ryla_graphs.server.sinks.webhooks import Signer
from ryla_graphs.server.storage.base import Retention

_DAYS, _GIGABYTES = 1_000_000, 2**30
"""More is a mistake, and no date or file system could hold it."""
_HOST = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,30}://([\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?")


class Variable(NamedTuple):
    """What one variable sets."""

    field: str
    read: Callable[[str], Any]
    meaning: str


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _yes(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        raise ValueError("use 1 or 0")
    return known[text.lower()]


def _secret(text: str) -> SecretStr:
    Signer(text)
    return SecretStr(text)


def _partner_key(text: str) -> SecretStr:
    return SecretStr(PartnerKey(text).reveal())


def _number(text: str, *, least: float = 0, most: float = math.inf) -> float:
    number = float(text)
    if not least <= number <= most:  # also if it is not a number
        raise ValueError(text)
    return number


def _bytes(gigabytes: str) -> int:
    return int(_number(gigabytes, most=_GIGABYTES) * 2**30)


def _retention(text: str) -> Retention:
    days, _, gigabytes = text.partition(",")
    return Retention(
        seconds=_number(days, most=_DAYS) * 86_400 if days.strip() else None,
        bytes=_bytes(gigabytes) if gigabytes.strip() else None,
    )


def _quota(text: str) -> Quota:
    names, given = ("uploads", "loras", "inputs"), [part.strip() for part in text.split(",")]
    if len(given) > len(names):
        raise ValueError(text)
    return Quota(**{name: _bytes(size) for name, size in zip(names, given, strict=False) if size})


def _dollars(text: str) -> float:
    return _number(text, most=sys.float_info.max)


def _pixels(text: str) -> MediaLimits:
    return MediaLimits(pixels=int(_number(text, least=1, most=2**62)))


def _hosts(text: str) -> tuple[str, ...]:
    found = tuple(name.lower() for name in _names(text))
    if not all(map(_HOST.fullmatch, found)):
        raise ValueError(text)
    return found


def _hosts_or_origins(text: str) -> tuple[str, ...]:
    found = tuple(name.lower() for name in _names(text))
    if not all("://" in name or _HOST.fullmatch(name) for name in found):  # `FetchPolicy` checks the origins
        raise ValueError(text)
    return found


def _origins(text: str) -> tuple[str, ...]:
    found = tuple(name.lower() for name in _names(text))
    if not all(map(_ORIGIN.fullmatch, found)):
        raise ValueError(text)
    return found


def _url(text: str, schemes: Sequence[str] = ("http", "https")) -> str:
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError(text)
    return text


def _face_meter(text: str) -> str | None:
    address = text if text == DLIB or text.startswith("sface:") else DLIB if _yes(text) else None
    if address is not None:
        check_meter(address)
    return address


def _limits(text: str) -> Limits:
    names = ("megapixels", "pictures", "steps", "work")
    given = [part.strip() for part in text.split(",")]
    if len(given) > len(names):
        raise ValueError(text)
    found: dict[str, Any] = {}
    for name, part in zip(names, given, strict=False):
        if part:
            number = _number(part)
            found[name] = int(number) if name in ("pictures", "steps") else number
    return Limits(**found)


def _deadlines(text: str) -> Deadlines:
    names = ("silence", "download", "cancel", "least", "most")
    given = [part.strip() for part in text.split(",")]
    found = {name: float(part) for name, part in zip(names, given, strict=False) if part}
    if len(given) > len(names) or not all(0 < seconds < float("inf") for seconds in found.values()):
        raise ValueError(text)
    return Deadlines(**found)


VARIABLES: Mapping[str, Variable] = {
    "RYLA_TOKENS": Variable("tokens", Tokens.parse, "bearer tokens of callers: `owner:token,owner:sha256:<hex>`"),
    "RYLA_HOSTS": Variable(
        "hosts", _hosts, "host names that the server answers to, besides localhost: `a.com,*.b.com`"
    ),
    "RYLA_ORIGINS": Variable(
        "origins", _origins, "origins of web pages that may call from a browser: `https://app.a.com`"
    ),
    "RYLA_PIPELINES": Variable("pipelines", _names, "your own pipelines: `my.py,folder/,package.module`"),
    "RYLA_PUBLIC_URL": Variable(
        "public_url", _url, "the URL under which callers reach the server; absolute URLs in answers begin with it"
    ),
    "RYLA_QUEUE_LIMIT": Variable("queue_limit", int, "how many jobs may wait; a further one gets 429"),
    "RYLA_WAIT_SECONDS": Variable(
        "wait_seconds", float, "seconds that a request waits for its job before it gets 202; default 240"
    ),
    "RYLA_PATIENCE_SECONDS": Variable(
        "patience_seconds", float, "seconds that a started job waits for an engine that does not answer"
    ),
    "RYLA_DEADLINES": Variable(
        "deadlines",
        _deadlines,
        "timeouts of the engine in seconds: `silence,download,cancel,least,most`, each may be empty; a run may take 20 "
        "times its planned time, but at least `least` and at most `most`",
    ),
    "RYLA_STREAM_SECONDS": Variable(
        "stream_seconds", float, "seconds after which the server ends an event stream; clients reconnect for the rest"
    ),
    "RYLA_BODY_BYTES": Variable("body_bytes", int, "largest size of a request body, in bytes"),
    "RYLA_BODIES_BYTES": Variable(
        "bodies_bytes", int, "most bytes of request bodies in memory at once, half of them for one owner; default 1 GiB"
    ),
    "RYLA_INPUT_PIXELS": Variable("media", _pixels, "largest input picture, in pixels"),
    "RYLA_FETCH_HOSTS": Variable(
        "fetch",
        lambda text: FetchPolicy(hosts=_hosts_or_origins(text)),
        "hosts that inputs may come from: `a.com,*.b.com`, or `*`; `http://10.0.0.5:9000` allows an origin of your own",
    ),
    "RYLA_NODES": Variable(
        "confinement", lambda text: Confinement(allowed=frozenset(_names(text))), "the only node classes that may run"
    ),
    "RYLA_LIMITS": Variable(
        "limits", _limits, "limits for one graph: `megapixels,pictures,steps,work`, each may be empty"
    ),
    "RYLA_PARTNER_NODES": Variable("partner_nodes", _yes, "1 allows graphs to call partners' paid services"),
    PARTNER_KEY: Variable("partner_key", _partner_key, "the Comfy API key that pays for them if the caller sends none"),
    "RYLA_PARTNER_MAX_USD": Variable(
        "partner_max_usd",
        _dollars,
        "most US dollars that one job may spend on them; services without a known price are refused",
    ),
    "RYLA_MARK_OUTPUTS": Variable("mark_outputs", _yes, "0 omits the metadata that marks pictures as generated"),
    "RYLA_RETENTION": Variable(
        "retention",
        _retention,
        "when ended jobs and old uploads are deleted: `days,gigabytes` of one owner, each may be empty",
    ),
    "RYLA_QUOTA": Variable(
        "quota",
        _quota,
        "storage for each owner: gigabytes of `uploads,loras,inputs`, each may be empty; new input files are counted "
        "for an hour",
    ),
    "RYLA_MCP_MAX_USD": Variable(
        "mcp_max_usd",
        _dollars,
        "most US dollars that a run of an agent at `/mcp` may be planned to cost without a person's consent",
    ),
    "RYLA_LORA_FOLDER": Variable("lora_folder", Path, "the engine's `models/loras` folder; enables LoRA uploads"),
    "RYLA_WEBHOOK_SECRET": Variable(
        "webhook_secret", _secret, "the key that signs webhooks: `whsec_…`; without it, none are sent"
    ),
    "RYLA_WEBHOOK_HOSTS": Variable(
        "webhook_fetch",
        lambda text: replace(WEBHOOK_HOSTS, hosts=_hosts_or_origins(text)),
        "hosts that webhooks may go to; default `*`; `http://127.0.0.1:3000` allows an origin of your own",
    ),
    "RYLA_ANALYTICS_FILE": Variable("analytics_file", Path, "file for product events, one JSON object per line"),
    "RYLA_ANALYTICS_URL": Variable(
        "analytics_url", lambda text: _url(text, ["https"]), "https URL to which product events are posted in batches"
    ),
    "RYLA_ANALYTICS_TOKEN": Variable("analytics_token", SecretStr, "bearer token for that URL"),
    "RYLA_ANALYTICS_PLAIN": Variable("analytics_plain", _yes, "1 names product events without the prefix `modal_`"),
    "RYLA_FACE_SCORE": Variable(
        "face_meter",
        _face_meter,
        "1 (or `dlib`, or `sface:MODELS_FOLDER`) measures how well a face was kept, for requests with `measureFace`",
    ),
    "RYLA_TRACES": Variable(
        "traces", _yes, "1 sends traces of jobs to OpenTelemetry, configured by `OTEL_…`; needs the extra `otel`"
    ),
    "RYLA_GPU": Variable("gpu", str, "name of the engine's hardware, recorded with each job"),
    "RYLA_USD_PER_SECOND": Variable(
        "usd_per_second", _dollars, "price of a second of that hardware in US dollars, used for the cost of a job"
    ),
}


def settings_from(environment: Mapping[str, str], **given: Any) -> Settings:
    """Settings from the variables that are set and not empty; `given` takes precedence over them.

    Raises `InvalidSettings`, which names the variable but not its value: that may be a secret.
    """
    found: dict[str, Any] = {}
    for name, variable in VARIABLES.items():
        if text := environment.get(name, "").strip():
            try:
                found[variable.field] = variable.read(text)
            except InvalidSettings as error:
                raise InvalidSettings(f"{name}: {error}") from None
            except (ValueError, OverflowError):
                raise InvalidSettings(f"{name} cannot be read; it is {variable.meaning}") from None
    try:
        return Settings(**found | given)
    except ValidationError as error:
        wrong = {row["loc"][0]: row["msg"] for row in error.errors()}
        names = [name for name, variable in VARIABLES.items() if variable.field in wrong]
        reasons = "; ".join(f"{name}: {wrong[VARIABLES[name].field]}" for name in names)
        raise InvalidSettings(reasons or "settings cannot be read") from None
