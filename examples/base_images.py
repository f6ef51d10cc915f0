"""Several pictures of one prompt, each with a seed of its own: python examples/base_images.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.base_images(prompt=sys.argv[1], count=3)
    for path in job.save("out"):
        print(path)
