"""Generated rows; `ryla_graphs.weights.manifest.templates` reads them."""
