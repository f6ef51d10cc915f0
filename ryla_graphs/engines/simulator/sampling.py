"""Latents: where they come from, how they are sampled, what they decode to."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ryla_graphs.engines.simulator.call import Call, Step, handles, steps
from ryla_graphs.engines.simulator.drawing import draw
from ryla_graphs.engines.simulator.values import Latents, Opaque, Pictures

Sampled = Generator[Step, None, tuple[Any, ...]]


@handles(
    "EmptyLatentImage", "EmptySD3LatentImage", "EmptyFlux2LatentImage", "EmptyHunyuanImageLatent",
    "EmptyHunyuanLatentVideo", "EmptyLTXVLatentVideo", "EmptyMochiLatentVideo", "EmptyCosmosLatentVideo",
)  # fmt: skip
def empty_latent(call: Call) -> tuple[Latents]:
    return (Latents(call["width"], call["height"], call.get("batch_size", 1), call.key, frames=call.get("length", 1)),)


@handles("WanImageToVideo", "WanFunInpaintToVideo", "WanFirstLastFrameToVideo", "LTXVImgToVideo")
def image_to_video(call: Call) -> tuple[Any, ...]:
    latents = Latents(call["width"], call["height"], call.get("batch_size", 1), call.key, frames=call["length"])
    return Opaque("CONDITIONING", f"{call.key}+"), Opaque("CONDITIONING", f"{call.key}-"), latents


def _sampled(call: Call, latents: Latents, text: str) -> Latents:
    return Latents(latents.width, latents.height, latents.batch, call.key, latents.frames, text)


@handles("KSampler")
def ksampler(call: Call) -> Sampled:
    # A lower denoise means as many steps over the last part of the noise.
    yield from steps(call["steps"] if call.get("denoise", 1.0) > 0 else 0)
    text = f"{_words(call)} seed {call['seed']}, {call['steps']} steps, cfg {call['cfg']:g}"
    return (_sampled(call, call["latent_image"], text),)


@handles("KSamplerAdvanced")
def ksampler_advanced(call: Call) -> Sampled:
    last = min(call["steps"], call["end_at_step"])
    yield from steps(max(1, last - call["start_at_step"]))
    return (_sampled(call, call["latent_image"], f"{_words(call)} seed {call['noise_seed']}, {call['steps']} steps"),)


@handles("SamplerCustomAdvanced", "SamplerCustom")
def sampler_custom(call: Call) -> Sampled:
    sigmas = call["sigmas"]
    count = int(sigmas.key.rpartition("#")[2] or 1) if isinstance(sigmas, Opaque) and "#" in sigmas.key else 1
    yield from steps(count)
    latents = _sampled(call, call["latent_image"], f"{_words(call)} {count} steps")
    return latents, latents


@handles("BasicScheduler", "KarrasScheduler", "ExponentialScheduler", "SimpleScheduler", "BetaSamplingScheduler")
def scheduler(call: Call) -> tuple[Opaque]:
    """Sigmas remember their number, which is all that progress needs."""
    return (Opaque("SIGMAS", f"{call.key}#{call['steps'] if call.get('denoise', 1.0) > 0 else 0}"),)


def _words(call: Call) -> str:
    """The text that led here: that of the first text node up the wires, which the prompt still has."""
    pending = [call.node]
    seen: set[str] = set()
    while pending:
        number = pending.pop(0)
        if number in seen:
            continue
        seen.add(number)
        inputs = call.world.prompt[number]["inputs"]
        for name in ("text", "t5xxl", "clip_l", "prompt"):
            if isinstance(inputs.get(name), str) and inputs[name]:
                return f"“{inputs[name]}”"
        links = {name: value[0] for name, value in inputs.items() if isinstance(value, list)}
        first = [links[name] for name in ("positive", "guider", "conditioning", "text") if name in links]
        pending += [*first, *links.values()]
    return ""


@handles("VAEDecode", "VAEDecodeTiled")
def vae_decode(call: Call) -> tuple[Pictures]:
    latents: Latents = call["samples"]
    count = latents.batch * latents.frames
    call.afford(latents.width, latents.height, count)
    caption = f"{latents.caption} {latents.width}x{latents.height}".strip()
    return (Pictures(tuple(draw(latents.width, latents.height, latents.key, i, caption) for i in range(count))),)


@handles("VAEEncode", "VAEEncodeTiled", "VAEEncodeForInpaint")
def vae_encode(call: Call) -> tuple[Latents]:
    pictures: Pictures = call["pixels"]
    width, height = (side - side % 8 for side in pictures.size)
    return (Latents(width, height, len(pictures.images), call.key),)


@handles("LatentUpscale")
def latent_upscale(call: Call) -> tuple[Latents]:
    latents: Latents = call["samples"]
    width, height = call["width"], call["height"]
    if not width and not height:
        return (latents,)
    width = width or max(64, round(latents.width * height / latents.height))
    height = height or max(64, round(latents.height * width / latents.width))
    return (Latents(width, height, latents.batch, call.key, latents.frames, latents.caption),)


@handles("LatentUpscaleBy")
def latent_upscale_by(call: Call) -> tuple[Latents]:
    latents: Latents = call["samples"]
    width, height = (8 * round(side / 8 * call["scale_by"]) for side in (latents.width, latents.height))
    return (Latents(width, height, latents.batch, call.key, latents.frames, latents.caption),)


@handles("RepeatLatentBatch")
def repeat_latents(call: Call) -> tuple[Latents]:
    latents: Latents = call["samples"]
    batch = latents.batch * call["amount"]
    return (Latents(latents.width, latents.height, batch, call.key, latents.frames, latents.caption),)


@handles("LatentFromBatch")
def latents_from_batch(call: Call) -> tuple[Latents]:
    latents: Latents = call["samples"]
    batch = max(1, min(call["length"], latents.batch - min(call["batch_index"], latents.batch - 1)))
    return (Latents(latents.width, latents.height, batch, call.key, latents.frames, latents.caption),)


@handles("SetLatentNoiseMask")
def set_noise_mask(call: Call) -> tuple[Latents]:
    return (call["samples"],)
