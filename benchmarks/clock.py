"""Timing: CPU time, the best of a few rounds."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any


def best(work: Callable[[], Any], *, rounds: int = 3, collector: bool = True) -> float:
    """Seconds of CPU time that `work` takes at best; `collector` leaves Python's cycle collector on."""
    times = []
    for _ in range(rounds):
        gc.collect()
        if not collector:
            gc.disable()
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
        gc.enable()
        del result
    return min(times)


def best_of_process(arguments: Sequence[str], *, rounds: int = 7) -> float:
    """Seconds of CPU time that ``python <arguments>`` takes at best, from start to end."""
    times = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)
