"""The parts that ``runtime_runpod.py`` wires together: ComfyUI as a RunPod worker, and its image."""
