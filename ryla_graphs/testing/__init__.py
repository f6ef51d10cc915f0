"""Hypothesis strategies for graphs, so that pipelines and node packs can be tested with random ones.

    from hypothesis import given
    from ryla_graphs.testing import graphs

    @given(graphs())
    def test_my_pass_keeps_outputs(workflow): ...

`graphs(catalog)` draws graphs that ComfyUI's server accepts, from all classes of a catalog; `mutations` breaks
prompts the way people do. Needs the extra `ryla-graphs[testing]`.
"""

from __future__ import annotations

from ryla_graphs.problems.extras import needs_extra

with needs_extra("testing"):
    from ryla_graphs.testing.graphs import graphs
    from ryla_graphs.testing.mutations import mutations
    from ryla_graphs.testing.values import values

__all__ = ["graphs", "mutations", "values"]
