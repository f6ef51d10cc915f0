"""The money of paid services: what may be spent is counted to the cent, and what has no known price is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from ryla_graphs.engines.partner_key import PartnerKey
from ryla_graphs.plan.plan import PaidService
from ryla_graphs.problems import CannotRunHere, InvalidParameters, Problem
from ryla_graphs.server import Settings
from ryla_graphs.server.jobs import partners
from ryla_graphs.server.jobs.partners import PAYER, Payment, partner_key_in, payment
from tests.routing.test_router import IMAGE

KEY = PartnerKey("a-key-of-the-caller")
CENTS = st.integers(0, 300)
PRICES = st.lists(st.none() | st.tuples(CENTS, CENTS).map(sorted), min_size=1, max_size=4)


def service(number: int, price: Any, **more: Any) -> PaidService:
    least, most = (None, None) if price is None else (price[0] / 100, price[1] / 100)
    return PaidService(node=str(number), class_type="Paid", service="BFL", usd_at_least=least, usd_at_most=most, **more)


def paid(services: list[PaidService], given: PartnerKey | None = KEY, *, simulated: Any = None, **settings: Any) -> Any:
    """The payment, or the problems."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partners, "services_of", lambda _: iter(services))
        options = {} if simulated is None else {"simulated": simulated}
        chosen: dict[str, Any] = {"partner_nodes": True} | settings
        try:
            return payment(IMAGE, Settings(**chosen), given, **options)
        except CannotRunHere as refused:
            return refused.problems


@given(PRICES, st.none() | st.integers(0, 700))
def test_all_services_of_a_run_together_keep_to_the_cap(prices: list[Any], cap: int | None) -> None:
    services = [service(number, price) for number, price in enumerate(prices)]
    found = paid(services, partner_max_usd=None if cap is None else cap / 100)
    unknown = [each.node for each in services if each.usd_at_most is None]
    known = [price[1] for price in prices if price is not None]
    if cap is None or (not unknown and sum(known) <= cap):
        assert found == Payment(KEY, {PAYER: "caller"})
        return
    problems: list[Problem] = list(found)
    assert [problem.node for problem in problems if problem.code == "partner_price_unknown"] == unknown
    costs = [problem for problem in problems if problem.code == "partner_cost"]
    assert bool(costs) is (sum(known) > cap)
    for problem in costs:
        assert prices[int(problem.node or "")][1] == max(known)
    assert all(problem.tier == 3 and problem.hint for problem in problems)


def test_a_price_that_is_too_high_is_reported_from_the_least_to_the_most() -> None:
    services = [service(1, (2, 30)), service(2, None, rate="$0.05 per second"), service(3, (5, 40)), service(4, None)]
    rate, unknown, cost = paid(services, partner_max_usd=0.5)
    assert (rate.node, unknown.node, cost.node) == ("2", "4", "3")
    assert "$0.05 per second" in rate.message and "$0.50" in rate.message
    assert "known" in unknown.message and "$0.50" in unknown.message
    assert "$0.07 to $0.70" in cost.message and "$0.50" in cost.message


def test_a_run_that_calls_a_service_needs_a_key_unless_it_is_simulated() -> None:
    services = [service(1, (1, 1)), service(2, (1, 1))]
    for simulated in (None, False):
        (problem,) = paid(services, None, simulated=simulated)
        assert (problem.code, problem.node) == ("partner_key_missing", "1")
    assert paid(services, None, simulated=True) == Payment(None, {PAYER: "deployment"})
    own = paid(services, None, partner_key=SecretStr("a-key-of-the-deployment"))
    assert own.key.reveal() == "a-key-of-the-deployment" and own.extra == {PAYER: "deployment"}
    assert paid([], None) == paid([], KEY, partner_nodes=False) == Payment()
    assert [each.node for each in paid(services, partner_nodes=False)] == ["1", "2"]


@pytest.mark.parametrize("key", ["short", "with a space in it", "x" * 513, 7, ["a-key-of-the-caller"]])
def test_what_cannot_be_a_key_is_refused_and_not_repeated(key: Any) -> None:
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"extra_data": {"api_key_comfy_org": key}}, "extra_data.api_key_comfy_org"),
        ({"input": {"comfy_org_api_key": key}}, "input.comfy_org_api_key"),
    ]
    for body, place in bodies:
        with pytest.raises(InvalidParameters) as refused:
            partner_key_in(body)
        (problem,) = refused.value.problems
        assert (problem.code, problem.field) == ("bad_parameter", place) and str(key) not in problem.message
    if isinstance(key, str):
        with pytest.raises(InvalidParameters):
            partner_key_in({}, key)


def test_a_body_is_left_without_its_key() -> None:
    text = KEY.reveal()
    body: dict[str, Any] = {"extra_data": {"api_key_comfy_org": text, "auth_token_comfy_org": "x", "more": 1}, "a": 2}
    plain, key = partner_key_in(body, "the-key-of-the-header")
    assert plain == {"extra_data": {"more": 1}, "a": 2} and key is not None and key.reveal() == text
    plain, key = partner_key_in({"extra_data": {"auth_token_comfy_org": "x"}}, text)
    assert plain == {"extra_data": {}} and key is not None and key.reveal() == text
    for none in ("", None):
        assert partner_key_in({"extra_data": {"api_key_comfy_org": none}}) == ({"extra_data": {}}, None)
    node = {"input": {"comfy_org_api_key": text, "class_type": "X"}}
    assert partner_key_in(node) == (node, None), "a node that is called so is no envelope"
