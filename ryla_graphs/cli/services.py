"""Partners' paid services: the key that pays for them, and what is printed before they are called."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import typer

from ryla_graphs.cli.output import say

if TYPE_CHECKING:
    from ryla_graphs.compile import CompiledWorkflow
    from ryla_graphs.engines import PartnerKey
    from ryla_graphs.plan.plan import PaidService


def partner_key() -> PartnerKey | None:
    """The key in ``COMFY_API_KEY``; raises `InvalidSettings` if it is malformed."""
    from ryla_graphs.engines.partner_key import VARIABLE, PartnerKey  # noqa: PLC0415
    from ryla_graphs.problems import InvalidSettings  # noqa: PLC0415

    text = os.environ.get(VARIABLE, "").strip()
    try:
        return PartnerKey(text) if text else None
    except InvalidSettings as error:
        raise InvalidSettings(f"{VARIABLE}: {error}") from None


def price_lines(services: Iterable[PaidService]) -> Iterator[str]:
    """A line for each service that a graph calls."""
    from ryla_graphs.plan.services import usd  # noqa: PLC0415

    for paid in services:
        known = paid.usd_at_least is not None and paid.usd_at_most is not None
        price = usd(paid.usd_at_least or 0, paid.usd_at_most or 0) if known else paid.rate or "price unknown"
        yield f"calls a paid service: {paid.service} ({paid.class_type} '{paid.node}'), {price}"


def announce(workflows: Iterable[CompiledWorkflow], engine: str, key: PartnerKey | None) -> None:
    """Print on standard error which services these runs call, and whether that will fail."""
    from ryla_graphs.engines import SIMULATOR  # noqa: PLC0415
    from ryla_graphs.plan.services import services_of  # noqa: PLC0415

    lines = Counter(line for compiled in workflows for line in price_lines(services_of(compiled.view)))
    for line, times in lines.items():
        say(line if times == 1 else f"{times} times: {line}", err=True)
    if lines and engine == SIMULATOR:
        typer.echo("the simulator calls no service, and makes placeholders instead", err=True)
    elif lines and key is None:
        typer.echo("no key is set, so the service will refuse: set COMFY_API_KEY", err=True)
