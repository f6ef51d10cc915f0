"""All measurements: `python -m benchmarks`. Prints Markdown; a full run takes about two minutes.

Every figure is CPU time, the best of a few rounds, and stands beside something else measured in the same run.
"""

from __future__ import annotations

import platform

from benchmarks import families, graphs, python_source, reading, starting


def main() -> None:
    """Measure everything."""
    print(f"Python {platform.python_version()} on {platform.machine()}\n")
    graphs.report()
    python_source.report()
    families.report()
    reading.report()
    starting.report()


if __name__ == "__main__":
    main()
