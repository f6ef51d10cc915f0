from ryla_graphs import Workflow
from ryla_graphs.nodes import (
    ApplyInstantIDAdvanced,
    CheckpointLoaderSimple,
    CLIPTextEncode,
    ControlNetLoader,
    EmptyLatentImage,
    InstantIDFaceAnalysis,
    InstantIDModelLoader,
    KSampler,
    LoadImage,
    SaveImage,
    VAEDecode,
)


def workflow(
    prompt: str = "portrait photo of a woman reading in a cafe, morning light",
    negative_prompt: str = "blurry, deformed, watermark",
    *,
    image_file: str = "reference.png",
    width: int = 1016,
    height: int = 1016,
    seed: int = 42,
    instantid_file: str = "ip-adapter.bin",
    control_net_name: str = "instantid/diffusion_pytorch_model.safetensors",
    ckpt_name: str = "RealVisXL_V5.0_fp16.safetensors",
) -> Workflow:
    instantid = InstantIDModelLoader(instantid_file=instantid_file).named("instantid")
    control_net = ControlNetLoader(control_net_name=control_net_name).named("face-controlnet")
    model, clip, vae = CheckpointLoaderSimple(ckpt_name=ckpt_name).named("sdxl").out

    insightface = InstantIDFaceAnalysis().named("face-analysis")
    reference = LoadImage(image=image_file).named("reference").out.image
    positive = CLIPTextEncode(clip=clip, text=prompt).named("prompt")
    negative = CLIPTextEncode(clip=clip, text=negative_prompt).named("negative")
    identity = ApplyInstantIDAdvanced(
        instantid=instantid,
        insightface=insightface,
        control_net=control_net,
        image=reference,
        model=model,
        positive=positive,
        negative=negative,
        noise=0.35,
    ).named("identity")
    latent = EmptyLatentImage(width=width, height=height).named("canvas")
    samples = KSampler(
        model=identity.out.model,
        positive=identity.out.positive,
        negative=identity.out.negative,
        latent_image=latent,
        seed=seed,
        steps=30,
        cfg=4.5,
        sampler_name="ddpm",
        scheduler="karras",
    ).named("sampler")
    picture = VAEDecode(samples=samples, vae=vae).named("picture")
    save = SaveImage(images=picture, filename_prefix="sdxl_instantid").named("save")
    return Workflow(save, name="sdxl-instantid")
