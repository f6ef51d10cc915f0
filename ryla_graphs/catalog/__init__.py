"""Node classes as data: their inputs and outputs, and the bundled recordings of ComfyUI and of node packs."""
