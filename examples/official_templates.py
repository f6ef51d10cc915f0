"""Every official template on the simulator, and what it had to guess: python examples/official_templates.py [WORD…]

Needs the extras `templates` and `media`. Input files are made: pictures, videos and sound of a usual size. With
--strict, a template that needs a guess counts as failed; with --paid, templates that call paid services run too.
"""

from __future__ import annotations

import argparse
import io
import time
import wave
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from PIL import Image

from ryla_graphs import Workflow
from ryla_graphs.engines import Engine, connect, run
from ryla_graphs.engines.inputs import file_inputs
from ryla_graphs.problems import RylaError
from ryla_graphs.sources.templates import template, templates

SOUNDS = {".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a"}
VIDEOS = {".mp4", ".webm", ".mkv", ".mov", ".avi"}
BODIES = {".glb", ".obj", ".ply", ".stl", ".fbx", ".gltf"}


@cache
def picture() -> bytes:
    """A picture with an alpha channel."""
    buffer = io.BytesIO()
    Image.new("RGBA", (1024, 768), (90, 120, 150, 255)).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def sound() -> bytes:
    """Five seconds of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(4 * 44_100 * 5))
    return buffer.getvalue()


@cache
def video() -> bytes:
    """Two seconds of video with sound, made by the simulator itself."""
    frames = {"width": 512, "height": 320, "batch_size": 48, "color": 0x5078A0}
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": frames},
        "2": {"class_type": "EmptyAudio", "inputs": {"duration": 2.0, "sample_rate": 44_100, "channels": 2}},
        "3": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 24.0, "audio": ["2", 0]}},
        "4": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["3", 0], "filename_prefix": "x", "format": "mp4", "format.codec": "h264"},
        },
    }
    return run(connect("simulator"), Workflow.load(graph)).outputs[0].read()


def made(name: str) -> bytes | None:
    """A file of the kind that a name asks for; None for a kind that is not made here."""
    suffix = PurePosixPath(name.split(" [", 1)[0]).suffix.lower()
    if suffix in BODIES:
        return None
    return sound() if suffix in SOUNDS else video() if suffix in VIDEOS else picture()


def outcome(engine: Engine, name: str) -> tuple[str, tuple[str, ...]]:
    """How a template ran: `computed`, `guessed`, `no input`, `failed`; and why."""
    try:
        compiled = Workflow.open(template(name)).compile(check=False)
        inputs = {file: made(file) for _, _, file in file_inputs(compiled)}
        missing = tuple(file for file, content in inputs.items() if content is None)
        if missing:
            return "no input", missing
        result = run(engine, compiled, {file: content for file, content in inputs.items() if content is not None})
    except RylaError as error:
        return "failed", (str(error),)
    return ("guessed", result.guessed) if result.guessed else ("computed", ())


def chosen(words: list[str], *, paid: bool) -> Iterator[str]:
    """The names of the templates that are asked for."""
    for row in templates():
        if (paid or not row.paid) and all(word in row.name for word in words):
            yield row.name


def main() -> None:
    """Run them all, and print a line for each and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only templates whose name has these words")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--paid", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="print the counts only")
    options = parser.parse_args()
    engine, counts, started = connect("simulator", strict=options.strict), Counter[str](), time.perf_counter()
    for name in chosen(options.words, paid=options.paid):
        ended, reasons = outcome(engine, name)
        counts[ended] += 1
        if not options.quiet:
            print(f"{ended:9} {name}", *reasons[:5], sep="\n            " if reasons else " ")
    print(f"{counts.total()} templates in {time.perf_counter() - started:.0f} s:", dict(counts.most_common()))


if __name__ == "__main__":
    main()
