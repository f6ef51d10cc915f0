"""`Problem`: one thing that is wrong, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Level = Literal["error", "warning", "note"]
Tier = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a graph, as data.

    An error stops a compile, a warning is worth a look, a note is harmless. `tier` says who finds it: 1 is
    what ComfyUI's server checks before it queues a prompt (then `code` is the server's own error type wherever
    it has one), 2 what it finds too late or never, 3 what one deployment cannot run.
    """

    code: str
    message: str
    level: Level = "error"
    tier: Tier = 2
    node: str | None = None
    """The node's id in the compiled prompt, which is its name if it was given one."""
    class_type: str | None = None
    input: str | None = None
    file: str | None = None
    """The weight file that it is about, below ``models``: ``vae/ae.safetensors``."""
    given: Any = None
    expected: str | None = None
    hint: str | None = None
    source: str | None = None
    """`file:line` of the call that made the node, when the graph came from Python."""
    parameters: tuple[str, ...] = ()
    """The preset parameters that decide this input, when the graph came from a preset."""

    @property
    def where(self) -> str:
        """The place in one word: ``KSampler 'sampler'.cfg``."""
        if self.file is not None and self.node is None:
            return self.file
        node = self.class_type or "workflow"
        if self.node is not None:
            node += f" '{self.node}'"
        return f"{node}.{self.input}" if self.input is not None else node

    def at(self, **changes: Any) -> Problem:
        """The same problem with some facts filled in or changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The problem as JSON-ready data, without the facts that are not known."""
        return {key: value for key, value in asdict(self).items() if value not in (None, ())}

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        if self.source:
            text += f" [{self.source}]"
        if self.parameters:
            text += f" (parameter {', '.join(f'`{name}`' for name in self.parameters)})"
        return f"{text}\n    hint: {self.hint}" if self.hint else text
