"""Opening what people have: a picture's workflow, requests, files of the editor."""

from __future__ import annotations

import io
import json
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.clock import best
from benchmarks.shapes import deep, wide
from ryla_graphs import catalogs
from ryla_graphs.compare import compare
from ryla_graphs.formats.read import read


def report() -> None:
    """Print the table."""
    catalogs.bundled()
    print("## Reading\n\n| what | ms |\n|---|---|")
    prompt = json.loads(wide(60).compile().json())
    picture = _picture(prompt, wide(60).to_ui())
    rows: list[tuple[str, Any]] = [
        (f"the prompt in a PNG of {len(picture) / 2**20:.1f} MiB", lambda: read(picture)),
        ("its workflow of the editor, made a prompt", lambda: read(picture, prefer="workflow")),
        ("API JSON of 60 nodes", lambda: read(json.dumps(prompt).encode())),
    ]
    for nodes in (1_000, 10_000):
        large = json.dumps(json.loads(wide(nodes).compile().json())).encode()
        rows.append((f"API JSON of {nodes:,} nodes", lambda large=large: read(large)))
    chain = json.loads(deep(1_000).compile().json())
    renamed = json.loads(json.dumps(chain).replace('": {"class', 'x": {"class').replace('", 0]', 'x", 0]'))
    rows.append(("two chains of 1,000 nodes compared", lambda: compare(chain, chain)))
    rows.append(("the same with other ids", lambda: compare(chain, renamed)))
    for name, work in rows:
        print(f"| {name} | {best(work) * 1e3:.2f} |")
    print()


def _picture(prompt: dict[str, Any], workflow: dict[str, Any]) -> bytes:
    """A megapixel of noise, as ComfyUI saves it."""
    info = PngInfo()
    info.add_text("prompt", json.dumps(prompt))
    info.add_text("workflow", json.dumps(workflow))
    content = io.BytesIO()
    Image.effect_noise((1024, 1024), 80).convert("RGB").save(content, "PNG", pnginfo=info)
    return content.getvalue()
