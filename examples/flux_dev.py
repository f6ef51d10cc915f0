"""A picture from text with Flux.1 Dev: python examples/flux_dev.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.flux_dev(prompt=sys.argv[1], width=1024, height=1024)
    for path in job.save("out"):
        print(path)
