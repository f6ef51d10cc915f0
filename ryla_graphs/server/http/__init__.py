"""Where requests come in and answers go out: routes of ours and of Comfy API v2, one place for errors."""
