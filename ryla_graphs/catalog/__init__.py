"""Node classes as data: what a class takes and gives, and the records of ComfyUI and of packs."""
