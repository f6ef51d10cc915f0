"""Writes `src/*.gen.ts` of the TypeScript client from our OpenAPI document: `python -m tools.generate_typescript`.

Needs Node, and `npm ci` in `clients/typescript`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ryla_graphs import connect, create_app
from ryla_graphs.server import SqliteStore

FOLDER = Path(__file__).parent.parent / "clients" / "typescript"

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        app = create_app(connect("simulator"), SqliteStore(Path(folder) / "data"))
        document.write_text(json.dumps(app.openapi()), encoding="utf-8")
        # The first build may lack types that are only generated now; real errors reappear in the last build.
        subprocess.run(["npm", "--silent", "run", "build"], cwd=FOLDER, check=False, capture_output=True)
        for command in (["run", "generate", "--", str(document)], ["run", "build"]):
            subprocess.run(["npm", "--silent", *command], cwd=FOLDER, check=True)
