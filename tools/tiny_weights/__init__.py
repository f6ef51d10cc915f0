"""Small random weight files for a real ComfyUI on a processor; see `__main__`."""
