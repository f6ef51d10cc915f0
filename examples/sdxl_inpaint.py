"""A part of a picture redrawn with SDXL: python examples/sdxl_inpaint.py PROMPT PICTURE.png MASK.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.sdxl_inpaint(prompt=sys.argv[1], base_image=Path(sys.argv[2]), mask_image=Path(sys.argv[3]))
    for path in job.save("out"):
        print(path)
