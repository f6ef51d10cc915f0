"""Texts that the editor gives back as they were given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.formats.editor.texts import dynamic_prompt
from ryla_graphs.formats.editor.writing_text import can_be_literal, literal

TEXTS = st.text(st.sampled_from("a\\{}|/*\n"), max_size=12)


@given(TEXTS | st.text(max_size=20))
def test_the_editor_makes_the_text_itself_of_a_literal(text: str) -> None:
    if can_be_literal(text):
        assert dynamic_prompt(literal(text)) == text


@given(st.text(st.characters(exclude_characters="\\{}|/*"), max_size=20))
def test_plain_text_is_its_own_literal(text: str) -> None:
    assert literal(text) == text


def test_only_a_single_backslash_at_the_end_cannot_be_written() -> None:
    assert [can_be_literal(text) for text in ("", "\\", "\\\\", "\\\\\\", "a\\b")] == [True, False, True, False, True]
    assert dynamic_prompt("\\") != "\\"
