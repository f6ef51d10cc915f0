"""Opens the engine at an address: for the command line, servers, files of routes, and Python alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ryla_graphs.engines.base import SIMULATOR, Engine
from ryla_graphs.engines.partner_key import VARIABLE as PARTNER_KEY
from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.problems import InvalidSettings, NotFound

ROUTES, REMOTE, RUNPOD = "routes", "remote:", "runpod:"
_SAY_SO = ("COMFYUI_POD_URL", "MODAL_WORKSPACE", "MODAL_WEB_URL", "RUNPOD_ENDPOINT_ID", "RUNPOD_API_KEY", "RYLA_ROUTES")
"""Variables that each configure a route, or name the routes."""


def default_address(environment: Mapping[str, str] | None = None) -> str:
    """The default engine: the routes in the environment, or the simulator."""
    given = os.environ if environment is None else environment
    return ROUTES if any(given.get(name, "").strip() for name in _SAY_SO) else SIMULATOR


def connect(address: str | None = None, *, strict: bool | None = None, partner_key: PartnerKey | None = None) -> Engine:
    """The engine at an address.

    | address | engine |
    |---|---|
    | `simulator` | the built-in simulator |
    | ``http://host:8188`` | a ComfyUI server; several, separated by commas, form a pool |
    | ``remote:https://…`` | a server with Comfy API v2: ours, comfy-api-proxy, Comfy Cloud; `RYLA_REMOTE_TOKEN` |
    | ``runpod:ID`` | a RunPod queue endpoint; `RUNPOD_API_KEY` |
    | ``routes.toml`` | the routes in a file |
    | `routes` | the routes in environment variables; the default if there are any |

    A `strict` simulator fails and lists what it would have to guess; None leaves that to ``RYLA_SIMULATOR_STRICT``.
    `partner_key` is sent with graphs that call partners' paid services. This sends no request yet. The first run logs,
    once, if a server has another release of ComfyUI than the catalog in use. Raises `NotFound` for an invalid address,
    and `InvalidSettings` for a missing key or an incomplete route.

    >>> connect("simulator").name
    'simulator'
    """
    address = default_address() if address is None else address
    if address == SIMULATOR:
        from ryla_graphs.engines.simulator import Simulator  # noqa: PLC0415 - loads Pillow

        return Simulator(strict=strict)
    if address == ROUTES or address.endswith(".toml"):
        return _routes(address, partial(connect, partner_key=partner_key))
    if address.startswith(REMOTE):
        return _remote(address.removeprefix(REMOTE))
    if address.startswith(RUNPOD):
        return _runpod(address.removeprefix(RUNPOD))
    servers = dict.fromkeys(part.strip() for part in address.split(","))
    if all(map(_host_of, servers)):
        from ryla_graphs.engines.comfyui import ComfyUI, ComfyUIPool  # noqa: PLC0415 - loads requests

        engines = [ComfyUI(server, partner_key=partner_key) for server in servers]
        return engines[0] if len(engines) == 1 else ComfyUIPool(engines)
    raise NotFound(
        f"there is no engine '{address}'; use '{SIMULATOR}', a ComfyUI server's http://host:port, remote:https://host, "
        f"runpod:ENDPOINT, '{ROUTES}', or a file routes.toml"
    )


def _host_of(address: str) -> str:
    """The host of an address of http; empty where it is none."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
    except ValueError:  # half of an IPv6 address, a port that is no number
        return ""
    return parts.hostname or "" if known else ""


def _remote(address: str) -> Engine:
    from ryla_graphs.engines.remote import Remote  # noqa: PLC0415 - loads requests

    address = address or os.environ.get("COMFY_BASE_URL", "")
    if not (host := _host_of(address)):
        raise NotFound(f"'{REMOTE}{address}' is not the address of a server: use {REMOTE}https://host")
    token = os.environ.get("RYLA_REMOTE_TOKEN", "").strip() or None
    comfys_own = host == "cloud.comfy.org" or host.endswith(".run.comfy.app")
    if token is None and comfys_own and address.startswith("https://"):
        token = os.environ.get(PARTNER_KEY, "").strip() or None  # Comfy's key, which is only sent to Comfy's servers
    return Remote(address, token)


def _runpod(endpoint: str) -> Engine:
    from ryla_graphs.engines.runpod import RunPod  # noqa: PLC0415 - loads requests

    endpoint = endpoint or os.environ.get("RUNPOD_ENDPOINT_ID", "").strip()
    key = os.environ.get("RUNPOD_API_KEY", "").strip()
    if not endpoint or not key:
        raise InvalidSettings("a RunPod endpoint needs its id (runpod:ID) and a key in RUNPOD_API_KEY")
    return RunPod(endpoint, key)


def _routes(address: str, open_engine: partial[Engine]) -> Engine:
    from ryla_graphs.engines.router.environment import routes_from  # noqa: PLC0415 - loads requests and more
    from ryla_graphs.engines.router.file import routes_in  # noqa: PLC0415

    named = os.environ.get("RYLA_ROUTES", "").strip()
    path = address if address != ROUTES else named if named.endswith(".toml") else None
    if path is not None:
        return routes_in(Path(path), os.environ, open_engine)
    return routes_from(os.environ, open_engine)
