"""Partners' paid services: whether a graph may call them here, who pays, and what a job may spend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ryla_graphs.compile import CompiledWorkflow
from ryla_graphs.engines.partner_key import EXTRA, HEADER, PartnerKey
from ryla_graphs.plan.plan import PaidService
from ryla_graphs.plan.services import services_of, usd
from ryla_graphs.problems import AtField, AtNode, CannotRunHere, InvalidParameters, InvalidSettings, Problem
from ryla_graphs.server.settings import Settings

PAYER = "partner_key"
"""The key in `JobRequest.extra` that says whose key pays: `CALLER` or `DEPLOYMENT`. The key itself is never stored."""
CALLER, DEPLOYMENT = "caller", "deployment"

_SECRETS = frozenset({EXTRA, "auth_token_comfy_org"})
"""What `extra_data` may hold. The second belongs to a browser session, and is ignored."""
_WORKERS = "comfy_org_api_key"
"""The name of the key in worker-comfyui's `input`."""


class Payment(NamedTuple):
    """Who pays for a job."""

    key: PartnerKey | None = None
    extra: Mapping[str, Any] = {}
    """What is kept with the job."""


def payment(
    compiled: CompiledWorkflow, settings: Settings, given: PartnerKey | None, *, simulated: bool = False
) -> Payment:
    """Who pays for the services that a graph calls; empty if it calls none. Raises `CannotRunHere` if it must not.

    `given` is the caller's key. A `simulated` run calls no service, so it needs no key.
    """
    services = list(services_of(compiled.view))
    if not services:
        return Payment()
    if problems := list(_refused(services, settings, has_key=simulated or given is not None)):
        raise CannotRunHere(compiled.explain(problem) for problem in problems)
    if given is not None:
        return Payment(given, {PAYER: CALLER})
    return Payment(own_key(settings), {PAYER: DEPLOYMENT})


def own_key(settings: Settings) -> PartnerKey | None:
    """The deployment's own key."""
    return None if settings.partner_key is None else PartnerKey(settings.partner_key.get_secret_value())


def _refused(services: list[PaidService], settings: Settings, *, has_key: bool) -> Iterator[Problem]:
    if not settings.partner_nodes:
        for paid in services:
            yield _at(paid, "partner_nodes_off", "this server allows none", "the operator can set RYLA_PARTNER_NODES=1")
        return
    if not has_key and settings.partner_key is None:
        hint = f"send it in the header `{HEADER}`, or as `extra_data.{EXTRA}`"
        yield _at(services[0], "partner_key_missing", "the request has no key to pay for it", hint)
    cap = settings.partner_max_usd
    if cap is None:
        return
    for paid in services:
        if paid.usd_at_most is None:
            why = f"its price is {paid.rate or 'unknown'}, and a job may spend {usd(cap, cap)} here"
            yield _at(paid, "partner_price_unknown", why, "use a class whose price for a run is known")
    least = sum(paid.usd_at_least or 0 for paid in services)
    most = sum(paid.usd_at_most or 0 for paid in services)
    if most > cap:
        price = f"{usd(least, most)}, and a job may spend {usd(cap, cap)} here"
        dearest = max(services, key=lambda paid: paid.usd_at_most or 0)
        yield _at(dearest, "partner_cost", f"the graph's services together cost {price}", "leave some of them out")


def _at(paid: PaidService, code: str, message: str, hint: str) -> Problem:
    return Problem(
        code=code,
        message=f"{paid.class_type} calls a paid service, {paid.service}; {message}",
        subject=AtNode(node=paid.node, class_type=paid.class_type),
        tier=3,
        hint=hint,
    )


def partner_key_in(content: Mapping[str, Any], header: str | None = None) -> tuple[dict[str, Any], PartnerKey | None]:
    """Separate the caller's key from the body; the key may be in the request's `header` instead.

    Raises `InvalidParameters`, without the key in its message, if the key is malformed.
    """
    plain, text, place = dict(content), header, ("header", HEADER)
    extra, inner = content.get("extra_data"), content.get("input")
    if isinstance(extra, Mapping) and not _SECRETS.isdisjoint(extra):
        plain["extra_data"] = {name: value for name, value in extra.items() if name not in _SECRETS}
        text, place = extra.get(EXTRA, text), ("request", f"extra_data.{EXTRA}")
    elif isinstance(inner, Mapping) and _WORKERS in inner and "class_type" not in inner:
        plain["input"] = {name: value for name, value in inner.items() if name != _WORKERS}
        text, place = inner[_WORKERS], ("request", f"input.{_WORKERS}")
    return plain, None if text in (None, "") else key_of(text, AtField(*place))


def key_of(text: Any, subject: AtField) -> PartnerKey:
    """The key in `text`. Raises `InvalidParameters`, without the key in its message, if it is malformed."""
    try:
        return PartnerKey(text if isinstance(text, str) else "")
    except InvalidSettings as error:
        raise InvalidParameters([Problem(code="bad_parameter", message=str(error), subject=subject)]) from None
