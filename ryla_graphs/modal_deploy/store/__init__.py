"""A store for deployments on Modal: records in a `modal.Dict`, content on a `modal.Volume`."""
