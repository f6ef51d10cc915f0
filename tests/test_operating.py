"""docs/operating.md is true: its commands run, its files are taken by the programs they are for, its names exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ryla_graphs.engines import connect
from ryla_graphs.server import SqliteStore, create_app
from ryla_graphs.server.environment import VARIABLES
from tests.conftest import ROOT
from tests.server.clients import TestClient
from tests.server.processes import free_port

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

PRELUDE = f"""
set -eu -o pipefail
export PYTHONPATH={ROOT}
python() {{ {sys.executable} "$@"; }}
ryla-graphs() {{ exec {sys.executable} -m ryla_graphs "$@" 2>> server.log; }}
curl() {{
    for _ in $(seq 600); do
        command curl "$@" 2>> curl.log && return
        kill -0 $! || return 1
        sleep 0.2
    done
    return 1
}}
trap 'kill $! 2> /dev/null; wait' EXIT
"""
"""Commands of this checkout, and a `curl` that waits for a server that is starting."""


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands_run(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    port = str(free_port())
    submitted = f"""curl -fsS -H "Authorization: Bearer ${{RYLA_TOKENS#app:}}" -H 'Content-Type: application/json' \\
        -d '{{"prompt": "a red bicycle"}}' http://127.0.0.1:{port}/flux-dev -o bicycle.png"""
    first, *rest = (fence.replace("8100", port) for fence in fences("bash"))
    script = "\n".join([PRELUDE, first, submitted, *rest])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    logs = "".join(path.read_text() for path in sorted(tmp_path.glob("*.log")))
    assert done.returncode == 0, done.stderr + logs
    assert re.search(r"\bok$", done.stdout, re.MULTILINE), "the copy of the database is whole"
    # What was made before the backup is there after the restore, for a token that came later.
    assert '"state":"succeeded"' in done.stdout.splitlines()[-1]
    assert (tmp_path / "ryla-data.before").is_dir() and "Traceback" not in logs


@pytest.mark.parametrize(
    ("program", "language", "check"),
    [
        ("nginx", "nginx", ["-t", "-c"]),
        ("caddy", "caddy", ["validate", "--adapter", "caddyfile", "--config"]),
        ("promtool", "yaml", ["check", "rules"]),
    ],
)
def test_the_files_are_taken_by_their_programs(program: str, language: str, check: list[str], tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}")
    (text,) = fences(language)
    if program == "nginx":
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {tmp_path};" for kind in kinds)
        text = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ {places} access_log off; {text} }}"
    (path := tmp_path / "given").write_text(text)
    done = subprocess.run([program, *check, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_has_a_rule_and_every_rule_a_metric(tmp_path: Path) -> None:
    (rules,) = fences("yaml")
    with TestClient(create_app(connect("simulator"), SqliteStore(tmp_path))) as client:
        metrics = client.get("/metrics").text
    found = re.findall(r"^# TYPE (ryla_\w+) ", metrics, re.MULTILINE)
    families = {name for name in found if not name.endswith("_created")}
    named = set(re.findall(r"\bryla_\w+", " ".join(re.findall(r"expr: (.*)", rules))))
    of = {name.removesuffix("_bucket") if name not in families else name for name in named}
    assert of == families


def test_the_variables_and_addresses_exist(tmp_path: Path) -> None:
    assert set(re.findall(r"\bRYLA_[A-Z_]+", PAGE)) <= {*VARIABLES, "RYLA_DATA_DIR"}
    paths = create_app(connect("simulator"), SqliteStore(tmp_path)).openapi()["paths"]
    assert {"/health", "/ready", "/metrics", "/loras"} <= set(paths)
