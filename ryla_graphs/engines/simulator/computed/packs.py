"""Nodes of packs that match regular expressions from the graph."""

from __future__ import annotations

import re

import regex

from ryla_graphs.engines.simulator.computed.regexes import matches_at_start, substituted
from ryla_graphs.engines.simulator.computed.registry import computed
from ryla_graphs.shapes.rules.text.strings import replaced

_SPACES = re.compile(r"\s{2,}")
_COMMAS = re.compile(r",{2,}")


@computed("Text Find and Replace")
def was_find_and_replace(text: str, find: str, replace: str) -> tuple[str, int, float, int]:
    changed, count = substituted(find, replace, text)
    return changed, count, float(count), count


@computed("String Replace (mtb)")
def mtb_replace(string: str, old: str, new: str, use_regex: bool) -> str:
    return substituted(old, new, string)[0] if use_regex else replaced(string, old, new)


@computed("StringFunction|pysssss")
def pysssss_function(action: str, tidy_tags: str, text_a: str = "", text_b: str = "", text_c: str = "") -> str:
    tidy = tidy_tags == "yes"
    if action == "append":
        text = (", " if tidy else "").join(part for part in (text_a, text_b, text_c) if part)
    elif text_b.startswith("/") and text_b.endswith("/"):
        text = substituted(text_b[1:-1], text_c or "", text_a)[0]
    else:
        text = replaced(text_a, text_b, text_c or "")
    return _COMMAS.sub(",", _SPACES.sub(" ", text).replace(" ,", ",")).strip() if tidy else text


@computed("easy mathString")
def easy_compare(a: str, b: str, operation: str, case_sensitive: bool = True) -> bool | None:
    if not case_sensitive:
        a, b = a.lower(), b.lower()
    match operation:
        case "a == b":
            return a == b
        case "a != b":
            return a != b
        case "a IN b":
            return a in b
        case "a BEGINSWITH b":
            return a.startswith(b)
        case "a ENDSWITH b":
            return a.endswith(b)
        case "a MATCH REGEX(b)":
            try:
                return matches_at_start(b, a)
            except (re.error, regex.error):
                return False
        case _:
            return None
