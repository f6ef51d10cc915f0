"""Flux.1 Dev with the face of a picture, in two stages: python examples/flux_instantid.py PROMPT FACE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.flux_instantid(prompt=sys.argv[1], reference_image=Path(sys.argv[2]), instantid_strength=0.9)
    for path in job.save("out"):
        print(path)
