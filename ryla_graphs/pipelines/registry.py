"""All pipelines of a server: the presets of the library, and the user's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from ryla_graphs import presets
from ryla_graphs.pipelines.loading import Loaded, NotServed
from ryla_graphs.presets.base import Preset
from ryla_graphs.problems import NotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NOTHING = Loaded((), ())


class Pipelines:
    """Presets by name: those of the library, then the loaded ones.

    A name that is already taken, or is among `routes`, is not served but reported in `not_served`.
    """

    def __init__(self, loaded: Loaded = _NOTHING, *, routes: Collection[str] = ()) -> None:
        self._loaded = loaded
        self._own: dict[str, Preset[Any]] = {}
        self.not_served: list[NotServed] = list(loaded.not_served)
        for preset in loaded.presets:
            if reason := self._refusal(preset.name, routes):
                self.not_served.append(NotServed(preset.module, f"pipeline `{preset.name}`: {reason}"))
            else:
                self._own[preset.name] = preset

    def beside(self, routes: Iterable[str]) -> Pipelines:
        """The same, without those that have the name of a server route."""
        return Pipelines(self._loaded, routes=frozenset(routes))

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the library's first."""
        return (*presets.NAMES, *self._own)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the user's own pipelines."""
        return tuple(self._own)

    def get(self, name: str) -> Preset[Any]:
        """The preset with this name; raises `NotFound` with the nearest names."""
        if name in self._own:
            return self._own[name]
        if name not in presets.NAMES:
            raise NotFound.among("preset", name, self.names)
        return presets.get(name)

    def _refusal(self, name: str, routes: Collection[str]) -> str | None:
        if not _NAME.fullmatch(name):
            return "a name is small letters, digits and -, 64 at most"
        if name in presets.NAMES:
            return "a preset of the library is called so; give it another name"
        if name in routes:
            return f"the server has a route /{name}; give it another name"
        return "another pipeline is called so, which is served" if name in self._own else None
