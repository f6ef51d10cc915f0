"""User pipelines: typed functions, presets and saved graphs, from files, folders, modules and installed packages.

    load(["my_pipelines.py", "pipelines/", "package.module"])

Pipelines that do not load are reported; all others are available.
"""

from __future__ import annotations

from ryla_graphs.pipelines.loading import Loaded, NotServed, load
from ryla_graphs.pipelines.registry import Pipelines

__all__ = ["Loaded", "NotServed", "Pipelines", "load"]
