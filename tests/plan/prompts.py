"""Prompts for the tests of plans, as API JSON, so that every value is in sight."""

from __future__ import annotations

from typing import Any

from ryla_graphs.catalogs import bundled
from ryla_graphs.plan import Plan, plan_of
from ryla_graphs.validation import View

Prompt = dict[str, dict[str, Any]]


def planned(prompt: Prompt) -> Plan:
    """The plan of a prompt."""
    return plan_of(View(prompt, bundled()))


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    """One node's body."""
    return {"class_type": class_type, "inputs": inputs}


def renamed(prompt: Prompt, prefix: str) -> Prompt:
    """The same prompt with other ids, so that it can stand beside another."""
    return {
        prefix + number: node(
            body["class_type"],
            **{
                name: [prefix + value[0], value[1]] if isinstance(value, list) else value
                for name, value in body["inputs"].items()
            },
        )
        for number, body in prompt.items()
    }


def flux(*, unet: str = "flux1-dev.safetensors", dtype: str = "default", **changes: Any) -> Prompt:
    """Text to picture with Flux.1; `changes` are of the sampler or the canvas, by input name."""
    prompt = {
        "model": node("UNETLoader", unet_name=unet, weight_dtype=dtype),
        "clip": node(
            "DualCLIPLoader", clip_name1="clip_l.safetensors", clip_name2="t5xxl_fp16.safetensors", type="flux"
        ),
        "vae": node("VAELoader", vae_name="ae.safetensors"),
        "text": node("CLIPTextEncode", text="a red bicycle", clip=["clip", 0]),
        "canvas": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
        "sampler": node(
            "KSampler",
            model=["model", 0],
            seed=1,
            steps=20,
            cfg=1.0,
            sampler_name="euler",
            scheduler="simple",
            positive=["text", 0],
            negative=["text", 0],
            latent_image=["canvas", 0],
            denoise=1.0,
        ),
        "picture": node("VAEDecode", samples=["sampler", 0], vae=["vae", 0]),
        "save": node("SaveImage", images=["picture", 0], filename_prefix="x"),
    }
    for name, value in changes.items():
        holder = next(body for body in (prompt["canvas"], prompt["sampler"]) if name in body["inputs"])
        holder["inputs"][name] = value
    return prompt


def sdxl(**changes: Any) -> Prompt:
    """Text to picture with SDXL and a negative prompt."""
    changes = {"cfg": 5.0, "steps": 30} | changes
    prompt = flux(**changes)
    prompt["checkpoint"] = node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors")
    prompt["text"]["inputs"]["clip"] = ["checkpoint", 1]
    prompt["sampler"]["inputs"]["model"] = ["checkpoint", 0]
    prompt["picture"]["inputs"]["vae"] = ["checkpoint", 2]
    return {number: body for number, body in prompt.items() if number not in ("model", "clip", "vae")}


def z_image(**changes: Any) -> Prompt:
    """Text to picture with Z-Image-Turbo."""
    changes = {"steps": 8} | changes
    prompt = flux(unet="z_image_turbo_bf16.safetensors", **changes)
    prompt["clip"] = node("CLIPLoader", clip_name="qwen_3_4b.safetensors", type="lumina2")
    return prompt


def wan(*, length: int = 33, **changes: Any) -> Prompt:
    """Text to video with Wan 2.1 1.3B."""
    changes = {"cfg": 6.0, "steps": 30} | changes
    prompt = flux(unet="wan2.1_t2v_1.3B_fp16.safetensors", **changes)
    prompt["clip"] = node("CLIPLoader", clip_name="umt5_xxl_fp8_e4m3fn_scaled.safetensors", type="wan")
    prompt["vae"] = node("VAELoader", vae_name="wan_2.1_vae.safetensors")
    size = {"width": 832, "height": 480} | {
        key: value for key, value in changes.items() if key in ("width", "height", "batch_size")
    }
    prompt["canvas"] = node("EmptyHunyuanLatentVideo", **({"length": length, "batch_size": 1} | size))
    prompt["video"] = node("CreateVideo", images=["picture", 0], fps=16.0)
    prompt["save"] = node("SaveVideo", video=["video", 0], filename_prefix="x", format="auto", codec="auto")
    return prompt


def pulid() -> Prompt:
    """Flux.1 with a face from a picture."""
    prompt = flux()
    prompt["pulid"] = node("PulidFluxModelLoader", pulid_file="pulid_flux_v0.9.1.safetensors")
    prompt["faces"] = node("PulidFluxInsightFaceLoader", provider="CPU")
    prompt["eva"] = node("PulidFluxEvaClipLoader")
    prompt["reference"] = node("LoadImage", image="me.png")
    prompt["identity"] = node(
        "ApplyPulidFlux",
        model=["model", 0],
        pulid_flux=["pulid", 0],
        eva_clip=["eva", 0],
        face_analysis=["faces", 0],
        image=["reference", 0],
        weight=0.9,
        start_at=0.0,
        end_at=1.0,
    )
    prompt["sampler"]["inputs"]["model"] = ["identity", 0]
    return prompt
