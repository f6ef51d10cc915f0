"""One's own pipelines: typed functions, presets and saved graphs, from files, folders, modules and installed packages.

    load(["my_pipelines.py", "pipelines/", "package.module"])

What does not load is reported, and the others are there.
"""

from __future__ import annotations

from ryla_graphs.pipelines.loading import Loaded, NotServed, load
from ryla_graphs.pipelines.registry import Pipelines

__all__ = ["Loaded", "NotServed", "Pipelines", "load"]
