"""A video from a picture with Wan 2.2, in four steps: python examples/wan22_i2v.py PROMPT PICTURE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.wan22_i2v(prompt=sys.argv[1], reference_image=Path(sys.argv[2]), four_steps=True)
    for path in job.save("out"):
        print(path)
