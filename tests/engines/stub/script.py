"""What the stub does with a prompt: the frames it sends, and what goes wrong."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc```\x00\x00\x00\x04\x00\x01\xf6\x178U\x00\x00\x00\x00IEND\xaeB`\x82"
)

EventFault = Literal["drop", "drop after", "restart", "deaf", "lost", "twice", "swapped", "garbled"]
"""Instead of sending an event: close the socket; send it and close; restart and forget everything; send nothing any
more to this socket; leave it out; send it twice; send it after the next one; cut its JSON in two."""

AnswerFault = Literal[
    "500", "502", "521", "429", "404 page", "page", "truncated", "not json", "reset", "reset after", "slow", "hangs"
]
"""Instead of answering: an error status; a web page; half an answer; a text; hang up; do it and hang up; do it a moment
later; do it and say nothing for a minute."""

Frame = tuple[str, dict[str, Any]] | bytes | str


@dataclass
class Script:
    """What the server does."""

    outputs: dict[str, dict[str, Any]] | None = field(
        default_factory=lambda: {"save": {"images": [file("x_00001_.png"), file("x_00002_.png")]}}
    )
    """What output nodes give; None: what the graph looks like it gives."""
    steps: int = 3
    old_progress: bool = True
    """Tells each step by itself too, as servers do for nodes of the old kind; those of V3 are only among the states."""
    sent: dict[str, int] = field(default_factory=dict)
    """How many pictures nodes send over the socket instead of saving them."""
    metadata: bool = True
    """Says whose a picture is, as servers have since 0.3.50 or so."""
    previews: bool = True
    latency: float = 0.0
    """Seconds before every step."""
    size: int = 1
    """Width and height of pictures."""
    error: dict[str, Any] | None = None
    """An `execution_error`, after the steps."""
    errors: list[dict[str, Any] | None] = field(default_factory=list)
    """The same for the first, second, … prompt that is executed; None if it goes well."""
    waits: bool = False
    """Runs until it is cancelled."""
    cached: bool = False
    """Has everything already, and like servers before 0.28 tells no outputs, but has them in its history."""
    refusal: tuple[int, Any] | None = None
    """Status and body of the answer to ``POST /prompt``."""
    faults: dict[int, EventFault] = field(default_factory=dict)
    """By the number of the event, counted over the first prompt that is executed."""
    answers: dict[str, list[AnswerFault | None]] = field(default_factory=dict)
    """By the first part of the path, for the first, second, … request to it."""
    overtaken: bool = False
    """A run is on record before anything of it has been sent: that comes after the first answer that says so."""
    waits_for_return: bool = False
    """After it has closed a socket it goes on only when the client is back."""
    away: float = 0.0
    """How many seconds a restart takes."""
    jobs_api: bool = True
    pongs: bool = True
    own_id: str | None = None
    """The id it gives the run whatever the client asks for, as old servers do."""
    noise: bool = True
    """Sends messages that are not about this run."""
    chaos: float = 0.0
    """The share of runs that have a fault at some event."""
    broken_answers: float = 0.0
    """The share of requests that end in a 502 or are hung up on."""
    seed: int = 0
    """Of the two."""
    object_info: Mapping[str, Any] = field(
        default_factory=lambda: {"Only": {"input": {"required": {"x": ["INT", {}]}}, "output": []}}
    )


def file(name: str, subfolder: str = "pictures", folder: str = "output") -> dict[str, str]:
    """An output file as ComfyUI reports it."""
    return {"filename": name, "subfolder": subfolder, "type": folder}


def frames(script: Script, prompt_id: str, outputs: dict[str, Any], error: dict[str, Any] | None) -> list[Frame]:
    """What a run that is not cancelled tells, up to its end but without it."""
    facts = {"prompt_id": prompt_id}
    sequence: list[Frame] = [("execution_start", facts)]
    sequence.append(("execution_cached", facts | {"nodes": list(outputs) if script.cached else []}))
    if script.cached:
        return sequence
    if script.noise:
        sequence += [("progress", {"prompt_id": "another", "node": "1", "value": 1, "max": 2}), "garbage", b"\x00"]
    sequence += [
        ("progress_state", facts | {"nodes": states(prompt_id, "sampler", 0.0, 1.0)}),
        ("executing", facts | {"node": "sampler", "display_node": "sampler"}),
    ]
    for step in range(1, script.steps + 1):
        sequence.append(("progress_state", facts | {"nodes": states(prompt_id, "sampler", step, script.steps)}))
        if script.old_progress:
            sequence.append(("progress", facts | {"node": "sampler", "value": step, "max": script.steps}))
        if script.previews:
            sequence += [sent_picture(script, prompt_id, "sampler"), struct.pack(">II", 1, 1) + b"jpeg"]
    sequence.append(("progress_state", facts | {"nodes": states(prompt_id, None, 0, 0)}))
    if error is None and not script.waits:
        for node, count in script.sent.items():
            sequence.append(("executing", facts | {"node": node, "display_node": node.partition(".")[0]}))
            sequence += [sent_picture(script, prompt_id, node, index) for index in range(count)]
        for node, output in outputs.items():
            # A node such as `7.0.0.1` is one that `7` expanded into.
            places = {"node": node, "display_node": node.partition(".")[0]}
            sequence.append(("executing", facts | places))
            sequence.append(("executed", facts | places | {"output": output}))
    return sequence


def states(prompt_id: str, node: str | None, value: float, most: float) -> dict[str, Any]:
    """The states of all nodes that have begun: a loader that has ended, and a node that is on."""
    rows = {"loader": (1.0, 1.0, "finished")} | ({node: (value, most, "running")} if node is not None else {})
    return {
        name: {
            "value": at,
            "max": of,
            "state": state,
            "node_id": name,
            "prompt_id": prompt_id,
            "display_node_id": name,
            "parent_node_id": None,
            "real_node_id": name,
        }
        for name, (at, of, state) in rows.items()
    }


def sent_picture(script: Script, prompt_id: str, node: str, index: int = 0) -> bytes:
    """A picture as a frame, each other than the one before."""
    content = PNG + index.to_bytes(2, "big")
    if not script.metadata:
        return struct.pack(">II", 1, 2) + content
    facts = {"node_id": node, "display_node_id": node.partition(".")[0], "image_type": "image/png"}
    metadata = json.dumps(facts | {"prompt_id": prompt_id}).encode()
    return struct.pack(">II", 4, len(metadata)) + metadata + content


def boundaries(script: Script) -> int:
    """How many events a run has under a script, its end included."""
    return len(frames(script, "x", script.outputs or {}, script.error)) + 2


def outputs_of(prompt: dict[str, Any], prompt_id: str) -> dict[str, Any]:
    """Pictures for every node that looks like it saves some, as many as the batch has, named after the run."""
    batch = max((body["inputs"].get("batch_size", 1) for body in prompt.values()), default=1)
    found = {}
    for node, body in prompt.items():
        if body["class_type"].startswith(("Save", "Preview")):
            subfolder, _, prefix = str(body["inputs"].get("filename_prefix", "temp")).rpartition("/")
            folder = "output" if body["class_type"].startswith("Save") else "temp"
            names = (f"{prefix}_{prompt_id}_{index:05}_.png" for index in range(1, batch + 1))
            found[node] = {"images": [file(name, subfolder, folder) for name in names]}
    return found


def picture(size: int, text: str) -> bytes:
    """A grey PNG that says what it is."""
    return b"".join((_head(size), _chunk(b"tEXt", b"stub\0" + text.encode()), _body(size), _chunk(b"IEND", b"")))


def _head(size: int) -> bytes:
    return PNG[:8] + _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))


@cache
def _body(size: int) -> bytes:
    """Noise, so that a picture has the bytes of a picture; the same for every picture of a size."""
    noise = random.Random(size).randbytes(3 * size * size).translate(bytes(value & 15 for value in range(256)))
    rows = b"".join(b"\0" + noise[start : start + 3 * size] for start in range(0, len(noise), 3 * size))
    return _chunk(b"IDAT", zlib.compress(rows, 1))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def chaos(draw: random.Random, share: float, events: int) -> dict[int, EventFault]:
    """The faults of one run on a server where this share of runs has one."""
    if draw.random() >= share:
        return {}
    kinds: tuple[EventFault, ...] = ("drop", "drop after", "deaf", "lost", "twice", "swapped", "garbled")
    return {draw.randrange(events): draw.choice(kinds)}
