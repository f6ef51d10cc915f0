"""Paid services are named, with a price where one is recorded."""

from __future__ import annotations

import gzip
import json

import pytest

from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Plan
from ryla_graphs.plan.partner_prices import PRICES
from ryla_graphs.plan.services import services_of, usd
from ryla_graphs.prompt import Prompt
from ryla_graphs.workflow import Workflow
from tests.conftest import recorded
from tools.partner_prices import prices


def node(class_type: str, **inputs: object) -> dict[str, object]:
    return {"class_type": class_type, "inputs": inputs}


def plan_of(class_type: str, output: str, saver: str, **inputs: object) -> Plan:
    graph = {
        "paid": {"class_type": class_type, "inputs": inputs},
        "save": {"class_type": saver, "inputs": {output: ["paid", 0], "filename_prefix": "x"}},
    }
    return Workflow.open(graph).compile(check=False).plan


def test_a_service_is_named_with_the_price_of_a_run() -> None:
    plan = plan_of("FluxProUltraImageNode", "images", "SaveImage", prompt="a fox")
    (paid,) = plan.services
    assert (paid.node, paid.service, paid.usd_at_least, paid.usd_at_most) == ("paid", "BFL", 0.06, 0.06)
    assert Plan.from_dict(plan.to_dict()) == plan


def test_a_price_by_the_second_is_no_price_of_a_run() -> None:
    (paid,) = plan_of("BriaVideoGreenScreen", "video", "SaveVideo").services
    assert paid.usd_at_most is None and paid.rate == "$0.05 per second"


def test_a_service_that_no_output_needs_is_not_called() -> None:
    graph = {
        "paid": {"class_type": "FluxProUltraImageNode", "inputs": {}},
        "load": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["load", 0], "filename_prefix": "x"}},
    }
    assert not Workflow.open(graph).compile(check=False).plan.services


WAY: dict[str, tuple[dict[str, dict[str, object]], bool]] = {
    "alone": ({}, True),
    "another node": ({"load": node("ImageInvert", image=["first", 0])}, True),
    "a list": ({"load": node("RebatchImages", images=["first", 0], batch_size=1)}, False),
    "a list, counted from the end": ({"load": node("RebatchImages", images=["first", 0], batch_size=1)}, False),
    "behind a list": (
        {
            "parts": node("RebatchImages", images=["first", 0], batch_size=1),
            "load": node("ImageInvert", image=["parts", 0]),
        },
        False,
    ),
    "no node": ({"load": node("ImageInvert", image=["nowhere", 0])}, False),
    "a slot that is not there": ({"load": node("ImageInvert", image=["first", 0])}, True),
    "a slot before the first": ({"load": node("ImageInvert", image=["first", 0])}, True),
}
SLOTS = {"a list, counted from the end": -1, "a slot that is not there": 7, "a slot before the first": -7}


@pytest.mark.parametrize("way", WAY)
def test_what_is_called_for_each_item_of_a_list_has_no_known_price(way: str) -> None:
    """ComfyUI calls a node once for each item, unless the node takes the list itself."""
    between, known = WAY[way]
    document = {
        "first": node("LoadImage", image="a.png"),
        **between,
        "paid": node("RecraftRemoveBackgroundNode", image=["load" if between else "first", SLOTS.get(way, 0)]),
        "save": node("SaveImage", images=["paid", 0], filename_prefix="x"),
    }
    (paid,) = services_of(Prompt(document, bundled()))
    assert (paid.usd_at_least, paid.usd_at_most) == ((0.01, 0.01) if known else (None, None))
    assert paid.rate == (None if known else "$0.01 per call")


def test_money_is_written_as_people_do() -> None:
    assert [usd(0.5, 0.5), usd(5e-05, 12), usd(0.1287, 0.286)] == ["$0.50", "$0.00005 to $12.00", "$0.1287 to $0.286"]


def test_the_prices_are_what_the_badges_say() -> None:
    info = json.loads(gzip.decompress(recorded("object_info.core.json.gz").read_bytes()))
    paid = sorted(name for name, entry in info.items() if entry.get("api_node"))[::20]
    assert prices({name: info[name] for name in paid}) == {name: PRICES[name] for name in paid if name in PRICES}
