"""A video from text with Wan 2.2, in four steps: python examples/wan22_t2v.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.wan22_t2v(prompt=sys.argv[1], four_steps=True)
    for path in job.save("out"):
        print(path)
