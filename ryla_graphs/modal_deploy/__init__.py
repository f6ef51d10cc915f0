"""What ``runtime_modal.py`` wires together: the HTTP runtime as a web function, ComfyUI as a class on GPUs."""
