"""A graph of your own, with its progress: python examples/workflow.py PROMPT"""

from __future__ import annotations

import os
import sys

from ryla_graphs import presets
from ryla_graphs.client import RylaClient

workflow = presets.get("flux-dev").build(prompt=sys.argv[1])  # or any `Workflow`, or API JSON

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.submit_workflow(workflow)
    for event in job.events():
        print(event.kind, event.data.get("state") or event.data.get("value", ""))
    for path in job.result().save("out"):
        print(path)
