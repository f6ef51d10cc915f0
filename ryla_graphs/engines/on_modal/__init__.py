"""ComfyUI on Modal's GPUs: the engine of the web side, and the worker of the GPU side."""
