"""What all videos have: frames, and a file."""

from __future__ import annotations

from ryla_graphs.graph.wires import Source
from ryla_graphs.nodes import CreateVideo, SaveVideo, VAEDecode
from ryla_graphs.sockets import Latent, Vae


def save_video(latent: Source[Latent], vae: Source[Vae], fps: float, prefix: str) -> SaveVideo:
    """Decode a video and save it, as MP4 with H.264."""
    frames = VAEDecode(samples=latent, vae=vae).named("frames")
    video = CreateVideo(images=frames, fps=fps).named("video")
    # Before 0.33 ComfyUI reads `codec`, from then on the codec inside `format`.
    saved = SaveVideo(video=video, filename_prefix=prefix, format=SaveVideo.Format.Auto(), codec="auto")
    return saved.named("save")
