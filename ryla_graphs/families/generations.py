"""Generations of models whose names carry a number. A number without a row makes the name unknown.

``flux4-dev`` starts like Flux.1's files but is not one of them. So a name with a stem from this table and an unknown
number is no evidence until a row for it is added.
"""

from __future__ import annotations

from typing import NamedTuple

from ryla_graphs.families.patterns import FilePattern, plain


class Generations(NamedTuple):
    """The generations of a line of models."""

    word: str
    """A substring of all its names."""
    stem: str
    """The part before the number, as a regular expression."""
    known: str = "(?!)"
    """The numbers that have rows, as regular expression alternatives; by default none."""


GENERATIONS: tuple[Generations, ...] = (
    Generations("flux", "flux", "1(-1)?|2|3"),
    Generations("chroma", "chroma", "1"),
    Generations("image", "z-?image"),
    Generations("image", "qwen-?image(-edit)?", "2-1"),
    Generations("image", "moss-image"),
    Generations("image", "ming-image", "0-1"),
    Generations("image", "longcat-image(-edit)?"),
    Generations("image", "ernie-image"),
    Generations("image", "ovis-image"),
    Generations("image", "boogu-image"),
    Generations("fibo", "fibo", "2"),
    Generations("lumina", "lumina-?(image)?", "2"),
    Generations("hidream", "hidream-?[ieo]", "1|1-1"),
    Generations("omnigen", "omnigen", "2"),
    Generations("kandinsky", "kandinsky", "5"),
    Generations("ideogram", "ideogram", "4"),
    Generations("krea", "krea", "2"),
    Generations("anima", "anima", "1"),
    Generations("mage", "mage-flow"),
    Generations("lens", "lens(-turbo)?"),
    Generations("wan", "wan", "2-?[12]"),
    Generations("animate", "wan-?animate", "2"),
    Generations("hunyuan", "hunyuan-?video-?v?", "1|1-?5"),
    Generations("hunyuan", "hunyuan-?image", "2|2-1"),
    Generations("hunyuan", "hunyuan-?3d(-dit)?(-?v)?", "1|2|2-1"),
    Generations("ltx", "ltx-?(v|video)?", "0-9|2|2-[35]"),
    Generations("cosmos", "cosmos-?predict", "2"),
    Generations("cosmos", "cosmos", "1"),
    Generations("cogvideo", "cogvideox?", "1|1-5"),
    Generations("seedvr", "seedvr", "2"),
    Generations("minimax", "minimax-?(h|music)", "3"),
    Generations("fasth", "fasth", "3"),
    Generations("trellis", "trellis", "2"),
    Generations("audio", "stable-audio", "3"),
    Generations("ace", "ace-?step-?v?", "1|1-5|1-3-5b"),
    Generations("yue", "yue", "2"),
)

_END = r"(?![0-9])(?!-[0-9](?![0-9a-z]))"
"""No further digit, and no ``-5`` that would turn 2 into 2.5; the ``-4b`` of a size is allowed."""
_NO_COUNT = r"(?![0-9]|[bkx](?![a-z])|px|bit|-?steps?(?![a-z]))"
"""A number that counts something is not a generation: 8 steps, 20b, 2k, 4x."""

NEWER: tuple[FilePattern, ...] = tuple(
    FilePattern(
        word=row.word, pattern=rf"(?<![a-z]){row.stem}-?(?!({row.known}){_END})[0-9]{{1,2}}{_NO_COUNT}", folders=folders
    )
    for folders in (None, frozenset({"vae"}))
    for row in GENERATIONS
)
"""Names that are no evidence. These come before all other patterns."""


def is_of_a_new_generation(text: str) -> bool:
    """Whether a name, or the model's name in a LoRA's metadata, has a number without a row.

    >>> is_of_a_new_generation("flux-2-klein-4b"), is_of_a_new_generation("FLUX.4 dev")
    (False, True)
    """
    name = plain(text)
    return any(row.fits(name) for row in NEWER if row.folders is None)
