"""How to show a workflow: as Mermaid, as SVG, in a notebook, as a networkx graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

    from ryla_graphs.graph.graph import Graph
    from ryla_graphs.prompt import Prompt

MOST_SHOWN = 400
"""A notebook does not draw graphs with more nodes, which would be unreadable."""


class Shown(ABC):
    """The methods of a workflow that draw or export its graph."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The nodes and links."""

    @abstractmethod
    def _prompt(self) -> Prompt:
        """The graph as it is sent, with equal nodes merged."""

    def to_mermaid(self) -> str:
        """The compiled graph as a Mermaid flowchart, with the type of each link."""
        from ryla_graphs.formats import mermaid
        from ryla_graphs.graph.passes import merge_twins

        return mermaid.dump(merge_twins(self.graph))

    def to_svg(self, *, marked: Collection[str] = ()) -> str:
        """The compiled graph as an SVG document; nodes whose ids are in `marked` stand out.

        Raises `InvalidWorkflow` if two nodes have the same name.
        """
        from ryla_graphs.formats import drawing

        return drawing.svg(drawing.drawn(self._prompt()), marked=marked)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """The graph as a networkx graph, with the ids as nodes."""
        return self.graph.to_networkx()

    def _repr_mimebundle_(self, **_wanted: Any) -> dict[str, str]:
        """What a notebook shows: the graph, with the nodes that have errors marked."""
        from ryla_graphs.problems import InvalidWorkflow

        shown = {"text/plain": repr(self)}
        try:
            if len(self.graph.nodes) <= MOST_SHOWN:
                shown["image/svg+xml"] = self.to_svg(marked=self._wrong())
        except InvalidWorkflow as error:
            shown["text/plain"] += f"\n{error}"
        return shown

    @abstractmethod
    def _wrong(self) -> Collection[str]:
        """The ids of the nodes that have errors."""
