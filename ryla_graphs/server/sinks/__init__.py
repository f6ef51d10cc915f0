"""Sinks for the events of jobs: log, metrics, product events, webhooks, traces, face scores."""
