"""What it costs to import the package and to start the command line."""

from __future__ import annotations

from benchmarks.clock import best_of_process

CASES = {
    "an empty interpreter": ("-c", ""),
    "import pydantic": ("-c", "import pydantic; pydantic.BaseModel"),
    "import ryla_graphs": ("-c", "import ryla_graphs"),
    "from ryla_graphs import Workflow": ("-c", "from ryla_graphs import Workflow"),
    "ryla-graphs --version": ("-m", "ryla_graphs", "--version"),
    "ryla-graphs --help": ("-m", "ryla_graphs", "--help"),
    "ryla-graphs compile flux-dev": ("-m", "ryla_graphs", "compile", "flux-dev", "-p", "prompt=a red bicycle"),
}


def report() -> None:
    """Print the table."""
    print("| from start to end of the process | ms of CPU time | beyond an empty interpreter |")
    print("|---|---|---|")
    empty = best_of_process(CASES["an empty interpreter"])
    for name, arguments in CASES.items():
        seconds = best_of_process(arguments)
        print(f"| {name} | {seconds * 1000:.0f} | {(seconds - empty) * 1000:.0f} |")
