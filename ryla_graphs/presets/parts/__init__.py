"""What several presets share: parameters, loaders, and stretches of graph."""
