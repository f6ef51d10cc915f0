"""The typed form of a graph: wires, nodes, `Graph`, and the passes that rewrite it."""
