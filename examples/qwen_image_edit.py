"""A picture edited by Qwen-Image-Edit: python examples/qwen_image_edit.py PROMPT PICTURE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.qwen_image_edit(prompt=sys.argv[1], image=Path(sys.argv[2]))
    for path in job.save("out"):
        print(path)
