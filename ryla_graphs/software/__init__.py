"""Facts of ComfyUI releases and of node packs: what is pinned, and the release that first had each class."""
