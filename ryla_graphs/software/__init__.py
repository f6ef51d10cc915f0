"""Facts of ComfyUI releases and of node packs: what is pinned, and since when a class exists."""
