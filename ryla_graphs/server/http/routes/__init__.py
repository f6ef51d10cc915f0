"""Our own routes, one file for each resource."""
