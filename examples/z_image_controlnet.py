"""A picture with the edges of another one: python examples/z_image_controlnet.py PROMPT PICTURE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.z_image_controlnet(prompt=sys.argv[1], control_image=Path(sys.argv[2]))
    for path in job.save("out"):
        print(path)
