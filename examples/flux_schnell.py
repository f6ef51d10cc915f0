"""A quick picture with Flux.1 Schnell: python examples/flux_schnell.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.flux_schnell(prompt=sys.argv[1])
    for path in job.save("out"):
        print(path)
