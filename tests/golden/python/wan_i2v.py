from ryla_graphs import Workflow
from ryla_graphs.nodes import (
    CLIPLoader,
    CLIPTextEncode,
    CLIPVisionEncode,
    CLIPVisionLoader,
    CreateVideo,
    KSampler,
    LoadImage,
    ModelSamplingSD3,
    SaveVideo,
    UNETLoader,
    VAEDecode,
    VAELoader,
    WanImageToVideo,
)


def workflow(
    prompt: str = "she turns around",
    negative_prompt: str = "static",
    *,
    start_image_file: str = "reference.png",
    width: int = 832,
    height: int = 480,
    length: int = 33,
    seed: int = 42,
    unet_name: str = "wan2.1_i2v_480p_14B_fp16.safetensors",
    text_encoder_name: str = "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    vae_name: str = "wan_2.1_vae.safetensors",
    clip_vision_name: str = "clip_vision_h.safetensors",
) -> Workflow:
    unet = UNETLoader(unet_name=unet_name).named("wan")
    clip = CLIPLoader(clip_name=text_encoder_name, type="wan").named("text-encoder")
    vae = VAELoader(vae_name=vae_name).named("vae")
    clip_vision = CLIPVisionLoader(clip_name=clip_vision_name).named("clip-vision")

    model = ModelSamplingSD3(model=unet, shift=8.0).named("shift")
    positive = CLIPTextEncode(clip=clip, text=prompt).named("prompt")
    negative = CLIPTextEncode(clip=clip, text=negative_prompt).named("negative")
    start_image = LoadImage(image=start_image_file).named("reference").out.image
    clip_vision_output = CLIPVisionEncode(clip_vision=clip_vision, image=start_image, crop="none").named("seen")
    canvas = WanImageToVideo(
        positive=positive,
        negative=negative,
        vae=vae,
        clip_vision_output=clip_vision_output,
        start_image=start_image,
        width=width,
        height=height,
        length=length,
    ).named("canvas")
    samples = KSampler(
        model=model,
        positive=canvas.out.positive,
        negative=canvas.out.negative,
        latent_image=canvas.out.latent,
        seed=seed,
        cfg=6.0,
        sampler_name="uni_pc",
    ).named("sampler")
    image = VAEDecode(samples=samples, vae=vae).named("frames")
    video = CreateVideo(images=image, fps=16.0).named("video")
    save = SaveVideo(video=video, filename_prefix="video/wan_i2v", codec="auto").named("save")
    return Workflow(save, name="wan-i2v")
