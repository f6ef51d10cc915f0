"""A picture with writing in it by Qwen-Image: python examples/qwen_image.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.qwen_image(prompt=sys.argv[1])
    for path in job.save("out"):
        print(path)
