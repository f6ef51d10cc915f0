"""Fetching from addresses that a caller chose, against a real https server on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.problems import InvalidInputs
from ryla_graphs.server.safety.fetch import Fetcher, FetchPolicy, addresses_of, is_public

HOST = "pictures.example"
PACKED = gzip.compress(bytes(100_000))


class Site(BaseHTTPRequestHandler):
    """A host with good and bad manners."""

    asked: list[tuple[str, str, bytes]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"], b""))
        action = getattr(self, "page_" + self.path.strip("/").partition("?")[0].replace("-", "_"), None)
        action() if action else self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, self.headers["X-Mine"], body))
        self.answer(202, b"thanks")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page_picture(self) -> None:
        self.answer(200, b"a picture")

    def page_large(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"x" * 1000)

    def page_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"not all")
        self.close_connection = True

    def page_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:  # until the client hangs up
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.01)

    def page_silent(self) -> None:
        time.sleep(3)

    def page_again(self) -> None:
        self.answer(302, b"", Location="/again")

    def page_moved(self) -> None:
        self.answer(302, b"", Location="/picture")

    def page_inside(self) -> None:
        self.answer(302, b"", Location="https://inside.example/picture")

    def page_status(self) -> None:
        """Answers with the status that is asked for, and a place if one is given: `status?302=/picture`."""
        _, _, asked = self.path.partition("?")
        status, _, place = asked.partition("=")
        self.answer(int(status), b"here", **({"Location": place} if place else {}))

    def page_packed(self) -> None:
        self.answer(200, PACKED, **{"Content-Encoding": "gzip"})

    def page_plain(self) -> None:
        self.answer(302, b"", Location=f"http://{HOST}/picture")

    def page_metadata(self) -> None:
        self.answer(302, b"", Location="https://169.254.169.254/latest/meta-data")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what these tests are about."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Port and certificate file of a server that is `HOST`."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "inside.example").configure_cert(context)
    certificates: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    server = Quiet(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1], str(certificates)
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetcher(site: tuple[int, str]) -> Fetcher:
    return make(site)


def make(site: tuple[int, str], **policy: object) -> Fetcher:
    """Takes loopback for the public address of `HOST`; `inside.example` stays inside."""
    port, certificates = site
    hosts = (f"{HOST}:{port}", HOST, "*.example", "169.254.169.254")
    limits: dict[str, object] = {"size": 10_000, "seconds": 2.0, "idle_seconds": 0.5}
    return Fetcher(
        FetchPolicy(hosts=hosts, **{**limits, **policy}),  # type: ignore[arg-type]
        resolve=lambda host, _port: ["127.0.0.1"] if host == HOST else ["10.0.0.7"],
        public=lambda address: address == "127.0.0.1",
        certificates=certificates,
    )


def url(site: tuple[int, str], path: str) -> str:
    return f"https://{HOST}:{site[0]}/{path}"


def refused(fetcher: Fetcher, address: str) -> tuple[str, str]:
    with pytest.raises(InvalidInputs) as error:
        fetcher.get(address, name="referenceImage")
    (problem,) = error.value.problems
    assert problem.field == "referenceImage"
    return problem.code, problem.message


def test_a_picture_is_fetched_by_its_name_from_the_pinned_address(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert fetcher.get(url(site, "picture?x=1")) == b"a picture"
    assert Site.asked[-1] == ("/picture?x=1", f"{HOST}:{site[0]}", b"")


def test_a_redirect_at_the_same_host_is_followed(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert fetcher.get(url(site, "moved")) == b"a picture"


@pytest.mark.parametrize("page", ["inside", "plain", "metadata"])
def test_a_redirect_is_judged_like_any_address(page: str, fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert refused(fetcher, url(site, page))[0] == "url_refused"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_each_kind_is_followed(status: int, fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert fetcher.get(url(site, f"status?{status}=/picture")) == b"a picture"


@pytest.mark.parametrize("status", ["300=/picture", "304=/picture", "309=/picture", "302", "201", "404"])
def test_any_other_answer_is_an_error(status: str, fetcher: Fetcher, site: tuple[int, str]) -> None:
    message = f"the host answered {status[:3]}"
    assert refused(fetcher, url(site, f"status?{status}")) == ("url_failed", message)


def test_a_place_that_an_answer_names_is_no_redirect(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert fetcher.get(url(site, "status?200=/picture")) == b"here"


def test_redirects_end(fetcher: Fetcher, site: tuple[int, str]) -> None:
    Site.asked.clear()
    assert refused(fetcher, url(site, "again")) == ("url_failed", "more than 3 redirects")
    assert len(Site.asked) == 4


def test_bytes_are_counted_while_they_come(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert refused(fetcher, url(site, "large"))[0] == "input_too_large"


def test_as_many_bytes_as_are_allowed_pass_and_one_more_does_not(site: tuple[int, str]) -> None:
    size = len(b"a picture")
    assert make(site, size=size).get(url(site, "picture")) == b"a picture"
    message = f"the content has more than {size - 1} bytes"
    assert refused(make(site, size=size - 1), url(site, "picture")) == ("input_too_large", message)


def test_what_is_packed_is_counted_and_kept_as_it_came(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert fetcher.get(url(site, "packed")) == PACKED


def test_half_an_answer_is_none(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert refused(fetcher, url(site, "cut")) == ("url_failed", f"'{HOST}' breaks off its answer")


@pytest.mark.parametrize(("page", "seconds", "idle"), [("drip", 0.4, 0.3), ("silent", 2, 0.2), ("silent", 0.2, 2)])
def test_time_is_up(page: str, seconds: float, idle: float, site: tuple[int, str]) -> None:
    failed = refused(make(site, seconds=seconds, idle_seconds=idle), url(site, page))
    assert failed == ("url_failed", f"'{HOST}' does not answer in time")


def test_an_error_of_the_host_is_reported(fetcher: Fetcher, site: tuple[int, str]) -> None:
    assert refused(fetcher, url(site, "nothing")) == ("url_failed", "the host answered 404")


def test_a_certificate_of_somebody_else_is_refused(site: tuple[int, str]) -> None:
    port, certificates = site
    other = Fetcher(
        FetchPolicy(hosts=(f"other.test:{port}", "other.test")),
        resolve=lambda *_: ["127.0.0.1"],
        public=lambda _: True,
        certificates=certificates,
    )
    assert refused(other, f"https://other.test:{port}/picture")[0] == "url_failed"


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/x.png",
        "ftp://pictures.example/x.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https://user:pass@pictures.example/x.png",
        "https://user@pictures.example/x.png",
        "https://elsewhere.org/x.png",
        "https://pictures.example.org/x.png",
        "https://picturesexample/x.png",
        "https://pictures.example:8188/x.png",
        "https://pictures.example:99999/x.png",
        "https://",
        "https://[::1/x",
        "//pictures.example/x.png",
        "",
    ],
)
def test_addresses_that_no_policy_allows(address: str, fetcher: Fetcher) -> None:
    assert refused(fetcher, address)[0] == "url_refused"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("a.example.org", True), ("a.b.example.org", True), ("example.org", False), ("anexample.org", False)],
)
def test_a_star_stands_for_all_below_a_name(host: str, allowed: bool) -> None:
    fetcher = Fetcher(FetchPolicy(hosts=("other.org", "*.example.org")))
    if allowed:
        assert fetcher.check(f"https://{host}/x").hostname == host
    else:
        assert "is not a host that this server fetches from" in refused(fetcher, f"https://{host}/x")[1]


@pytest.mark.parametrize("port", ["", ":443"])
def test_https_has_its_usual_port(port: str) -> None:
    asked = []

    def resolve(_: str, port: int) -> list[str]:
        asked.append(port)
        return []

    fetcher = Fetcher(FetchPolicy(hosts=("*",)), resolve=resolve)
    assert refused(fetcher, f"https://pictures.example{port}/x")[0] == "url_refused" and asked == [443]


def test_an_address_is_its_own_name() -> None:
    assert addresses_of("127.0.0.1", 443) == ["127.0.0.1"]


def test_64_mib_in_half_a_minute_are_fetched_where_nothing_else_is_said() -> None:
    assert FetchPolicy() == FetchPolicy(hosts=(), size=67_108_864, seconds=30, idle_seconds=10, redirects=3)


def test_who_may_fetch_nothing_gets_a_hint(fetcher: Fetcher) -> None:
    for asked, hint in ((Fetcher(FetchPolicy()), "send the file itself, as a data URL"), (fetcher, None)):
        with pytest.raises(InvalidInputs) as error:
            asked.get("https://elsewhere.org/x")
        assert error.value.problems[0].hint == hint


def test_nothing_is_fetched_by_default() -> None:
    code, message = refused(Fetcher(FetchPolicy(), resolve=lambda *_: pytest.fail("asked")), "https://example.com/x")
    assert code == "url_refused" and "not a host that this server fetches from" in message


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["::1"], ["10.1.2.3"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"], []],
    ids=str,
)
def test_a_name_that_leads_inside_is_refused_before_any_connection(answer: list[str]) -> None:
    fetcher = Fetcher(FetchPolicy(hosts=("*",)), resolve=lambda *_: answer)
    assert refused(fetcher, "https://rebinding.example/x") == (
        "url_refused",
        "'rebinding.example' has no public address",
    )


def test_the_name_is_asked_once(site: tuple[int, str]) -> None:
    """A second answer, as in DNS rebinding, is never looked at."""
    answers = iter([["127.0.0.1"]])
    port, certificates = site
    fetcher = Fetcher(
        FetchPolicy(hosts=(f"{HOST}:{port}", HOST)),
        resolve=lambda *_: next(answers),
        public=lambda _: True,
        certificates=certificates,
    )
    assert fetcher.get(url(site, "picture")) == b"a picture"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fe80::1", "fe80::1%eth0",
        "ff02::1", "::ffff:10.0.0.1", "2002:a00:1::1", "64:ff9b::a00:1", "2001:db8::1",
        "::7f00:1", "::a9fe:a9fe", "64:ff9b:1::808:808", "fec0::1", "168.63.129.16", "100.100.100.200", "fd00:ec2::254",
        "fe80::5efe:a9fe:a9fe", "2606:4700::200:5efe:a00:1", "2606:4700::5efe:a00:1", "3fff::1",
        "192.0.0.192", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_a_disguise_changes_nothing(address: object) -> None:
    plain = is_public(str(address))
    packed = int(address)  # type: ignore[call-overload]
    assert is_public(f"::ffff:{address}") == plain
    assert is_public(f"64:ff9b::{packed >> 16:x}:{packed & 0xFFFF:x}") == plain


def test_a_hook_is_posted_and_not_redirected(fetcher: Fetcher, site: tuple[int, str]) -> None:
    answer = fetcher.post(url(site, "hook"), b"{}", {"X-Mine": "yes"})
    assert answer == (202, b"thanks") and Site.asked[-1] == ("/hook", "yes", b"{}")


def test_nothing_answers(site: tuple[int, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fetcher = Fetcher(
        FetchPolicy(hosts=(f"{HOST}:{port}", HOST)), resolve=lambda *_: ["127.0.0.1"], public=lambda _: True
    )
    assert refused(fetcher, f"https://{HOST}:{port}/x")[0] == "url_failed"
