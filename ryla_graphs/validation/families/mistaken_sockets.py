"""Rule: what travels on a MODEL or CONDITIONING socket is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ryla_graphs.problems import Problem
from ryla_graphs.validation.families.wording import NOUNS, by_restriction, named, problem, refusal, whence

if TYPE_CHECKING:
    from ryla_graphs.validation.view import View


def mistaken_sockets(view: View) -> Iterator[Problem]:
    """Some packs, and core for detectors, send other things over these sockets; the types fit, the node crashes."""
    for found in by_restriction(view, "thing"):
        assert found.restriction is not None
        hint = f"wire {named(found.restriction.families)} into it"
        yield problem(found, "mistaken_socket", refusal(found, view, noun="wire"), hint)
    for found in view.mismatches:
        if found.restriction is None and found.other is None:
            noun = NOUNS.get(found.socket, "wire")
            message = f"this {noun} is {named(found.carried.families)} from {whence(found.carried.origin, view)}"
            hint = f"wire a {noun} of a diffusion model into it"
            yield problem(found, "mistaken_socket", message, hint)
