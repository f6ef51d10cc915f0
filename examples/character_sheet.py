"""One face from several angles: python examples/character_sheet.py PROMPT FACE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.character_sheet(prompt=sys.argv[1], reference_image=Path(sys.argv[2]))
    for path in job.save("out"):
        print(path)
