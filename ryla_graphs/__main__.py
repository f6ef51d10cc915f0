"""`python -m ryla_graphs`."""

from ryla_graphs.cli import main

main()
