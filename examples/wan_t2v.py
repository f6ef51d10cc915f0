"""A video from text with Wan 2.1: python examples/wan_t2v.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.wan_t2v(prompt=sys.argv[1], length=33)
    for path in job.save("out"):
        print(path)
