"""Reads the options of a request from its headers and its body."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ryla_graphs.formats.read import Preference
from ryla_graphs.problems import AtField, InvalidParameters, Problem, shorten
from ryla_graphs.server.errors import MOST_REPORTED
from ryla_graphs.server.job_options import (
    COST_NAMES,
    FACE_NAMES,
    GPU_NAME,
    UNCHANGED_PICTURE,
    USER,
    USER_HEADER,
    USER_NAMES,
    JobOptions,
    Labels,
    PictureOptions,
)
from ryla_graphs.server.records import WEBHOOK_URL

WEBHOOK_NAMES = ("webhook_url", "webhookUrl")
OUTPUTS_NAME, LABELS_NAME = "outputs", "labels"
_LONGEST = 200
"""The most characters of a user's key."""
_LABELS = TypeAdapter(Labels)
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,6})\"?")


def options_from_headers(
    headers: Mapping[str, str],
    *,
    prefer: Preference | None = None,
    randomize: bool = False,
    picture: PictureOptions = UNCHANGED_PICTURE,
    inline: bool = False,
) -> JobOptions:
    """The options from the headers, merged with those from the query; ignores what it does not understand."""
    parts = [part.strip() for part in headers.get("prefer", "").lower().split(",")]
    waits = [match for part in parts if (match := _WAIT.fullmatch(part))]
    return JobOptions(
        prefer=prefer,
        randomize=randomize,
        previews="previews" in parts,
        asynchronous="respond-async" in parts and not waits,
        wait=float(waits[0][1]) if waits else None,
        cancel_on_disconnect=headers.get("x-cancel-on-disconnect", "").strip().lower() in ("true", "1", "yes"),
        accept=headers.get("accept", "*/*"),
        picture=picture,
        inline=inline,
        extra=user_in(headers),
    )


def user_in(headers: Mapping[str, str]) -> dict[str, str]:
    """The entry for the job's `extra` that names its user, if a header does."""
    user = headers.get(USER_HEADER, "").strip()[:_LONGEST]
    return {USER: user} if user else {}


def split_options(
    content: Mapping[str, Any], options: JobOptions, check: Callable[[str], None]
) -> tuple[dict[str, Any], JobOptions]:
    """Split a body into the graph and the options beside it, which are added to `options`; null counts as left out.

    A node may have the id of an option: then its value is an object. `check` raises if the webhook URL is refused.
    """
    plain = dict(content)
    for name in WEBHOOK_NAMES:
        address = plain.get(name)
        if isinstance(address, str):
            check(address)
            del plain[name]
            options = replace(options, extra={**options.extra, WEBHOOK_URL: address})
            break
    if isinstance(gpu := plain.get(GPU_NAME), str):
        del plain[GPU_NAME]
        options = replace(options, gpu=gpu)
    for name in COST_NAMES:
        cost = plain.get(name)
        if isinstance(cost, (int, float)) and not isinstance(cost, bool):
            del plain[name]
            options = replace(options, max_cost_usd=_dollars(name, cost))
    for name in USER_NAMES:
        if isinstance(user := plain.get(name), str):
            del plain[name]
            options = replace(options, extra={**options.extra, USER: _user(name, user)} if user else options.extra)
    for name in FACE_NAMES:
        if isinstance(wanted := plain.get(name), bool):
            del plain[name]
            options = replace(options, measure_face=wanted)
    options = _chosen(plain, options)
    for name in (*WEBHOOK_NAMES, GPU_NAME, *COST_NAMES, *USER_NAMES, *FACE_NAMES, OUTPUTS_NAME, LABELS_NAME):
        if name in plain and plain[name] is None:
            del plain[name]
    return plain, options


def _dollars(name: str, given: float) -> float:
    try:
        dollars = float(given)
    except OverflowError:  # an integer with hundreds of digits
        dollars = math.inf
    if not 0 <= dollars < math.inf:
        raise _bad(name, "must be a number of US dollars, at least 0")
    return dollars


def _user(name: str, given: str) -> str:
    try:
        given.encode()
    except UnicodeEncodeError:
        raise _bad(name, "holds half a character, which cannot be stored") from None
    return given[:_LONGEST]


def _bad(name: str, message: str) -> InvalidParameters:
    return InvalidParameters([Problem(code="bad_parameter", message=message, subject=AtField("request", name))])


def _chosen(plain: dict[str, Any], options: JobOptions) -> JobOptions:
    """The options with outputs and labels, which are moved out of the body."""
    if isinstance(nodes := plain.get(OUTPUTS_NAME), list) and all(isinstance(node, str) for node in nodes):
        del plain[OUTPUTS_NAME]
        options = replace(options, outputs=tuple(dict.fromkeys(nodes)))
    if isinstance(labels := plain.get(LABELS_NAME), Mapping) and "class_type" not in labels:
        del plain[LABELS_NAME]
        options = replace(options, labels=_labels(labels))
    return options


def _labels(given: Mapping[str, Any]) -> Mapping[str, str]:
    try:
        return _LABELS.validate_python(given)
    except ValidationError as error:
        raise InvalidParameters(
            Problem(
                code="bad_parameter",
                message=f"{row['msg']}; given {shorten(row['input'])}",
                subject=AtField("request", ".".join((LABELS_NAME, *map(str, row["loc"][:1])))),
            )
            for row in error.errors(include_url=False)[:MOST_REPORTED]
        ) from None


def best_of(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an ``Accept`` header prefers, the first of equals; None if it accepts none."""
    if accept == "*/*":
        return next(iter(offered), None)
    ranges = [_range(part) for part in accept.split(",")]
    rated = [(max((_rate(offer, kind, q) for kind, q in ranges), default=(0, 0.0)), offer) for offer in offered]
    best = max(rated, key=lambda pair: pair[0][1], default=((0, 0.0), ""))
    return best[1] if best[0][1] > 0 else None


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    try:
        q = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    except ValueError:
        q = 1.0
    return kind.lower(), q


def _rate(offer: str, kind: str, q: float) -> tuple[int, float]:
    """How specifically a range matches an offer, and its quality; the most specific range counts."""
    if kind == offer:
        return 3, q
    if kind == f"{offer.partition('/')[0]}/*":
        return 2, q
    return (1, q) if kind in ("*/*", "*") else (0, 0.0)
