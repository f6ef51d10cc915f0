"""What keeps a server safe, one small module for each danger. docs/safety.md is the table."""
