"""The typed form of a graph: links, nodes, `Graph`, and the passes that rewrite it."""
