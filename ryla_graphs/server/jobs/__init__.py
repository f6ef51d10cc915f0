"""Jobs: accept, queue, run on the engine, report."""
