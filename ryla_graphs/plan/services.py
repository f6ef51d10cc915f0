"""Partners' paid services that a graph calls, and what they cost if their prices are recorded."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.plan.partner_prices import PRICES
from ryla_graphs.plan.plan import PaidService
from ryla_graphs.prompt import Link, Prompt, PromptNode

_GROUPS = frozenset({"partner", "api node", "api", "image", "video", "audio", "3d", "text"})


def calls_services(prompt: Prompt) -> bool:
    """Whether some output of a graph needs a node that calls a paid service."""
    return any(node.schema.api_node for node in prompt.nodes.values() if node.id in prompt.reached)


def services_of(prompt: Prompt) -> Iterator[PaidService]:
    """The paid services that a graph calls, one per node, by id."""
    callers = [node for node in prompt.nodes.values() if node.schema.api_node and node.id in prompt.reached]
    mapped = _mapped(prompt) if callers else frozenset()
    for node in sorted(callers, key=lambda node: node.id):
        yield _service(node, once=node.id not in mapped)


def _service(node: PromptNode, *, once: bool) -> PaidService:
    price = PRICES.get(node.schema.class_type)
    known = price is not None and not price.unit and once
    unit = (price.unit or "call") if price is not None and not known else None
    return PaidService(
        node=node.id,
        class_type=node.schema.class_type,
        service=_name(node.schema),
        usd_at_least=price.least if price is not None and known else None,
        usd_at_most=price.most if price is not None and known else None,
        rate=f"{usd(price.least, price.most)} per {unit}" if price is not None and unit else None,
    )


def usd(least: float, most: float) -> str:
    """Money, as ``$0.03 to $0.12``."""
    low, high = _amount(least), _amount(most)
    return low if low == high else f"{low} to {high}"


def _amount(amount: float) -> str:
    whole, _, cents = f"{amount:.6f}".rstrip("0").partition(".")
    return f"${whole}.{cents:0<2}"


def _name(schema: NodeSchema) -> str:
    """The partner's name: the last part of the class's category that does not name a kind of thing."""
    parts = [part for part in schema.category.split("/") if part.lower() not in _GROUPS]
    return parts[-1] if parts else schema.display_name


def _mapped(prompt: Prompt) -> frozenset[str]:
    """The nodes that ComfyUI may call once for each item of a list, in a graph that is read from its sources."""
    found: set[str] = set()

    def gives_list(link: Link) -> bool:
        source = prompt.nodes.get(link.node)
        if source is None or link.node in found:
            return True
        outputs = source.schema.outputs
        return -len(outputs) <= link.slot < len(outputs) and outputs[link.slot].is_list

    for node in prompt.sources_first():
        takes_list = isinstance(node, PromptNode) and node.schema.input_is_list
        if not takes_list and any(map(gives_list, node.wires.values())):
            found.add(node.id)
    return frozenset(found)
