"""Python's cycle collector is left out while a large graph is compiled, and still finds what callers drop."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

BEFORE = """
    import gc, weakref
    from ryla_graphs import Workflow
    from ryla_graphs.nodes import EmptyImage, SaveImage

    def of(sinks):
        return Workflow(*(SaveImage(images=EmptyImage(color=n), filename_prefix=f"{n}") for n in range(sinks)))

    def old(value):
        return any(each is value for each in gc.get_objects(generation=2))

    of(1).compile()  # imports what compiles
    workflow = of(600)
    looked = []
    gc.callbacks.append(lambda phase, info: phase == "start" and looked.append(info["generation"]))
"""


def run(script: str) -> None:
    """In an interpreter of its own: the tests freeze what they import."""
    source = dedent(BEFORE) + dedent(script)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_collector_looks_at_nothing_that_a_compile_makes() -> None:
    run("""
        compiled = workflow.compile()
        made = [each for each in looked if each != 1]
        assert gc.isenabled() and len(made) <= 1, made  # when it is back it may look, and finds nothing
        assert old(compiled.document)
    """)


def test_what_the_caller_dropped_is_collected_first() -> None:
    run("""
        class Cycle: pass
        dropped = Cycle()
        dropped.itself = dropped
        seen = weakref.ref(dropped)
        del dropped
        workflow.compile()
        assert seen() is None
    """)


def test_what_the_caller_froze_stays_frozen() -> None:
    run("""
        gc.freeze()
        frozen = gc.get_freeze_count()
        compiled = workflow.compile()
        assert frozen and gc.get_freeze_count() >= frozen - 10  # some are freed, since nothing refers to them any more
        assert not old(gc)
    """)


def test_a_collector_that_is_off_stays_off() -> None:
    run("""
        gc.disable()
        workflow.compile()
        assert not gc.isenabled() and not looked
    """)


def test_a_collector_that_threads_share_is_left_alone() -> None:
    run("""
        import threading
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        workflow.compile()
        assert gc.isenabled() and 0 in looked
    """)
