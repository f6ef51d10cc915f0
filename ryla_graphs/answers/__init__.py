"""What a server answers: the shapes that it writes, and that the client reads."""
