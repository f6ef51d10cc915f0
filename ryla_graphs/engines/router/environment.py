"""Routes from environment variables, without a file: a pod first, then Modal, then RunPod."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ryla_graphs.engines.base import Engine
from ryla_graphs.engines.remote import Remote
from ryla_graphs.engines.router.engine import Router
from ryla_graphs.engines.router.flags import Flag, flag_in
from ryla_graphs.engines.router.needs import Accepts
from ryla_graphs.engines.router.route import Route
from ryla_graphs.engines.runpod import RunPod
from ryla_graphs.problems import InvalidSettings, NotFound

Open = Callable[[str], Engine]
"""Opens the engine at an address."""
Environment = Mapping[str, str]


class Variable(NamedTuple):
    """A variable and its meaning."""

    name: str
    meaning: str


VARIABLES = (
    Variable("COMFYUI_POD_URL", "route `pod`, the first: a ComfyUI's `http://host:port`; several separated by commas"),
    Variable("MODAL_WORKSPACE", "route `modal`, the second: the workspace in which `runtime_modal.py` is deployed"),
    Variable("MODAL_APP", "the name of that app; default `ryla-comfyui`"),
    Variable("MODAL_WEB_URL", "the URL of its web side, if it is not Modal's default"),
    Variable("MODAL_TOKEN", "our token for it; default `RYLA_REMOTE_TOKEN`"),
    Variable("MODAL_TIMEOUT", "milliseconds that a run may take there, from acceptance to end"),
    Variable("USE_MODAL", "`true`, `false`, or the share of users whose runs try it first: `25%`"),
    Variable("RUNPOD_ENDPOINT_ID", "route `runpod`, the last: a queue endpoint"),
    Variable("RUNPOD_API_KEY", "its key"),
    Variable("RUNPOD_WORKER", "the worker in its image: `comfyui`, the official one, or `ryla`, ours"),
    Variable("RUNPOD_BUCKETS", "hosts to which its workers upload outputs: `*.s3.amazonaws.com`"),
    Variable("RUNPOD_ENDPOINT_BASE_URL", "the URL of RunPod's API, if it is not the default"),
    Variable("RYLA_ROUTES", "the routes to use, in this order: `modal,pod`; or a file: `routes.toml`"),
    Variable("RYLA_FLAGS", "a file or URL with switches and shares of routes, read while the server runs"),
    Variable("RYLA_REMOTE_TOKEN", "our token for servers at `remote:https://…`"),
)
"""All variables; docs/routing.md shows this table."""

ORDER = ("pod", "modal", "runpod")


def routes_from(environment: Environment, open_engine: Open) -> Router:
    """The routes in the environment; raises `InvalidSettings`, without secrets in its message."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    made = {name: route for name in ORDER if (route := _ROUTES[name](given, open_engine)) is not None}
    if not made:
        raise InvalidSettings(
            "no route is configured: set COMFYUI_POD_URL, MODAL_WORKSPACE, or RUNPOD_ENDPOINT_ID with RUNPOD_API_KEY"
        )
    order = [name.strip() for name in given.get("RYLA_ROUTES", ",".join(made)).split(",") if name.strip()]
    for name in order:
        if name not in ORDER:
            raise InvalidSettings(f"RYLA_ROUTES: {NotFound.among('route', name, ORDER)}")
        if name not in made:
            raise InvalidSettings(f"RYLA_ROUTES names '{name}', which is not configured: see docs/routing.md")
    routes = [made[name](place) for place, name in enumerate(dict.fromkeys(order), start=1)]
    return Router(routes, flags=given.get("RYLA_FLAGS"))


Make = Callable[[int], Route]
"""Makes a route with a priority."""


def _pod(given: Environment, open_engine: Open) -> Make | None:
    if "COMFYUI_POD_URL" not in given:
        return None
    address = given["COMFYUI_POD_URL"]
    if not all(part.strip().startswith(("http://", "https://")) for part in address.split(",")):
        raise InvalidSettings("COMFYUI_POD_URL must be http://host:port; separate several with commas")
    price = _number(given, "RYLA_USD_PER_SECOND", least=0) or 0.0
    return lambda priority: Route("pod", open_engine(address), priority, usd_per_second=price)


def _modal(given: Environment, _: Open) -> Make | None:
    workspace, address = given.get("MODAL_WORKSPACE"), given.get("MODAL_WEB_URL")
    if workspace is None and address is None:
        for name in ("USE_MODAL", "MODAL_TIMEOUT"):
            if name in given and given[name].lower() != "false":
                raise InvalidSettings(f"{name} is set, but MODAL_WORKSPACE, which it needs, is not")
        return None
    if workspace is not None and not workspace.replace("-", "").replace("_", "").isalnum():
        raise InvalidSettings("MODAL_WORKSPACE must be the workspace's name: letters, digits and dashes")
    flag = _flag(given)
    milliseconds = _number(given, "MODAL_TIMEOUT", least=1)
    url = address or f"https://{workspace}--{given.get('MODAL_APP', 'ryla-comfyui')}-web.modal.run"
    engine = Remote(url, given.get("MODAL_TOKEN") or given.get("RYLA_REMOTE_TOKEN"))
    total = None if milliseconds is None else milliseconds / 1000
    # Health checks would keep its web side awake. It runs no partner nodes, since Modal stores the arguments of calls.
    accepts = Accepts(partner_nodes=False)
    return lambda priority: Route(
        "modal",
        engine,
        priority,
        total_seconds=total,
        accepts=accepts,
        on=flag.on,
        share=flag.share,
        probe=False,
    )


def _runpod(given: Environment, _: Open) -> Make | None:
    endpoint, key = given.get("RUNPOD_ENDPOINT_ID"), given.get("RUNPOD_API_KEY")
    if endpoint is None and key is None:
        return None
    if endpoint is None or key is None:
        missing = "RUNPOD_ENDPOINT_ID" if endpoint is None else "RUNPOD_API_KEY"
        raise InvalidSettings(f"{missing} is not set: RunPod needs RUNPOD_ENDPOINT_ID and RUNPOD_API_KEY")
    worker = given.get("RUNPOD_WORKER", "comfyui")
    if worker not in ("comfyui", "ryla"):
        raise InvalidSettings("RUNPOD_WORKER must be `comfyui`, the official worker, or `ryla`, ours")
    buckets = [host.strip() for host in given.get("RUNPOD_BUCKETS", "").split(",") if host.strip()]
    base = given.get("RUNPOD_ENDPOINT_BASE_URL")
    engine = RunPod(endpoint, key, base_url=base, worker="ryla" if worker == "ryla" else "comfyui", buckets=buckets)
    return lambda priority: Route("runpod", engine, priority)


_ROUTES: Mapping[str, Callable[[Environment, Open], Make | None]] = {"pod": _pod, "modal": _modal, "runpod": _runpod}


def _flag(given: Environment) -> Flag:
    try:
        return flag_in(given.get("USE_MODAL", "true"))
    except ValueError as error:
        raise InvalidSettings(f"USE_MODAL: {error}") from None


def _number(given: Environment, name: str, *, least: float) -> float | None:
    if name not in given:
        return None
    try:
        number = float(given[name])
    except ValueError:
        number = float("nan")
    if not least <= number < float("inf"):
        raise InvalidSettings(f"{name} must be a number of at least {least:g}")
    return number
