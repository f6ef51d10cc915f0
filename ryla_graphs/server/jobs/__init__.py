"""Jobs: accepted, queued, run on the engine, reported."""
