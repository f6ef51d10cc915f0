"""Faces: InstantID, PuLID, InfiniteYou, and the files that find and measure a face for them."""

from __future__ import annotations

from ryla_graphs.weights.manifest.licences import AGPL, APACHE, CC_BY_NC, INSIGHTFACE, MIT
from ryla_graphs.weights.weight import Content, HubFile, Licence, Precision, WebFile, Weight


def _antelope(name: str, size: int, sha256: str) -> Weight:
    return Weight(
        name=name,
        folder="insightface/models/antelopev2",
        content="face",
        size=size,
        sha256=sha256,
        licence=INSIGHTFACE,
        sources=(HubFile("DIAMONIK7777/antelopev2", name),),
    )


def _facexlib(name: str, release: str, size: int, sha256: str) -> Weight:
    return Weight(
        name=name,
        folder="facexlib",
        content="face",
        size=size,
        sha256=sha256,
        licence=MIT,
        sources=(WebFile(f"https://github.com/xinntao/facexlib/releases/download/{release}/{name}"),),
    )


def _infinite_you(name: str, content: Content, precision: Precision | None, size: int, sha256: str) -> Weight:
    return Weight(
        name=name,
        folder="infinite_you",
        content=content,
        family="flux1",
        precision=precision,
        size=size,
        sha256=sha256,
        licence=CC_BY_NC,
        sources=(HubFile("ByteDance/InfiniteYou", f"infu_flux_v1.0/{name}"),),
    )


def _opencv(folder: str, name: str, content: Content, sha256: str, licence: Licence) -> Weight:
    """A file that measures faces, see `ryla_graphs.faces`; this URL serves the bytes, others an LFS pointer."""
    place = f"opencv/opencv_zoo/main/models/{folder}/{name}"
    return Weight(
        name=name,
        folder="faces",
        content=content,
        sha256=sha256,
        licence=licence,
        sources=(WebFile(f"https://media.githubusercontent.com/media/{place}"),),
    )


ROWS: tuple[Weight, ...] = (
    Weight(
        name="ip-adapter.bin",
        folder="instantid",
        content="adapter",
        family="sdxl",
        size=1_691_134_141,
        sha256="02b3618e36d803784166660520098089a81388e61a93ef8002aa79a5b1c546e1",
        licence=APACHE,
        sources=(HubFile("InstantX/InstantID", "ip-adapter.bin"),),
    ),
    Weight(
        name="instantid/diffusion_pytorch_model.safetensors",
        folder="controlnet",
        content="controlnet",
        family="sdxl",
        precision="fp16",
        size=2_502_139_136,
        sha256="c8127be9f174101ebdafee9964d856b49b634435cf6daa396d3f593cf0bbbb05",
        licence=APACHE,
        sources=(HubFile("InstantX/InstantID", "ControlNetModel/diffusion_pytorch_model.safetensors"),),
    ),
    Weight(
        name="pulid_flux_v0.9.1.safetensors",
        folder="pulid",
        content="adapter",
        family="flux1",
        size=1_142_099_520,
        sha256="92c41c3af322b02e58e1b32842e4601e08c8f16ec1fe80089dbe957df510f51d",
        licence=APACHE,
        sources=(HubFile("guozinan/PuLID", "pulid_flux_v0.9.1.safetensors"),),
    ),
    Weight(
        name="EVA02_CLIP_L_336_psz14_s6B.pt",
        folder="text_encoders",
        content="clip vision",
        size=856_461_210,
        sha256="84c3a17a228c567a155259b2245b0b59072bf7da510260a0a02ec54de6d50b05",
        licence=MIT,
        sources=(HubFile("QuanSun/EVA-CLIP", "EVA02_CLIP_L_336_psz14_s6B.pt"),),
    ),
    Weight(
        name="bbox/face_yolov8m.pt",
        folder="ultralytics",
        content="detector",
        size=52_026_019,
        sha256="717923c19b3f4bbf5250b728f1fa6b2cb72a33aed1d236ea9caf0e21ad943e5f",
        licence=AGPL,
        sources=(HubFile("Bingsu/adetailer", "face_yolov8m.pt"),),
    ),
    _antelope("1k3d68.onnx", 143_607_619, "df5c06b8a0c12e422b2ed8947b8869faa4105387f199c477af038aa01f9a45cc"),
    _antelope("2d106det.onnx", 5_030_888, "f001b856447c413801ef5c42091ed0cd516fcd21f2d6b79635b1e733a7109dbf"),
    _antelope("genderage.onnx", 1_322_532, "4fde69b1c810857b88c64a335084f1c3fe8f01246c9a191b48c7bb756d6652fb"),
    _antelope("glintr100.onnx", 260_665_334, "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf"),
    _antelope("scrfd_10g_bnkps.onnx", 16_923_827, "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91"),
    _facexlib(
        "detection_Resnet50_Final.pth",
        "v0.1.0",
        109_497_761,
        "6d1de9c2944f2ccddca5f5e010ea5ae64a39845a86311af6fdf30841b0a5a16d",
    ),
    _facexlib(
        "parsing_bisenet.pth",
        "v0.2.0",
        53_289_463,
        "468e13ca13a9b43cc0881a9f99083a430e9c0a38abd935431d1c28ee94b26567",
    ),
    _facexlib(
        "parsing_parsenet.pth",
        "v0.2.2",
        85_331_193,
        "3d558d8d0e42c20224f13cf5a29c79eba2d59913419f945545d8cf7b72920de2",
    ),
    _infinite_you(
        "sim_stage1/infusenet_sim_fp8e4m3fn.safetensors",
        "controlnet",
        "fp8",
        2_952_691_776,
        "de810f98f99ff103ea2529a141cdbe62c856177851d1660b33c3ade7ff0dba56",
    ),
    _infinite_you(
        "sim_stage1/image_proj_model.bin",
        "adapter",
        None,
        338_413_026,
        "b7a8a1b6fecf2731b2ac64bde33a1885014949c8c08f3efaebd0665bb0e8ad8f",
    ),
    _infinite_you(
        "aes_stage2/infusenet_aes_fp8e4m3fn.safetensors",
        "controlnet",
        "fp8",
        2_952_691_776,
        "7f6526ae545731182f95e5ff2f1dedddfe4adb3895ba727f332029e7df8395a7",
    ),
    _infinite_you(
        "aes_stage2/image_proj_model.bin",
        "adapter",
        None,
        338_413_026,
        "f85518431d7367de30b9558a939c003462a7e331e8c8b929146916dc27e471d6",
    ),
    _opencv(
        "face_detection_yunet",
        "face_detection_yunet_2023mar.onnx",
        "detector",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        MIT,
    ),
    _opencv(
        "face_recognition_sface",
        "face_recognition_sface_2021dec.onnx",
        "face",
        "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        APACHE,
    ),
)
