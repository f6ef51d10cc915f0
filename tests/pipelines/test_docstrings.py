"""What is read of docstrings, in the styles that people write."""

from __future__ import annotations

import pytest

from ryla_graphs.pipelines.docstrings import documented

DESCRIBED = {"face": "Whose it is, in a picture.", "size": "How large: in megapixels."}

STYLES = {
    "Google": """A portrait.

    With care.

    Args:
        face (str, optional): Whose it is,
            in a picture.
        size: How large: in megapixels.

    Returns:
        Workflow: what to run.
    """,
    "Google, at the front": """A portrait.

    With care.
    Arguments:
      face: Whose it is, in a picture.

      size: How large: in megapixels.
    """,
    "NumPy": """
    A portrait.

    With care.

    Parameters
    ----------
    face : Picture, optional
        Whose it is,
        in a picture.
    size
        How large: in megapixels.

    Returns
    -------
    Workflow
        What to run.
    """,
    "Sphinx": """A portrait.

    With care.

    :param str face: Whose it is,
        in a picture.
    :type size: float
    :param size: How large: in megapixels.
    :returns: what to run
    """,
}


@pytest.mark.parametrize("style", STYLES)
def test_each_style_says_the_same(style: str) -> None:
    found = documented(STYLES[style])
    assert found.parameters == DESCRIBED
    assert found.text.split() == ["A", "portrait.", "With", "care."]


def test_text_goes_on_behind_the_arguments() -> None:
    found = documented("A.\n\nArgs:\n    face: Whose.\n\nMore of it.")
    assert (found.text.split(), dict(found.parameters)) == (["A.", "More", "of", "it."], {"face": "Whose."})


@pytest.mark.parametrize("text", [None, "", "Args:", "Note: this is text.", "A\n---\n\nParameters\n----------"])
def test_odd_ones_have_no_parameters(text: str | None) -> None:
    assert not documented(text).parameters
