"""Asks the Hugging Face Hub, or a web server, where a weight's bytes are served right now.

Needs the extra ``weights``. ``HF_TOKEN`` (or a stored login) is the token; ``HF_ENDPOINT`` selects another Hub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from ryla_graphs.problems import Problem, PullFailed
from ryla_graphs.problems.extras import needs_extra
from ryla_graphs.weights import HubFile, WebFile, Weight

TOKENS = "https://huggingface.co/settings/tokens"
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
SECONDS = (10.0, 60.0)
"""Timeout for connecting, and between two pieces of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A file as a server offers it now. Addresses may be signed, so they never appear in a message."""

    source: HubFile | WebFile
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    size: int | None = None
    sha256: str | None = None
    xet: bool = False
    """Whether hf_xet can fetch it."""
    passed_over: tuple[Problem, ...] = ()
    """Why earlier sources of the weight could not serve it."""


def require_hub() -> None:
    """Raises `MissingExtra` if the extra ``weights`` is not installed."""
    with needs_extra("weights"):
        import filelock  # noqa: F401, PLC0415
        import huggingface_hub  # noqa: F401, PLC0415


def locate(weight: Weight, session: requests.Session) -> Located:
    """The first source that serves a weight; raises `PullFailed` if none does."""
    refused: list[Problem] = []
    for source in weight.sources:
        try:
            found = _on_hub(source) if isinstance(source, HubFile) else _on_web(source, session)
        except PullFailed as error:
            refused += [problem.at(file=f"{weight.folder}/{weight.name}") for problem in error.problems]
            continue
        return Located(
            source=source,
            url=found.url,
            headers=found.headers,
            size=found.size,
            sha256=found.sha256,
            xet=found.xet,
            passed_over=tuple(refused),
        )
    raise PullFailed(refused)


def _on_hub(source: HubFile) -> Located:
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_url  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    token = get_token()
    url = hf_hub_url(source.repository, source.path, endpoint=os.environ.get("HF_ENDPOINT"))
    try:
        facts = get_hf_file_metadata(url, token=token or False)
    except HfHubHTTPError as error:
        status, code = error.response.status_code, error.response.headers.get("X-Error-Code")
        raise PullFailed([_refusal(source, status, gated=code == "GatedRepo", token=token is not None)]) from error
    except _transport_errors() as error:
        raise PullFailed([_unreachable(source, type(error).__name__)]) from error
    etag = facts.etag or ""
    location = urljoin(url, facts.location)
    ours = urlsplit(location).netloc == urlsplit(url).netloc
    return Located(
        source=source,
        url=location,
        headers={"Authorization": f"Bearer {token}"} if token and ours else {},
        size=facts.size,
        sha256=etag if re.fullmatch("[0-9a-f]{64}", etag) else None,
        xet=facts.xet_file_data is not None,
    )


def _transport_errors() -> tuple[type[Exception], ...]:
    """The exceptions of the HTTP library under huggingface_hub, which differs between its versions."""
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    return tuple(base for base in HfHubHTTPError.__bases__ if issubclass(base, Exception))


def _on_web(source: WebFile, session: requests.Session) -> Located:
    try:
        answer = session.head(
            source.url, timeout=SECONDS, headers={"Accept-Encoding": "identity"}, allow_redirects=True
        )
    except requests.RequestException as error:
        raise PullFailed([_unreachable(source, type(error).__name__)]) from error
    if not 200 <= answer.status_code < 300:
        raise PullFailed([_refusal(source, answer.status_code, gated=False, token=False)])
    length = answer.headers.get("Content-Length", "")
    return Located(source=source, url=source.url, size=int(length) if length.isdigit() else None)


def _refusal(source: HubFile | WebFile, status: int, *, gated: bool, token: bool) -> Problem:
    """Why a server refuses a file, by its answer."""
    if not token and (gated or status == UNAUTHORIZED):
        return _problem(
            "token_missing",
            f"{source.page} is gated: it gives files only to accounts that accepted its terms",
            f"accept the terms at {source.page}, make a token at {TOKENS} and set HF_TOKEN",
        )
    if gated or status == FORBIDDEN:
        return _problem(
            "gated",
            f"{source.page} is gated, and the account of the token has no access to it",
            f"accept the terms at {source.page}; a fine-grained token also needs the right to read gated repositories",
        )
    if status == UNAUTHORIZED:
        hint = f"make a new one at {TOKENS} and set HF_TOKEN"
        return _problem("token_wrong", "Hugging Face does not take the token", hint)
    if status == NOT_FOUND:
        return _problem("source_gone", f"it is no longer at {source.url}", "the manifest is out of date there")
    return _problem("source_failed", f"{source.url} answers with status {status}", "try again later")


def _unreachable(source: HubFile | WebFile, reason: str) -> Problem:
    hint = "check the network and HF_ENDPOINT, or fetch it yourself from there and put it in its folder"
    return _problem("source_unreachable", f"{source.url} cannot be reached ({reason})", hint)


def _problem(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, message=message, tier=3, hint=hint)
