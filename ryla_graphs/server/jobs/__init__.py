"""Jobs: accepted, queued, run on the engine, told of."""
