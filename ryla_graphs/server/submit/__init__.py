"""Turns a request into a job: reads it, stores its files, checks and confines the graph, queues it."""
