"""Who hears what becomes of jobs: log, numbers, product events, webhooks."""
