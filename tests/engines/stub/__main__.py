"""``python -m tests.engines.stub --port 8199``: a stub server as a process of its own, for benchmarks and soaks.

It knows the bundled node classes, gives every output node as many pictures as the batch has, each named after the
prompt's id, and executes without pause. ``POST /stub/restart`` makes it forget everything and close every socket.
"""

from __future__ import annotations

import argparse

from aiohttp import web

from ryla_graphs import catalogs
from tests.engines.stub.script import Script
from tests.engines.stub.server import StubComfy


def main() -> None:
    """Serve until interrupted; the first line printed is the address."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines.stub", description="A ComfyUI that plays a script.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8199)
    parser.add_argument("--size", type=int, default=64, help="width and height of pictures (default 64)")
    parser.add_argument("--steps", type=int, default=3, help="progress events of a run (default 3)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every step (default 0)")
    parser.add_argument("--previews", action="store_true", help="send two previews a step")
    parser.add_argument("--chaos", type=float, default=0.0, metavar="SHARE", help="share of runs with a fault")
    parser.add_argument("--broken-answers", type=float, default=0.0, metavar="SHARE", help="share of 502s and resets")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    given = parser.parse_args()
    script = Script(
        outputs=None,
        size=given.size,
        steps=given.steps,
        latency=given.latency,
        previews=given.previews,
        chaos=given.chaos,
        broken_answers=given.broken_answers,
        seed=given.seed,
        object_info=catalogs.bundled().entries(),
    )
    stub = StubComfy(script)
    address = f"http://{given.host}:{given.port}"
    web.run_app(
        stub.app(), host=given.host, port=given.port, print=lambda *_: print(address, flush=True), access_log=None
    )


main()
