"""Sweeps: every combination of some parameters' values, as one graph or many, with a contact sheet at the end.

swept = grid(flux_dev, {"seed": [1, 2, 3], "guidance": [2.5, 3.5]}, prompt="a red bicycle")
save_sweep(swept, run_grid(connect(), swept), Path("out"))
"""

from __future__ import annotations

from ryla_graphs.sweeps.axes import Axis
from ryla_graphs.sweeps.grid import MOST_CELLS, Cell, Grid, grid
from ryla_graphs.sweeps.methods import METHODS, MethodGrid, method_grid
from ryla_graphs.sweeps.running import CellResult, run_grid
from ryla_graphs.sweeps.saving import SavedSweep, save_sweep
from ryla_graphs.sweeps.sheet import Shown, contact_sheet

__all__ = [
    "METHODS",
    "MOST_CELLS",
    "Axis",
    "Cell",
    "CellResult",
    "Grid",
    "MethodGrid",
    "SavedSweep",
    "Shown",
    "contact_sheet",
    "grid",
    "method_grid",
    "run_grid",
    "save_sweep",
]
