"""The shapes of a server's answers, which the server writes and the client reads."""
