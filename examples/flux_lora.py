"""Flux.1 Dev with a LoRA that the server has, or the id of an upload: python examples/flux_lora.py PROMPT LORA"""

from __future__ import annotations

import os
import sys

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.flux_lora(prompt=sys.argv[1], lora_id=sys.argv[2], lora_strength=0.8)
    for path in job.save("out"):
        print(path)
