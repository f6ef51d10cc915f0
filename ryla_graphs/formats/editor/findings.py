"""Every finding about an editor's file: one function for each, which returns a `Problem`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ryla_graphs.problems import AtNode, Problem, shorten


@dataclass(frozen=True, slots=True)
class At:
    """A node that a finding is about."""

    node: str
    """Its id in the prompt."""
    class_type: str
    place: str
    """Where it is in the file: ``nodes[3]``."""
    input: str | None = None

    def problem(self, code: str, message: str, **facts: Any) -> Problem:
        """A problem with this node."""
        return Problem(
            code=code,
            message=message,
            subject=AtNode(self.node, self.class_type, self.input),
            source=self.place,
            **{"level": "error", "tier": 2, **facts},
        )


def malformed(place: str, expected: str, given: Any) -> Problem:
    """A part of the file that is unreadable and is skipped."""
    return Problem(
        code="malformed_file",
        level="warning",
        tier=2,
        message=f"{place}: {expected}, not {shorten(given)}; it is skipped",
        source=place,
        given=shorten(given),
    )


def duplicate_id(at: At) -> Problem:
    """Two nodes of one graph have the same id."""
    message = f"an earlier node has the id {at.node} too, so this one is left out"
    return at.problem("duplicate_node_id", message, level="warning", hint="open and save the file in the editor")


def contains_itself(at: At, name: str) -> Problem:
    """A subgraph that has an instance of itself inside."""
    return at.problem("recursive_subgraph", f"subgraph '{name}' contains itself; this instance is left out")


def runs_all_the_same(at: At, mode: str) -> Problem:
    """A muted or bypassed instance inside a subgraph."""
    return at.problem(
        "not_muted",
        f"this subgraph is {mode}, but because it is inside another one, the editor sends its nodes all the same",
        level="warning",
        hint=f"set the nodes inside to {mode} instead",
    )


def broken_link(at: At, why: str, has_value: bool) -> Problem:
    """A link that leads nowhere; the editor itself makes no prompt from a file with one."""
    return at.problem(
        "broken_link",
        f"the link leads nowhere: {why}",
        level="warning" if has_value else "error",
        hint="link the input again in the editor",
    )


def dynamic_prompt(at: At, given: str, text: str) -> Problem:
    """A text whose choices were made or comments removed."""
    message = f"is sent as {shorten(text)}: without comments, and with one option of each choice"
    return at.problem("dynamic_prompt", message, level="note", given=shorten(given))


def needs_browser(at: At) -> Problem:
    """A value that only the editor's own window can make."""
    return at.problem(
        "needs_browser",
        "the editor renders or records this value when it sends the prompt; here an empty text is sent instead",
        level="warning",
        hint="replace the node with one that loads an uploaded file",
    )


def recorded_class(at: At) -> Problem:
    """A class that the target lacks, but one of the bundled catalogs has."""
    return at.problem(
        "unknown_class",
        "the catalog lacks the class; its values are named as in the bundled catalogs",
        level="warning",
        hint="the graph runs where a server has the class",
    )


def unknown_class(at: At, unnamed: int, pack: Any) -> Problem:
    """A class that the catalog lacks, so that only the file itself says what its values mean."""
    hint = "check against the server's own catalog"
    if isinstance(pack, str) and pack:
        hint += f"; the class belongs to the pack {pack}"
    if unnamed:
        message = f"the class is unknown and the file does not name its {unnamed} values, so they are left out"
        return at.problem("unknown_class", message, level="error", hint=hint)
    message = "the class is unknown: its values are named as the file describes them"
    return at.problem("unknown_class", message, level="warning", hint=hint)


def not_json(at: At, given: Any) -> Problem:
    """A number that JSON cannot hold, or a value with one inside."""
    return at.problem(
        "not_json",
        f"JSON cannot hold {shorten(given)}; null is sent for NaN and infinity",
        given=shorten(given),
        expected="finite numbers",
    )


def not_text(at: At, given: Any) -> Problem:
    """A file name that is not a text; the editor itself makes no prompt from a file with one."""
    return at.problem(
        "not_text",
        f"the name of a file is {shorten(given)}; it is sent as it is, where the editor stops",
        level="warning",
        given=shorten(given),
        expected="a text",
    )


def unknown_token(text: str, token: str) -> Problem:
    """An unknown token in a file name."""
    return Problem(
        code="unknown_token",
        level="note",
        tier=2,
        message=f"%{token}% in {shorten(text)} is unknown; it stays as it is",
        given=shorten(text),
    )
