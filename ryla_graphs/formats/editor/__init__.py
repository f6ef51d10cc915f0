"""The editor's workflow files: what they say, what prompt they become, and how they are written."""
