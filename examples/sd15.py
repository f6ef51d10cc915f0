"""A picture with Stable Diffusion 1.5: python examples/sd15.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.sd15(prompt=sys.argv[1])
    for path in job.save("out"):
        print(path)
