"""A picture with every face in more detail: python examples/face_detailer.py PICTURE.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ryla_graphs.client import RylaClient

with RylaClient(os.environ.get("RYLA_URL", "http://127.0.0.1:8100"), os.environ.get("RYLA_TOKEN")) as client:
    job = client.face_detailer(image=Path(sys.argv[1]))
    for path in job.save("out"):
        print(path)
