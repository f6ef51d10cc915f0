"""The parts that ``runtime_modal.py`` wires together: the HTTP runtime as a web function, ComfyUI as a GPU class."""
