"""Build the sdist and, from it, the wheel; install the wheel with nothing and with each extra alone, and try it there.

`python scripts/smoke_wheel.py [EXTRA ...]` or `make smoke`. It needs a package index, and says so where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
NOTHING = ""
"""The install without an extra."""

TRIES = {
    NOTHING: "from ryla_graphs.client import RylaClient; RylaClient('http://127.0.0.1:9').close()",
    "client": "from ryla_graphs.client import AsyncRylaClient",
    "server": "import ryla_graphs.server; from ryla_graphs.server.page.routes import files; files()['app.js']",
    "mcp": "from ryla_graphs.mcp import mcp_server",
    "modal": "import modal; from ryla_graphs.modal_deploy.web import build_app",
    "weights": "import huggingface_hub, filelock, yaml; from ryla_graphs.models_folder import ModelsFolder",
    "faces": "from ryla_graphs.faces import dlib_meter",
    "faces-opencv": "import cv2; from ryla_graphs.faces.opencv_meter import OpenCvMeter",
    "media": "import av",
    "templates": "import sys; sys.argv[1:] = ['templates', 'list']; from ryla_graphs.cli import main; main()",
    "testing": "from ryla_graphs.testing import graphs",
    "otel": "import opentelemetry.sdk.trace",
    "runpod": "import runpod",
    "docs": "import mkdocs",
}
"""What only works with an extra; a test holds that each extra of pyproject.toml is here, but for `dev`."""

COMMANDS = (
    ("--version",),
    ("compile", "flux-dev", "-p", "prompt=a red bicycle"),
    ("validate", "flux-dev", "-p", "prompt=a red bicycle"),
    ("run", "flux-dev", "-p", "prompt=a red bicycle", "-p", "width=64", "-p", "height=64", "-o", "out"),
)


def extras() -> list[str]:
    """All extras of pyproject.toml but the one for developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [name for name in project["optional-dependencies"] if name != "dev"]


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command run outside the checkout; if it fails, its own message ends the script."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, env=clean)
    if done.returncode:
        raise SystemExit(f"$ {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def build() -> Path:
    """The wheel, made from the sdist, so that both are tried."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT, cwd=ROOT)
    (wheel,) = DIST.glob("*.whl")
    return wheel


def try_install(wheel: Path, extra: str, folder: Path) -> None:
    """Install the wheel into a Python of its own, and use it from there."""
    venv.create(folder / "venv", with_pip=True)
    bin_folder = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    run(bin_folder / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted, cwd=folder)
    run(bin_folder / "python", "-m", "pip", "check", "--disable-pip-version-check", cwd=folder)
    run(bin_folder / "python", "-W", "error", "-c", TRIES[extra], cwd=folder)
    for command in COMMANDS if extra == NOTHING else COMMANDS[:1]:
        run(bin_folder / "ryla-graphs", *command, cwd=folder)
    if extra == "server":
        said = run(sys.executable, ROOT / "scripts" / "smoke_page.py", bin_folder / "ryla-graphs", cwd=folder)
        print(f"  {said.strip()}", flush=True)


def main() -> None:
    """Build once, then try each install."""
    wheel = build()
    print(f"built {wheel.name} and its sdist", flush=True)
    for extra in sys.argv[1:] or [NOTHING, *extras()]:
        with tempfile.TemporaryDirectory() as folder:
            try_install(wheel, extra, Path(folder))
        print(f"pip install {wheel.name}{f'[{extra}]' if extra else ''}: works", flush=True)


if __name__ == "__main__":
    main()
