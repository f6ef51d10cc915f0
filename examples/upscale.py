"""A picture twice as wide, redrawn tile by tile: python examples/upscale.py PICTURE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.upscale(image=Path(sys.argv[1]), scale=2, tiled_diffusion=True)
    for path in job.save("out"):
        print(path)
