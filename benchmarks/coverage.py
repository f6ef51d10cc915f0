"""How many published graphs have only known classes: `python -m benchmarks.coverage`.

Reads `../shared/data/public_classes.json.gz`: the class names of public API files and editor files.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ryla_graphs import catalogs
from ryla_graphs.nodes import is_typed

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "public_classes.json.gz"

EDITORS_OWN = re.compile(
    r"Note|MarkdownNote|Reroute|PrimitiveNode|GetNode|SetNode|workflow[>/].*|## .*"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(Fast (Groups )?(Bypasser|Muter)|Label|Bookmark|Reroute|Mute / Bypass (Repeater|Relay)|Node Collector"
    r"|Fast Actions Button|Random Unmuter) \(rgthree\)"
)
"""Types that only the editor has, groups and subgraphs among them: they never reach a server."""


def report() -> None:
    """Print the table."""
    with gzip.open(DATA) as file:
        rows = json.load(file)
    bundled = catalogs.bundled()
    named: Callable[[str], bool] = lambda name: bool(catalogs.repositories_of(name))  # noqa: E731
    print("| files | | all classes typed | all bundled | all bundled or their pack named |")
    print("|---|---|---|---|---|")
    others: Counter[str] = Counter()
    for kind, title in (("api", "API JSON"), ("ui", "editor")):
        files = [{name for name in row["classes"] if not EDITORS_OWN.fullmatch(name)} for row in rows[kind]]
        files = [classes for classes in files if classes]
        shares = [_share(files, known) for known in (is_typed, bundled.__contains__, named)]
        print(f"| {title} | {len(files)} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
        others.update(name for classes in files for name in classes if name not in bundled)
    known = [name for name in others if named(name)]
    uses = sum(others[name] for name in known)
    of_uses = f"{uses / others.total():.1%} of their uses"
    print(
        f"\nOf {len(others)} other classes, {len(known)} name their pack ({len(known) / len(others):.1%}; {of_uses})."
    )


def _share(files: Iterable[set[str]], known: Callable[[str], bool]) -> float:
    answers = [all(map(known, classes)) for classes in files]
    return sum(answers) / len(answers)


if __name__ == "__main__":
    report()
