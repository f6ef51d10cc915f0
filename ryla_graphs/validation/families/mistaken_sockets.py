"""Rule: MODEL and CONDITIONING sockets really carry models and conditionings."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.problems import Problem
from ryla_graphs.problems.family_sentences import NOUNS
from ryla_graphs.validation.families.wording import by_restriction, named, problem, refusal, written_by
from ryla_graphs.validation.mismatches import NoModel
from ryla_graphs.validation.view import View


def mistaken_sockets(view: View) -> Iterator[Problem]:
    """Some packs, and core for detectors, send other things over these sockets: the types fit, but the node crashes."""
    for found in by_restriction(view, "thing"):
        hint = f"link {named(found.restriction.families)} to it"
        yield problem(found, "mistaken_socket", refusal(found, view, noun="link"), hint)
    for odd in view.mismatches:
        if isinstance(odd, NoModel):
            noun = NOUNS.get(odd.socket, "link")
            message = f"this {noun} is {named(odd.carried.families)} from {written_by(odd.carried.origin, view)}"
            hint = f"link a {noun} of a diffusion model to it"
            yield problem(odd, "mistaken_socket", message, hint)
