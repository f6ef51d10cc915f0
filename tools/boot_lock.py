"""Start the ComfyUI of a lock on this machine's processor, and compare its node classes with the lock.

    python -m tools.boot_lock CHECKOUT [--python PYTHON] [--lock ryla.lock]

CHECKOUT is ComfyUI at the lock's commit, with the lock's packs in ``custom_nodes``; PYTHON has the lock's packages:
write them down with `--pins FILE`, then `uv pip install --no-deps -r FILE`. Exits 1 if something differs. It shows
that the pins install, import and list the classes that the lock promises; it shows nothing of a GPU.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.engines.comfyui.process import ComfyUIProcess
from ryla_graphs.lockfile import FILE, Lock, check_classes, differences
from ryla_graphs.lockfile.classes import core_classes, level_of, names_digest
from ryla_graphs.lockfile.image_commands import pins_of
from ryla_graphs.software.packs import folder_of

_FREEZE = (
    "import json, importlib.metadata as m;"
    "print(json.dumps({d.metadata['Name'].lower().replace('_', '-').replace('.', '-'): d.version"
    " for d in m.distributions()}))"
)


def other_packages(lock: Lock, python: Path) -> Iterator[str]:
    """Packages of an interpreter that differ from the lock; a local build such as ``+cpu`` counts as the same."""
    frozen = subprocess.run([str(python), "-c", _FREEZE], capture_output=True, text=True, check=True).stdout
    there: dict[str, str] = json.loads(frozen)
    for pin in pins_of(lock):
        name, _, version = pin.partition("==")
        found = there.get(name.lower().replace("_", "-").replace(".", "-"))
        if found is None:
            yield f"{pin} is not installed"
        elif found.partition("+")[0] != version:
            yield f"{pin} is installed as {found}"
        elif found != version:
            print(f"note: {name} is installed as {found}")


def main() -> int:
    """Start, compare, end; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?", help="ComfyUI at the lock's commit")
    parser.add_argument("--python", type=Path, help="the interpreter with the lock's packages")
    parser.add_argument("--lock", type=Path, default=Path(FILE))
    parser.add_argument("--pins", type=Path, metavar="FILE", help="only write the lock's packages there")
    given = parser.parse_args()
    lock = Lock.read(given.lock)
    check_classes(lock.comfyui)
    if given.pins is not None:
        given.pins.write_text("\n".join(pins_of(lock)) + "\n")
        return 0
    if given.checkout is None:
        parser.error("CHECKOUT is missing")
    wrong = list(other_packages(lock, given.python)) if given.python is not None else []
    with tempfile.TemporaryDirectory() as data:
        process = ComfyUIProcess(given.checkout, Path(data), python=given.python, arguments=["--cpu"])
        began = time.monotonic()
        try:
            process.start()
            took = time.monotonic() - began
            catalog = process.engine.catalog()
            version = process.engine.client.json("/system_stats")["system"]["comfyui_version"]
        finally:
            process.stop()
    print(f"ComfyUI {version} answered after {took:.0f} s")
    wrong += _compared(lock, catalog, version)
    print("\n".join(wrong) or "it has all that the lock promises")
    return 1 if wrong else 0


def _compared(lock: Lock, catalog: Catalog, version: str) -> Iterator[str]:
    own = {name for name, schema in catalog.items() if folder_of(schema) is None}
    promised = {*core_classes(level_of(lock.comfyui))}
    same = names_digest(own) == lock.comfyui.classes_sha256
    print(f"{len(own)} classes of its own, the lock has {len(promised)}; digests {'are' if same else 'are not'} equal")
    for pack in lock.packs:
        there = sum(name in catalog for name in pack.classes)
        print(f"{pack.repository}: {there} of {len(pack.classes)} classes")
    yield from map(str, differences(lock, catalog, version=version))
    if own - promised:
        yield f"classes that are missing from the lock: {', '.join(sorted(own - promised))}"


if __name__ == "__main__":
    raise SystemExit(main())
