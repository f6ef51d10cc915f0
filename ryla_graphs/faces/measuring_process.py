"""Measures faces in a separate process: dlib holds the GIL for half a second at a time, which a server cannot afford.

Data that identifies a person exists only in that process and ends with it. Nothing is written to disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import BinaryIO

from ryla_graphs.faces.choosing import meter_at
from ryla_graphs.faces.comparing import FaceScore, Reference

_SECONDS, _SECONDS_EACH = 60, 30
"""How long it may take to load the network, and for each picture, on a slow machine."""
_NICE = 10
"""Jobs have priority over measuring."""


class NotMeasured(Exception):
    """The process gave no scores. The message says why and reveals nothing about a picture."""


def measured_scores(meter: str, reference: bytes, pictures: Sequence[bytes | None]) -> list[FaceScore]:
    """A score for each picture. None stands for a picture that shows no person; it is not examined.

    Raises `NotMeasured`.
    """
    contents = [reference, *(picture or b"" for picture in pictures)]
    head = json.dumps({"meter": meter, "sizes": [len(content) for content in contents]}).encode() + b"\n"
    seconds = _SECONDS + _SECONDS_EACH * len(contents)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=b"".join((head, *contents)),
            capture_output=True,
            check=False,
            timeout=seconds,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"it took more than {seconds} s") from None
    if done.returncode:
        raise NotMeasured(f"its process ended with {done.returncode}")
    return [FaceScore(**row) for row in json.loads(done.stdout)]


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Read pictures from one stream and write their scores to the other."""
    head = json.loads(source.readline())
    reference, *pictures = (source.read(size) for size in head["sizes"])
    known = Reference(reference, meter_at(head["meter"]))
    scores = [known.score(picture) if picture else known.unseen for picture in pictures]
    out.write(json.dumps([score.to_dict() for score in scores]).encode())


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_NICE)
    serve(sys.stdin.buffer, sys.stdout.buffer)
