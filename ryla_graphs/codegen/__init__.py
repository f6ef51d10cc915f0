"""Python source of typed node classes, from a catalog.

`render_package` makes `ryla_graphs/nodes/`, `render_packs` the packs below it, and
`render_module` one file of a user's own classes. All are
pure: the same catalog gives the same text.
"""

from __future__ import annotations

from ryla_graphs.codegen.module import render_module
from ryla_graphs.codegen.package import render_package
from ryla_graphs.codegen.packs import render_packs

__all__ = ["render_module", "render_package", "render_packs"]
