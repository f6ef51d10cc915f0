"""Programs that a person runs by hand, against the real thing."""
