"""Origins that an operator names may use plain http and private addresses; they stand for nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.safety.fetch import Fetcher, FetchPolicy
from tests.server.safety.test_fetch import Quiet, Site, refused


@pytest.fixture
def inside() -> Iterator[str]:
    """The origin of a plain http server at a private address."""
    server = Quiet(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_origin_that_the_operator_names_needs_no_https_and_no_public_address(inside: str) -> None:
    trusting = Fetcher(FetchPolicy(hosts=(inside,)))
    assert trusting.get(f"{inside}/picture") == b"a picture"
    assert trusting.get(f"{inside}/moved") == b"a picture"
    assert trusting.post(f"{inside}/hook", b"{}", {"X-Mine": "1"}).status == 202


def test_an_origin_stands_for_no_other(inside: str) -> None:
    port = int(inside.rpartition(":")[2])
    trusting = Fetcher(FetchPolicy(hosts=(inside, "*")))
    others = (
        f"http://127.0.0.1:{port + 1 if port < 65535 else 1}",
        f"https://127.0.0.1:{port}",
        f"http://localhost:{port}",
    )
    for other in (*others, "http://127.0.0.1", f"http://me@127.0.0.1:{port}"):
        assert refused(trusting, f"{other}/picture")[0] == "url_refused"


def test_an_origin_without_a_port_has_the_usual_one() -> None:
    trusting = Fetcher(FetchPolicy(hosts=("http://hooks.lan", "https://store.lan:443")))
    for address in ("http://hooks.lan:80/x", "http://hooks.lan/x", "https://store.lan/x"):
        assert trusting.check(address).hostname in ("hooks.lan", "store.lan")


@pytest.mark.parametrize(
    "name", ["http://a.com/path", "ftp://a.com", "http://", "http://*.a.com", "http://me@a.com", "http://a.com:99999"]
)
def test_what_is_no_origin_is_no_setting(name: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        FetchPolicy(hosts=(name,))


def test_who_sends_http_hears_which_variable_allows_it() -> None:
    for policy in (FetchPolicy(), FetchPolicy(hosts=("*",), setting="RYLA_WEBHOOK_HOSTS")):
        with pytest.raises(InvalidInputs) as error:
            Fetcher(policy).check("http://127.0.0.1:3000/hook?x=1")
        hint = f"for a host of your own, the server's operator can add 'http://127.0.0.1:3000' to {policy.setting}"
        assert error.value.problems[0].hint == hint
