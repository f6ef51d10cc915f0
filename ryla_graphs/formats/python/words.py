"""Names that a person would choose: identifiers from titles, ids, classes and file names."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_MOST_WORDS = 4
_NOT_WORDS = frozenset({"a", "an", "and", "for", "in", "node", "of", "on", "or", "the", "to", "with"})
_OF_FILES = re.compile(
    r"[a-z]|bfp?|bin|ckpt|comfy(ui)?|diffusion|e[45]m|emaonly|fn|fp|gguf|int|loras?|mixed|models?|only|pruned|pth"
    r"|repackaged|safetensors|scaled|sft"
)
"""Words that say how a file is stored, not what is in it."""


def identifier(text: str) -> str | None:
    """Text as a name in Python: ``"Load CLIP (Refiner)"`` is ``load_clip_refiner``; None if nothing is left."""
    words = re.findall(r"[a-z]+|\d+", text.lower()) if text.isascii() else re.findall(r"[a-z]+\d*", text.lower())
    while words and words[0].isdigit():
        words.append(words.pop(0)) if not all(word.isdigit() for word in words) else words.clear()
    if not words or len(words) > 2 * _MOST_WORDS:
        return None
    if len(words) > _MOST_WORDS:
        words = [word for word in words if word not in _NOT_WORDS][:_MOST_WORDS]
    return safe("_".join(words)) if words and any(len(word) > 1 for word in words) else None


def variable(key: str, otherwise: str = "value") -> str:
    """The name of a variable that holds an input: its key, if that makes an identifier."""
    return safe(key) if key.isidentifier() and key.islower() else identifier(key) or otherwise


def safe(name: str) -> str:
    """A name that is not a keyword and hides no builtin."""
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name) else name


def snake(class_name: str) -> str:
    """``CLIPTextEncode`` as ``clip_text_encode``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower().replace("k_sampler", "ksampler")).strip("_")


def file_words(name: str) -> list[str]:
    """The words in a file name that say what the file contains."""
    words = re.findall(r"high_noise|low_noise|[a-z]+", name.lower().rpartition("/")[2])
    return [word for word in words if not _OF_FILES.fullmatch(word)]


def distinctions(texts: Sequence[Iterable[str]]) -> list[str] | None:
    """For each of several word lists, its unique words; None unless these tell all lists apart."""
    lists = [list(dict.fromkeys(words)) for words in texts]
    count = Counter(word for words in lists for word in words)
    found = ["_".join([word for word in words if count[word] == 1][:2]) for words in lists]
    return found if all(found) else None


class Wish(NamedTuple):
    """The names that something could have."""

    base: str
    own: tuple[str | None, ...] = ()
    """The names that a person gave it, best first."""
    kind: str | None = None
    """What kind of thing it is, for when others share the base."""
    marks: Sequence[str] = ()
    """Words that may distinguish it from others."""


class Names:
    """The names of one function, each given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def take(self, *wishes: str | None) -> str:
        """Take and return the first free wish, else the first wish with a number."""
        wanted = [wish for wish in wishes if wish]
        free = next((wish for wish in wanted if wish not in self._taken), None)
        name = free or self._numbered(wanted[0])
        self._taken.add(name)
        return name

    def _numbered(self, wish: str) -> str:
        stem = wish.rstrip("_")
        number = self._numbers.get(stem, 2)
        while f"{stem}_{number}" in self._taken:
            number += 1
        self._numbers[stem] = number + 1
        return f"{stem}_{number}"

    def share(self, wishes: Sequence[Wish]) -> list[str]:
        """Names for several things.

        Among those with the same base, one that a person named gets that name, and one that its file distinguishes gets
        a name from that. The first of the others gets the base.
        """
        alike: dict[str, list[int]] = {}
        for place, wish in enumerate(wishes):
            alike.setdefault(wish.base, []).append(place)
        found: dict[int, str] = {}
        for places in alike.values():
            found |= self._own(wishes, places) if len(places) > 1 else {}
            left = [place for place in places if place not in found]
            marks = distinctions([wishes[place].marks for place in left]) if len(left) > 1 else None
            for number, place in enumerate(left):
                wish = wishes[place]
                marked = f"{marks[number]}_{wish.base}" if marks else None
                found[place] = self.take(marked, wish.base, *wish.own, wish.kind)
        return [found[place] for place in range(len(wishes))]

    def _own(self, wishes: Sequence[Wish], places: Sequence[int]) -> dict[int, str]:
        """The names that only one of several has."""
        count = Counter(name for place in places for name in {*wishes[place].own})
        found: dict[int, str] = {}
        for place in places:
            free = (name for name in wishes[place].own if name and count[name] == 1 and name not in self._taken)
            if (name := next(free, None)) is not None:
                found[place] = self.take(name)
        return found
