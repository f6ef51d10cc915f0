"""What ``runtime_runpod.py`` wires together: ComfyUI as a worker of a RunPod queue endpoint, and its image."""
