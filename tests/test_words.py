"""Words that may not come back: archaic or translated English, each with the word to write in its place."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BETTER: dict[str, str] = {
    "told": "reported, recognised, named, or the field's own name for the value",
    "anew": "again, new, or what it is (`renamed`, `fresh`)",
    "whence": "from where, or the name of the source",
    "dearer": "more expensive",
    "nobody": "what is missing or unknown: `unknown`, `not published`, `no server answers`",
    "shall": "must, may, can or will",
    "wherefore": "so, or why",
    "whereof": "of which, or a sentence of its own",
    "for want of": "because … is missing, or lacks",
    "in a circle": "in a cycle",
    "of which it is not known": "unknown, or a sentence of its own",
    "of which nothing is known": "unknown",
    "for ever": "forever",
    "anybody": "anyone, any caller, or a sentence without one: `it is known`",
    "goes before": "takes precedence over, or comes before",
    "taken up": "resumed",
    "took up": "resumed",
    "asked with": "the options of the request, or the option's name",
    "comes to nothing": "fails",
    "gives word": "reports",
    "a wire that": "a link that",
    "over a wire": "over a link",
    "only a wire": "only a link",
    "this wire": "this link",
    "known only when": "unknown until",
    "known only to": "only … knows",
    "a model says": "only a model knows",
}
"""The forbidden words, and what to write instead."""

_KINDS = (".py", ".md", ".js", ".mjs", ".ts", ".css", ".html", ".toml", ".yml", ".yaml", "Makefile")
_GENERATED = ("ryla_graphs/nodes/", "ryla_graphs/catalog/data/", "tests/data/")
"""Written from ComfyUI's own texts, which are not ours to change."""

_ANY = "|".join(word.replace(" ", "[ _]") for word in BETTER)
_WORDS = re.compile(rf"(?<![a-z])(?:{_ANY})(?![a-z])", re.IGNORECASE)
"""Words of sentences and of names alike: `test_it_is_told` has one, `shallow` has none."""


def found(text: str) -> Iterator[tuple[int, str]]:
    """The forbidden words of a text, each with its line."""
    for match in _WORDS.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group().lower().replace("_", " ")


def files() -> list[str]:
    """The texts of the repository that people read: its code, tests and pages."""
    known = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(known, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    own = Path(__file__).relative_to(ROOT).as_posix()
    names = (name for name in listed.stdout.splitlines() if name.endswith(_KINDS) and (ROOT / name).is_file())
    return [name for name in names if name != own and not name.startswith(_GENERATED)]


def test_no_forbidden_word_comes_back() -> None:
    checked = files()
    wrong = [
        f"{name}:{line}: `{word}`: write {BETTER[word]}"
        for name in checked
        for line, word in found((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert len(checked) > 500, "the files are not found"
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("word", BETTER)
def test_each_forbidden_word_is_found_in_sentences_and_in_names(word: str) -> None:
    assert list(found(f"A line.\nThe sentence has {word.upper()}, in it.")) == [(2, word)]
    assert list(found(f"def test_that_has_{word.replace(' ', '_')}_in_its_name() -> None: ...")) == [(1, word)]


@pytest.mark.parametrize("text", ["a shallow copy", "retold", "somebody", "for wanted files", "a circle", "toldx = 1"])
def test_other_words_are_left_alone(text: str) -> None:
    assert list(found(text)) == []
