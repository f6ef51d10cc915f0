"""From what a caller sends to a job: read, files kept, judged, confined, queued."""
