"""Videos that are saved."""

from __future__ import annotations

from ryla_graphs.engines.simulator.files import animation, motion_jpeg_mp4
from ryla_graphs.engines.simulator.saving.registry import saves
from ryla_graphs.engines.simulator.world import Node
from ryla_graphs.shapes.values import ImageShape


@saves("SaveVideo")
def save_video(node: Node) -> None:
    video = node["video"]
    frames = ImageShape(video.frames, video.height, video.width, content=video.content)
    images = node.images(frames)
    name, subfolder = node.world.names.next(node["filename_prefix"], ".mp4", images[0].size)
    node.save("video", name, motion_jpeg_mp4(images, float(video.fps)), subfolder=subfolder)


@saves("VHS_VideoCombine")
def combine_video(node: Node) -> None:
    images, fps = node.images(node["images"]), node["frame_rate"]
    still = node["format"] in ("image/gif", "image/webp")
    suffix = f".{node['format'].rpartition('/')[2]}" if still else ".mp4"
    name, subfolder = node.world.names.next(node["filename_prefix"], suffix, images[0].size)
    content = animation(images, fps, suffix[1:].upper()) if still else motion_jpeg_mp4(images, fps)
    node.save("video", name.replace(f"_{suffix}", suffix), content, subfolder=subfolder)


@saves("SaveWEBM")
def save_webm(node: Node) -> None:
    raise node.fail("the simulator has no encoder for this format; run the graph on a ComfyUI server")
