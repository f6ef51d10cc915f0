/* GENERATED from the server's OpenAPI document: do not edit. `npm run generate` writes it again. */
import type { FileInput } from "./files.js";

/** One LoRA of a stack. */
export interface Lora {
  /** File in models/loras, with or without .safetensors */
  loraId: string;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
}

/** One picture of the sheet. */
export interface View {
  /** Name of the output; lowercase letters, digits, - and _ */
  name: string;
  /** Angle or pose, added to the prompt; by default the name */
  prompt?: string | undefined;
}

/** A picture from text with Flux.1 Dev. */
export interface FluxDevParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Flux.1 Schnell, in four steps. */
export interface FluxSchnellParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 4 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-schnell.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Flux.1 Dev and one or several LoRAs. */
export interface FluxLoraParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Z-Image Turbo, in eight steps. */
export interface ZImageTurboParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 8 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** How long sampling stays with coarse structure; 3 is usual; 0 to 100; by default 3 */
  shift?: number | undefined;
  /** Diffusion model in models/diffusion_models; by default "z_image_turbo_bf16.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 3 4B in models/text_encoders; by default "qwen_3_4b.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae, the same as Flux's; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text, or pictures edited as the prompt says, with Flux.2 Klein in four steps. */
export interface Flux2KleinParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 4 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The picture to edit: over HTTP a file, URL or id, else a name in input/; the result has its shape */
  image?: FileInput | null | undefined;
  /** A second picture that the prompt can refer to */
  image2?: FileInput | null | undefined;
  /** A third picture that the prompt can refer to */
  image3?: FileInput | null | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux-2-klein-4b.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 3 in models/text_encoders: 4B for Klein 4B, 8B for Klein 9B; by default "qwen_3_4b.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "flux2-vae.safetensors" */
  vaeName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Qwen-Image, which can write text into it. */
export interface QwenImageParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 50 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 4 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** How long sampling stays with coarse structure; 3 is usual; 0 to 100; by default 3.1 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 2.5 VL 7B in models/text_encoders; by default "qwen_2.5_vl_7b_fp8_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "qwen_image_vae.safetensors" */
  vaeName?: string | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1328 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1328 */
  height?: number | undefined;
  /** Diffusion model in models/diffusion_models; by default "qwen_image_2512_fp8_e4m3fn.safetensors" */
  unetName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with SDXL; a ControlNet adds edges, depth or pose of another one. */
export interface SdxlParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 25 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 7 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The sampler: how each step is computed; by default "dpmpp_2m" */
  samplerName?: "euler" | "euler_ancestral" | "heun" | "dpmpp_2m" | "dpmpp_2m_sde" | "dpmpp_3m_sde" | "dpmpp_sde" | "uni_pc" | "ddim" | "lcm" | undefined;
  /** The scheduler: how the steps are spread over the noise; by default "karras" */
  scheduler?: "karras" | "normal" | "simple" | "sgm_uniform" | "exponential" | "beta" | "ddim_uniform" | undefined;
  /** Apply the LoRAs to the text encoders too; by default true */
  textEncoder?: boolean | undefined;
  /** VAE in models/vae instead of the checkpoint's own */
  vaeName?: string | null | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** A picture whose shapes guide the new one: over HTTP a file, URL or id, else a name in input/ */
  controlImage?: FileInput | null | undefined;
  /** What to take from it: its edges, its depth, or the pose of a person; by default "canny" */
  control?: "canny" | "depth" | "pose" | undefined;
  /** The picture already shows edges, depth or a skeleton; otherwise they are detected; by default false */
  controlIsMap?: boolean | undefined;
  /** The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints) */
  readerName?: string | null | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Share of the steps in which it acts; at most 1; by default 1 */
  controlnetEnd?: number | undefined;
  /** SDXL model in models/checkpoints; by default "sd_xl_base_1.0.safetensors" */
  checkpointName?: string | undefined;
  /** ControlNet in models/controlnet, for one kind of map or for all */
  controlnetName?: string | null | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Stable Diffusion 1.5; a ControlNet adds edges, depth or pose of another one. */
export interface Sd15Parameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 7 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The sampler: how each step is computed; by default "dpmpp_2m" */
  samplerName?: "euler" | "euler_ancestral" | "heun" | "dpmpp_2m" | "dpmpp_2m_sde" | "dpmpp_3m_sde" | "dpmpp_sde" | "uni_pc" | "ddim" | "lcm" | undefined;
  /** The scheduler: how the steps are spread over the noise; by default "karras" */
  scheduler?: "karras" | "normal" | "simple" | "sgm_uniform" | "exponential" | "beta" | "ddim_uniform" | undefined;
  /** Apply the LoRAs to the text encoders too; by default true */
  textEncoder?: boolean | undefined;
  /** VAE in models/vae instead of the checkpoint's own */
  vaeName?: string | null | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 512 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 512 */
  height?: number | undefined;
  /** A picture whose shapes guide the new one: over HTTP a file, URL or id, else a name in input/ */
  controlImage?: FileInput | null | undefined;
  /** What to take from it: its edges, its depth, or the pose of a person; by default "canny" */
  control?: "canny" | "depth" | "pose" | undefined;
  /** The picture already shows edges, depth or a skeleton; otherwise they are detected; by default false */
  controlIsMap?: boolean | undefined;
  /** The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints) */
  readerName?: string | null | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Share of the steps in which it acts; at most 1; by default 1 */
  controlnetEnd?: number | undefined;
  /** The layer of the text encoder to use, counted from the end; anime models want 2; 1 to 12; by default 1 */
  clipSkip?: number | undefined;
  /** SD 1.5 model in models/checkpoints; by default "v1-5-pruned-emaonly-fp16.safetensors" */
  checkpointName?: string | undefined;
  /** ControlNet in models/controlnet; by default the one for `control` */
  controlnetName?: string | null | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** Several pictures of one prompt with Flux.1 Dev, each with a seed of its own, all in one graph. */
export interface BaseImagesParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** How many pictures; 1 to 16; by default 4 */
  count?: number | undefined;
  /** The seed of each picture; if left out they count up from seed */
  seeds?: (number | bigint | -1 | string)[] | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture from text with Flux.1 Dev, redrawn with the face of a reference picture. */
export interface FluxInstantidParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  instantidStrength?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** InstantID adapter in models/instantid; by default "ip-adapter.bin" */
  instantidName?: string | undefined;
  /** InstantID ControlNet in models/controlnet; by default "instantid/diffusion_pytorch_model.safetensors" */
  controlnetName?: string | undefined;
  /** Redraw the faces alone and keep every other pixel of the first stage; needs Impact Pack; by default false */
  faceOnly?: boolean | undefined;
  /** Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0; by default "bbox/face_yolov8m.pt" */
  detectorName?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  refineSteps?: number | undefined;
  /** Guidance of the second stage; 4 to 5 suit InstantID; 1 to 30; by default 4.5 */
  refineCfg?: number | undefined;
  /** How much the second stage redraws; if left out 0.55, with faceOnly 0.7; at most 1 */
  refineDenoise?: number | undefined;
  /** LoRAs of SDXL for the second stage, as in loras */
  refineLoras?: Lora[] | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** A picture from text with Flux.1 Dev and PuLID, with the face of a reference picture. */
export interface FluxPulidParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** How strongly the face acts; 0 is off, 0.8 to 1 is usual; -1 to 5; by default 0.9 */
  pulidStrength?: number | undefined;
  /** Share of the steps before the face acts; 0.1 to 0.2 looks more natural; 0 to 1; by default 0 */
  pulidStart?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** PuLID's weights in models/pulid; by default "pulid_flux_v0.9.1.safetensors" */
  pulidName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** A picture from text with Z-Image Turbo, redrawn with the face of a reference picture. */
export interface ZImageInstantidParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** How long sampling stays with coarse structure; 3 is usual; 0 to 100; by default 3 */
  shift?: number | undefined;
  /** Diffusion model in models/diffusion_models; by default "z_image_turbo_bf16.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 3 4B in models/text_encoders; by default "qwen_3_4b.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae, the same as Flux's; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  instantidStrength?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** InstantID adapter in models/instantid; by default "ip-adapter.bin" */
  instantidName?: string | undefined;
  /** InstantID ControlNet in models/controlnet; by default "instantid/diffusion_pytorch_model.safetensors" */
  controlnetName?: string | undefined;
  /** Redraw the faces alone and keep every other pixel of the first stage; needs Impact Pack; by default false */
  faceOnly?: boolean | undefined;
  /** Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0; by default "bbox/face_yolov8m.pt" */
  detectorName?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  refineSteps?: number | undefined;
  /** Guidance of the second stage; 4 to 5 suit InstantID; 1 to 30; by default 4.5 */
  refineCfg?: number | undefined;
  /** How much the second stage redraws; if left out 0.55, with faceOnly 0.7; at most 1 */
  refineDenoise?: number | undefined;
  /** LoRAs of SDXL for the second stage, as in loras */
  refineLoras?: Lora[] | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** A picture from text with SDXL and InstantID, with the face of a reference picture. */
export interface SdxlInstantidParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  steps?: number | undefined;
  /** Guidance; 4 to 5 suit InstantID; 1 to 30; by default 4.5 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  instantidStrength?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** InstantID adapter in models/instantid; by default "ip-adapter.bin" */
  instantidName?: string | undefined;
  /** InstantID ControlNet in models/controlnet; by default "instantid/diffusion_pytorch_model.safetensors" */
  controlnetName?: string | undefined;
  /** In pixels, a multiple of 8; 64 to 4096; by default 1016 */
  width?: number | undefined;
  /** In pixels, a multiple of 8; 64 to 4096; by default 1016 */
  height?: number | undefined;
  /** Picture whose face sets position and angle; by default the reference */
  poseImage?: FileInput | null | undefined;
  /** Apply the LoRAs to the text encoders too; by default false */
  textEncoder?: boolean | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** One person from several sides: a picture for each angle or pose, all in one graph. */
export interface CharacterSheetParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  instantidStrength?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** InstantID adapter in models/instantid; by default "ip-adapter.bin" */
  instantidName?: string | undefined;
  /** InstantID ControlNet in models/controlnet; by default "instantid/diffusion_pytorch_model.safetensors" */
  controlnetName?: string | undefined;
  /** Redraw the faces alone and keep every other pixel of the first stage; needs Impact Pack; by default false */
  faceOnly?: boolean | undefined;
  /** Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0; by default "bbox/face_yolov8m.pt" */
  detectorName?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  refineSteps?: number | undefined;
  /** Guidance of the second stage; 4 to 5 suit InstantID; 1 to 30; by default 4.5 */
  refineCfg?: number | undefined;
  /** How much the second stage redraws; if left out 0.55, with faceOnly 0.7; at most 1 */
  refineDenoise?: number | undefined;
  /** LoRAs of SDXL for the second stage, as in loras */
  refineLoras?: Lora[] | undefined;
  /** The pictures, each with name and prompt */
  views?: View[] | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** A picture with its largest face redrawn as the face of a reference picture. */
export interface FaceSwapParameters {
  /** What to show, in words; by default "photo of a person, natural skin, detailed face" */
  prompt?: string | undefined;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  steps?: number | undefined;
  /** Guidance; 4 to 5 suit InstantID; 1 to 30; by default 4.5 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Picture of the person, with one face: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  instantidStrength?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.8 */
  controlnetStrength?: number | undefined;
  /** Where InsightFace analyses the face; by default "CPU" */
  faceProvider?: "CPU" | "GPU" | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** InstantID adapter in models/instantid; by default "ip-adapter.bin" */
  instantidName?: string | undefined;
  /** InstantID ControlNet in models/controlnet; by default "instantid/diffusion_pytorch_model.safetensors" */
  controlnetName?: string | undefined;
  /** The picture that gets the face: over HTTP a file, URL or id, else a name in input/ */
  baseImage: FileInput;
  /** How much is redrawn; 1 redraws all of it; at most 1; by default 0.7 */
  denoise?: number | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0; by default "bbox/face_yolov8m.pt" */
  detectorName?: string | undefined;
  /** Picture of the base picture's shape, white where to redraw; instead of a detector and Impact Pack */
  maskImage?: FileInput | null | undefined;
  /** Apply the LoRAs to the text encoders too; by default false */
  textEncoder?: boolean | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
  /** Measure afterwards how well the face was kept; needs the person's consent, and not every server can */
  measureFace?: boolean | undefined;
}

/** A picture with every face redrawn in more detail, with SDXL and Impact Pack. */
export interface FaceDetailerParameters {
  /** What to show, in words; by default "photo of a person, natural skin, detailed face" */
  prompt?: string | undefined;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 5 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The sampler: how each step is computed; by default "dpmpp_2m" */
  samplerName?: "euler" | "euler_ancestral" | "heun" | "dpmpp_2m" | "dpmpp_2m_sde" | "dpmpp_3m_sde" | "dpmpp_sde" | "uni_pc" | "ddim" | "lcm" | undefined;
  /** The scheduler: how the steps are spread over the noise; by default "karras" */
  scheduler?: "karras" | "normal" | "simple" | "sgm_uniform" | "exponential" | "beta" | "ddim_uniform" | undefined;
  /** Apply the LoRAs to the text encoders too; by default true */
  textEncoder?: boolean | undefined;
  /** VAE in models/vae instead of the checkpoint's own */
  vaeName?: string | null | undefined;
  /** The picture: over HTTP a file, URL or id, else a name in input/ */
  image: FileInput;
  /** How much is redrawn; 1 redraws all of it; at most 1; by default 0.4 */
  denoise?: number | undefined;
  /** Side of the enlarged face with its surroundings, in pixels; 64 to 2048; by default 1024 */
  cropSize?: number | undefined;
  /** How much around a face the model sees; 1 is the face alone; 1 to 10; by default 2.5 */
  cropFactor?: number | undefined;
  /** How sure the detector must be; at most 1; by default 0.5 */
  threshold?: number | undefined;
  /** Pixels over which a face blends into the picture; 0 to 100; by default 8 */
  feather?: number | undefined;
  /** Face detector in models/ultralytics, with Impact Pack and its Subpack; AGPL-3.0; by default "bbox/face_yolov8m.pt" */
  detectorName?: string | undefined;
  /** Segment Anything in models/sams, to follow outlines: sam_vit_b_01ec64.pth */
  samName?: string | null | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture redrawn by a prompt with Flux.1 Dev. */
export interface FluxImg2imgParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** The picture to redraw: over HTTP a file, URL or id, else a name in input/ */
  baseImage: FileInput;
  /** How much is redrawn; 1 redraws all of it; at most 1; by default 0.6 */
  denoise?: number | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture edited as the prompt says, with Flux.1 Kontext. */
export interface FluxKontextParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Kontext model in models/diffusion_models; by default "flux1-dev-kontext_fp8_scaled.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 2.5 */
  guidance?: number | undefined;
  /** The first picture: over HTTP a file, URL or id, else a name in input/; the result has its shape */
  image: FileInput;
  /** A second picture that the prompt can refer to */
  image2?: FileInput | null | undefined;
  /** A third picture that the prompt can refer to */
  image3?: FileInput | null | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** Pictures edited as the prompt says, with Qwen-Image-Edit. */
export interface QwenImageEditParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 40 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 4 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** How long sampling stays with coarse structure; 3 is usual; 0 to 100; by default 3.1 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 2.5 VL 7B in models/text_encoders; by default "qwen_2.5_vl_7b_fp8_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "qwen_image_vae.safetensors" */
  vaeName?: string | undefined;
  /** The first picture: over HTTP a file, URL or id, else a name in input/; the result has its shape */
  image: FileInput;
  /** A second picture that the prompt can refer to */
  image2?: FileInput | null | undefined;
  /** A third picture that the prompt can refer to */
  image3?: FileInput | null | undefined;
  /** Edit model in models/diffusion_models; by default "qwen_image_edit_2511_fp8mixed.safetensors" */
  unetName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A part of a picture redrawn, or its sides extended, with Flux.1 Fill. */
export interface FluxFillParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Fill model in models/diffusion_models; by default "flux1-fill-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; Fill wants about 30; 0 to 100; by default 30 */
  guidance?: number | undefined;
  /** The picture to work on: over HTTP a file, URL or id, else a name in input/ */
  baseImage: FileInput;
  /** Picture of the same shape, white where to draw; without it, what is transparent is drawn */
  maskImage?: FileInput | null | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** Pixels to add on the left, a multiple of 16; the other sides work the same; 0 to 4096; by default 0 */
  left?: number | undefined;
  /** Pixels to add above; 0 to 4096; by default 0 */
  top?: number | undefined;
  /** Pixels to add on the right; 0 to 4096; by default 0 */
  right?: number | undefined;
  /** Pixels to add below; 0 to 4096; by default 0 */
  bottom?: number | undefined;
  /** Over how many pixels the added sides blend into the picture; 0 to 512; by default 24 */
  feathering?: number | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A part of a picture redrawn with SDXL: the part that a mask or the picture's transparency marks. */
export interface SdxlInpaintParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 7 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The sampler: how each step is computed; by default "dpmpp_2m" */
  samplerName?: "euler" | "euler_ancestral" | "heun" | "dpmpp_2m" | "dpmpp_2m_sde" | "dpmpp_3m_sde" | "dpmpp_sde" | "uni_pc" | "ddim" | "lcm" | undefined;
  /** The scheduler: how the steps are spread over the noise; by default "karras" */
  scheduler?: "karras" | "normal" | "simple" | "sgm_uniform" | "exponential" | "beta" | "ddim_uniform" | undefined;
  /** Apply the LoRAs to the text encoders too; by default true */
  textEncoder?: boolean | undefined;
  /** VAE in models/vae instead of the checkpoint's own */
  vaeName?: string | null | undefined;
  /** The picture to work on: over HTTP a file, URL or id, else a name in input/ */
  baseImage: FileInput;
  /** Picture of the same shape, white where to draw; without it, what is transparent is drawn */
  maskImage?: FileInput | null | undefined;
  /** By how many pixels the mask is made larger; 0 to 512; by default 8 */
  growMask?: number | undefined;
  /** How much is redrawn; 1 redraws all of it; at most 1; by default 1 */
  denoise?: number | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** SDXL model in models/checkpoints; one made for inpainting or any other; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture with the edges, depth or pose of another one, with Flux.1 Dev and a union ControlNet. */
export interface FluxControlnetParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** A picture whose shapes guide the new one: over HTTP a file, URL or id, else a name in input/ */
  controlImage: FileInput;
  /** What to take from it: its edges, its depth, or the pose of a person; by default "canny" */
  control?: "canny" | "depth" | "pose" | undefined;
  /** The picture already shows edges, depth or a skeleton; otherwise they are detected; by default false */
  controlIsMap?: boolean | undefined;
  /** The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints) */
  readerName?: string | null | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 0.7 */
  controlnetStrength?: number | undefined;
  /** Share of the steps after which the prompt acts alone; at most 1; by default 0.8 */
  controlnetEnd?: number | undefined;
  /** Union ControlNet in models/controlnet; by default "FLUX.1-dev-ControlNet-Union-Pro-2.0.safetensors" */
  controlnetName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture with the edges, depth or pose of another one, with Z-Image Turbo and a union ControlNet. */
export interface ZImageControlnetParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 8 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** How long sampling stays with coarse structure; 3 is usual; 0 to 100; by default 3 */
  shift?: number | undefined;
  /** Diffusion model in models/diffusion_models; by default "z_image_turbo_bf16.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** Qwen 3 4B in models/text_encoders; by default "qwen_3_4b.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae, the same as Flux's; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** A picture whose shapes guide the new one: over HTTP a file, URL or id, else a name in input/ */
  controlImage: FileInput;
  /** What to take from it: its edges, its depth, or the pose of a person; by default "canny" */
  control?: "canny" | "depth" | "pose" | undefined;
  /** The picture already shows edges, depth or a skeleton; otherwise they are detected; by default false */
  controlIsMap?: boolean | undefined;
  /** The model that finds depth (in models/geometry_estimation) or a pose (in models/checkpoints) */
  readerName?: string | null | undefined;
  /** The picture is scaled to this size, in 1024 x 1024 pixels, first; 0.1 to 4; by default 1 */
  megapixels?: number | undefined;
  /** 0 has no effect, 1 is full strength; 0 to 3; by default 1 */
  controlnetStrength?: number | undefined;
  /** ControlNet in models/model_patches; by default "Z-Image-Turbo-Fun-Controlnet-Union.safetensors" */
  controlnetName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** Variations of a picture, or a mixture of several, with Flux.1 Dev and Redux. */
export interface FluxReduxParameters {
  /** What to show, in words; optional */
  prompt?: string | undefined;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; 1 is none; above 1 each step costs twice and the negative prompt acts; 1 to 30; by default 1 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** Apply the LoRAs to the text encoders too; most Flux LoRAs have nothing for them; by default false */
  textEncoder?: boolean | undefined;
  /** Diffusion model in models/diffusion_models; by default "flux1-dev.safetensors" */
  unetName?: string | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** CLIP-L in models/text_encoders; by default "clip_l.safetensors" */
  clipName1?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName2?: string | undefined;
  /** VAE in models/vae; by default "ae.safetensors" */
  vaeName?: string | undefined;
  /** One file in models/checkpoints instead of these, such as flux1-dev-fp8.safetensors */
  fluxCheckpointName?: string | null | undefined;
  /** Flux's distilled guidance; costs nothing; 0 to 100; by default 3.5 */
  guidance?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 1024 */
  height?: number | undefined;
  /** The first picture: over HTTP a file, URL or id, else a name in input/; the result has its shape */
  image: FileInput;
  /** A second picture that the prompt can refer to */
  image2?: FileInput | null | undefined;
  /** A third picture that the prompt can refer to */
  image3?: FileInput | null | undefined;
  /** How much the pictures count against the prompt; 0.2 to 0.6 leaves it room; 0 to 10; by default 1 */
  reduxStrength?: number | undefined;
  /** Use the middle square of each picture, or all of it squeezed into a square; by default "center" */
  crop?: "center" | "none" | undefined;
  /** Redux model in models/style_models; by default "flux1-redux-dev.safetensors" */
  styleModelName?: string | undefined;
  /** SigLIP model in models/clip_vision; by default "sigclip_vision_patch14_384.safetensors" */
  clipVisionName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture made larger by an upscaling model and, with `tiledDiffusion`, redrawn by SDXL. */
export interface UpscaleParameters {
  /** Redraw the enlarged picture with SDXL, tile by tile; the parameters below are for this; by default false */
  tiledDiffusion?: boolean | undefined;
  /** What to show, in words; by default "sharp, highly detailed photo" */
  prompt?: string | undefined;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 7 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** The sampler: how each step is computed; by default "dpmpp_2m" */
  samplerName?: "euler" | "euler_ancestral" | "heun" | "dpmpp_2m" | "dpmpp_2m_sde" | "dpmpp_3m_sde" | "dpmpp_sde" | "uni_pc" | "ddim" | "lcm" | undefined;
  /** The scheduler: how the steps are spread over the noise; by default "karras" */
  scheduler?: "karras" | "normal" | "simple" | "sgm_uniform" | "exponential" | "beta" | "ddim_uniform" | undefined;
  /** Apply the LoRAs to the text encoders too; by default true */
  textEncoder?: boolean | undefined;
  /** VAE in models/vae instead of the checkpoint's own */
  vaeName?: string | null | undefined;
  /** The picture to enlarge: over HTTP a file, URL or id, else a name in input/ */
  image: FileInput;
  /** How many times as wide and as high it becomes; 1 to 8; by default 2 */
  scale?: number | undefined;
  /** Upscaling model in models/upscale_models, of any factor; by default "RealESRGAN_x4plus.safetensors" */
  upscalerName?: string | undefined;
  /** How much is redrawn; 1 redraws all of it; at most 1; by default 0.3 */
  denoise?: number | undefined;
  /** Pixels of a tile's side; SDXL draws best at 1024; 256 to 2048; by default 1024 */
  tileSize?: number | undefined;
  /** By how many pixels tiles overlap and blend; 0 to 512; by default 128 */
  tileOverlap?: number | undefined;
  /** SDXL model in models/checkpoints; by default "RealVisXL_V5.0_fp16.safetensors" */
  checkpointName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture made larger and sharper with SeedVR2, in one step. */
export interface Seedvr2UpscaleParameters {
  /** The picture to upscale: over HTTP a file, URL or id, else a name in input/ */
  image: FileInput;
  /** The shorter side, in pixels; 64 to 8192; by default 2048 */
  resolution?: number | undefined;
  /** How colours are matched to the original; lab is the most faithful; by default "lab" */
  colorCorrection?: "lab" | "wavelet" | "adain" | "none" | undefined;
  /** Below 2^32; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** ComfyUI's own nodes, or the pack ComfyUI-SeedVR2_VideoUpscaler; by default "core" */
  nodes?: "core" | "numz" | undefined;
  /** Diffusion model, in models/diffusion_models; with numz in models/SEEDVR2 */
  unetName?: string | undefined;
  /** VAE, in models/vae; with numz in models/SEEDVR2 */
  vaeName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A picture without its background, as a PNG with transparency, or on another background. */
export interface RemoveBackgroundParameters {
  /** The picture: over HTTP a file, URL or id, else a name in input/ */
  image: FileInput;
  /** Background colour, such as #ffffff */
  backgroundColor?: string | null | undefined;
  /** Background picture, cropped to fit; with neither, the background is transparent */
  backgroundImage?: FileInput | null | undefined;
  /** Save the mask too, white where the foreground is; by default false */
  saveMask?: boolean | undefined;
  /** BiRefNet in models/background_removal; by default "birefnet.safetensors" */
  modelName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A video from text with Wan 2.1. */
export interface WanT2vParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 6 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 832 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 480 */
  height?: number | undefined;
  /** Frames: 4k+1, so 33 are two seconds at 16 a second; 1 to 1025; by default 33 */
  length?: number | undefined;
  /** Frames a second; Wan was trained at 16; 1 to 120; by default 16 */
  fps?: number | undefined;
  /** How long sampling stays with coarse structure; 8 is usual; 0 to 100; by default 8 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** UMT5 in models/text_encoders; by default "umt5_xxl_fp8_e4m3fn_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "wan_2.1_vae.safetensors" */
  vaeName?: string | undefined;
  /** Diffusion model in models/diffusion_models; by default "wan2.1_t2v_1.3B_fp16.safetensors" */
  unetName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A video that begins with a picture, with Wan 2.1. */
export interface WanI2vParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 20 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 6 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 832 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 480 */
  height?: number | undefined;
  /** Frames: 4k+1, so 33 are two seconds at 16 a second; 1 to 1025; by default 33 */
  length?: number | undefined;
  /** Frames a second; Wan was trained at 16; 1 to 120; by default 16 */
  fps?: number | undefined;
  /** How long sampling stays with coarse structure; 8 is usual; 0 to 100; by default 8 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** UMT5 in models/text_encoders; by default "umt5_xxl_fp8_e4m3fn_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "wan_2.1_vae.safetensors" */
  vaeName?: string | undefined;
  /** Diffusion model in models/diffusion_models; by default "wan2.1_i2v_480p_14B_fp16.safetensors" */
  unetName?: string | undefined;
  /** The first frame: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** CLIP vision model in models/clip_vision; by default "clip_vision_h.safetensors" */
  clipVisionName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A video from text with Wan 2.2, five seconds at 832 x 480. */
export interface Wan22T2vParameters {
  /** Draw in 4 steps at cfg 1 with LoRAs made for that, a tenth of the time and less motion; by default false */
  fourSteps?: boolean | undefined;
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps of both experts; if left out 20, with fourSteps 4; 2 to 200 */
  steps?: number | undefined;
  /** Guidance; if left out 3.5, with fourSteps 1, where negatives have no effect; 1 to 30 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 832 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 480 */
  height?: number | undefined;
  /** Frames: 4k+1, so 33 are two seconds at 16 a second; 1 to 1025; by default 81 */
  length?: number | undefined;
  /** Frames a second; Wan was trained at 16; 1 to 120; by default 16 */
  fps?: number | undefined;
  /** How long sampling stays with coarse structure; 5 is usual; 0 to 100; by default 5 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** UMT5 in models/text_encoders; by default "umt5_xxl_fp8_e4m3fn_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "wan_2.1_vae.safetensors" */
  vaeName?: string | undefined;
  /** How many of the steps the first expert takes; half if left out; 1 to 199 */
  highNoiseSteps?: number | undefined;
  /** LoRAs of the first expert only, as in loras */
  highNoiseLoras?: Lora[] | undefined;
  /** LoRAs of the second expert only, as in loras */
  lowNoiseLoras?: Lora[] | undefined;
  /** The expert of the first steps, in models/diffusion_models; by default "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors" */
  highNoiseName?: string | undefined;
  /** The expert of the last steps, in models/diffusion_models; by default "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors" */
  lowNoiseName?: string | undefined;
  /** The LoRA that makes the first expert quick, in models/loras; by default "wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors" */
  highFourStepsName?: string | undefined;
  /** The LoRA that makes the second expert quick, in models/loras; by default "wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors" */
  lowFourStepsName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A video that begins with a picture, with Wan 2.2, five seconds at 832 x 480. */
export interface Wan22I2vParameters {
  /** Draw in 4 steps at cfg 1 with LoRAs made for that, a tenth of the time and less motion; by default false */
  fourSteps?: boolean | undefined;
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps of both experts; if left out 20, with fourSteps 4; 2 to 200 */
  steps?: number | undefined;
  /** Guidance; if left out 3.5, with fourSteps 1, where negatives have no effect; 1 to 30 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 832 */
  width?: number | undefined;
  /** In pixels, a multiple of 16; 64 to 8192; by default 480 */
  height?: number | undefined;
  /** Frames: 4k+1, so 33 are two seconds at 16 a second; 1 to 1025; by default 81 */
  length?: number | undefined;
  /** Frames a second; Wan was trained at 16; 1 to 120; by default 16 */
  fps?: number | undefined;
  /** How long sampling stays with coarse structure; 5 is usual; 0 to 100; by default 5 */
  shift?: number | undefined;
  /** Precision to load the diffusion model in; fp8 takes half the memory of bf16; by default "default" */
  weightDtype?: "default" | "fp8_e4m3fn" | "fp8_e4m3fn_fast" | "fp8_e5m2" | undefined;
  /** UMT5 in models/text_encoders; by default "umt5_xxl_fp8_e4m3fn_scaled.safetensors" */
  clipName?: string | undefined;
  /** VAE in models/vae; by default "wan_2.1_vae.safetensors" */
  vaeName?: string | undefined;
  /** How many of the steps the first expert takes; half if left out; 1 to 199 */
  highNoiseSteps?: number | undefined;
  /** LoRAs of the first expert only, as in loras */
  highNoiseLoras?: Lora[] | undefined;
  /** LoRAs of the second expert only, as in loras */
  lowNoiseLoras?: Lora[] | undefined;
  /** The expert of the first steps, in models/diffusion_models; by default "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors" */
  highNoiseName?: string | undefined;
  /** The expert of the last steps, in models/diffusion_models; by default "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors" */
  lowNoiseName?: string | undefined;
  /** The LoRA that makes the first expert quick, in models/loras; by default "wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors" */
  highFourStepsName?: string | undefined;
  /** The LoRA that makes the second expert quick, in models/loras; by default "wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors" */
  lowFourStepsName?: string | undefined;
  /** The first frame: over HTTP a file, URL or id, else a name in input/ */
  referenceImage: FileInput;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** A video from text with LTX-Video; with `referenceImage` it begins with that picture. */
export interface LtxVideoParameters {
  /** What to show, in words */
  prompt: string;
  /** What to avoid; acts only at a cfg above 1 */
  negativePrompt?: string | undefined;
  /** Sampling steps; 1 to 200; by default 30 */
  steps?: number | undefined;
  /** Guidance; at 1 the negative prompt has no effect; 1 to 30; by default 3 */
  cfg?: number | undefined;
  /** Same seed, same picture; drawn if left out, or if it is -1 or `random` */
  seed?: number | bigint | -1 | string | undefined;
  /** File in models/loras, with or without .safetensors */
  loraId?: string | null | undefined;
  /** How strongly it acts; 0 is off, 1 is full; -10 to 10; by default 0.8 */
  loraStrength?: number | undefined;
  /** Put at the front of the prompt, once */
  triggerWord?: string | undefined;
  /** LoRAs, applied in this order, each with loraId, loraStrength, triggerWord */
  loras?: Lora[] | undefined;
  /** In pixels, a multiple of 32; 64 to 4096; by default 768 */
  width?: number | undefined;
  /** In pixels, a multiple of 32; 64 to 4096; by default 512 */
  height?: number | undefined;
  /** Frames: 8k+1, so 97 are four seconds at 24 a second; 9 to 1025; by default 97 */
  length?: number | undefined;
  /** Frames per second; the model sees the number too; 1 to 120; by default 24 */
  fps?: number | undefined;
  /** The first frame: over HTTP a file, URL or id, else a name in input/; if left out, the prompt alone decides */
  referenceImage?: FileInput | null | undefined;
  /** How closely the video starts from it; 1 is exactly; 0 to 1; by default 1 */
  referenceStrength?: number | undefined;
  /** LTX-Video model in models/checkpoints; by default "ltx-video-2b-v0.9.5.safetensors" */
  checkpointName?: string | undefined;
  /** T5 in models/text_encoders; by default "t5xxl_fp16.safetensors" */
  clipName?: string | undefined;
  /** Receives the job when it has ended, signed as Standard Webhooks; https */
  webhookUrl?: string | undefined;
  /** Labels to find the job by: `GET /jobs?label=name:value` */
  labels?: Record<string, string> | undefined;
  /** The kind of GPU, such as `L40S`, on deployments with several; by default the plan chooses one */
  gpu?: string | undefined;
  /** The most that the job may cost by the plan's estimate, in USD, on deployments with several GPUs or routes */
  maxCostUsd?: number | undefined;
  /** The user that the job is for, by whom routes with shares are chosen; by default the caller */
  userKey?: string | undefined;
}

/** The parameters of each preset, by its name. */
export interface PresetParameters {
  "flux-dev": FluxDevParameters;
  "flux-schnell": FluxSchnellParameters;
  "flux-lora": FluxLoraParameters;
  "z-image-turbo": ZImageTurboParameters;
  "flux2-klein": Flux2KleinParameters;
  "qwen-image": QwenImageParameters;
  "sdxl": SdxlParameters;
  "sd15": Sd15Parameters;
  "base-images": BaseImagesParameters;
  "flux-instantid": FluxInstantidParameters;
  "flux-pulid": FluxPulidParameters;
  "z-image-instantid": ZImageInstantidParameters;
  "sdxl-instantid": SdxlInstantidParameters;
  "character-sheet": CharacterSheetParameters;
  "face-swap": FaceSwapParameters;
  "face-detailer": FaceDetailerParameters;
  "flux-img2img": FluxImg2imgParameters;
  "flux-kontext": FluxKontextParameters;
  "qwen-image-edit": QwenImageEditParameters;
  "flux-fill": FluxFillParameters;
  "sdxl-inpaint": SdxlInpaintParameters;
  "flux-controlnet": FluxControlnetParameters;
  "z-image-controlnet": ZImageControlnetParameters;
  "flux-redux": FluxReduxParameters;
  "upscale": UpscaleParameters;
  "seedvr2-upscale": Seedvr2UpscaleParameters;
  "remove-background": RemoveBackgroundParameters;
  "wan-t2v": WanT2vParameters;
  "wan-i2v": WanI2vParameters;
  "wan22-t2v": Wan22T2vParameters;
  "wan22-i2v": Wan22I2vParameters;
  "ltx-video": LtxVideoParameters;
}

/** A method for each preset, which runs it to its end. */
export abstract class PresetCalls<R, O> {
  /** Run a preset to its end. */
  abstract runPreset(name: string, parameters: object, options?: O): Promise<R>;

  /** A picture from text with Flux.1 Dev. */
  fluxDev(parameters: FluxDevParameters, options?: O): Promise<R> {
    return this.runPreset("flux-dev", parameters, options);
  }
  /** A picture from text with Flux.1 Schnell, in four steps. */
  fluxSchnell(parameters: FluxSchnellParameters, options?: O): Promise<R> {
    return this.runPreset("flux-schnell", parameters, options);
  }
  /** A picture from text with Flux.1 Dev and one or several LoRAs. */
  fluxLora(parameters: FluxLoraParameters, options?: O): Promise<R> {
    return this.runPreset("flux-lora", parameters, options);
  }
  /** A picture from text with Z-Image Turbo, in eight steps. */
  zImageTurbo(parameters: ZImageTurboParameters, options?: O): Promise<R> {
    return this.runPreset("z-image-turbo", parameters, options);
  }
  /** A picture from text, or pictures edited as the prompt says, with Flux.2 Klein in four steps. */
  flux2Klein(parameters: Flux2KleinParameters, options?: O): Promise<R> {
    return this.runPreset("flux2-klein", parameters, options);
  }
  /** A picture from text with Qwen-Image, which can write text into it. */
  qwenImage(parameters: QwenImageParameters, options?: O): Promise<R> {
    return this.runPreset("qwen-image", parameters, options);
  }
  /** A picture from text with SDXL; a ControlNet adds edges, depth or pose of another one. */
  sdxl(parameters: SdxlParameters, options?: O): Promise<R> {
    return this.runPreset("sdxl", parameters, options);
  }
  /** A picture from text with Stable Diffusion 1.5; a ControlNet adds edges, depth or pose of another one. */
  sd15(parameters: Sd15Parameters, options?: O): Promise<R> {
    return this.runPreset("sd15", parameters, options);
  }
  /** Several pictures of one prompt with Flux.1 Dev, each with a seed of its own, all in one graph. */
  baseImages(parameters: BaseImagesParameters, options?: O): Promise<R> {
    return this.runPreset("base-images", parameters, options);
  }
  /** A picture from text with Flux.1 Dev, redrawn with the face of a reference picture. */
  fluxInstantid(parameters: FluxInstantidParameters, options?: O): Promise<R> {
    return this.runPreset("flux-instantid", parameters, options);
  }
  /** A picture from text with Flux.1 Dev and PuLID, with the face of a reference picture. */
  fluxPulid(parameters: FluxPulidParameters, options?: O): Promise<R> {
    return this.runPreset("flux-pulid", parameters, options);
  }
  /** A picture from text with Z-Image Turbo, redrawn with the face of a reference picture. */
  zImageInstantid(parameters: ZImageInstantidParameters, options?: O): Promise<R> {
    return this.runPreset("z-image-instantid", parameters, options);
  }
  /** A picture from text with SDXL and InstantID, with the face of a reference picture. */
  sdxlInstantid(parameters: SdxlInstantidParameters, options?: O): Promise<R> {
    return this.runPreset("sdxl-instantid", parameters, options);
  }
  /** One person from several sides: a picture for each angle or pose, all in one graph. */
  characterSheet(parameters: CharacterSheetParameters, options?: O): Promise<R> {
    return this.runPreset("character-sheet", parameters, options);
  }
  /** A picture with its largest face redrawn as the face of a reference picture. */
  faceSwap(parameters: FaceSwapParameters, options?: O): Promise<R> {
    return this.runPreset("face-swap", parameters, options);
  }
  /** A picture with every face redrawn in more detail, with SDXL and Impact Pack. */
  faceDetailer(parameters: FaceDetailerParameters, options?: O): Promise<R> {
    return this.runPreset("face-detailer", parameters, options);
  }
  /** A picture redrawn by a prompt with Flux.1 Dev. */
  fluxImg2img(parameters: FluxImg2imgParameters, options?: O): Promise<R> {
    return this.runPreset("flux-img2img", parameters, options);
  }
  /** A picture edited as the prompt says, with Flux.1 Kontext. */
  fluxKontext(parameters: FluxKontextParameters, options?: O): Promise<R> {
    return this.runPreset("flux-kontext", parameters, options);
  }
  /** Pictures edited as the prompt says, with Qwen-Image-Edit. */
  qwenImageEdit(parameters: QwenImageEditParameters, options?: O): Promise<R> {
    return this.runPreset("qwen-image-edit", parameters, options);
  }
  /** A part of a picture redrawn, or its sides extended, with Flux.1 Fill. */
  fluxFill(parameters: FluxFillParameters, options?: O): Promise<R> {
    return this.runPreset("flux-fill", parameters, options);
  }
  /** A part of a picture redrawn with SDXL: the part that a mask or the picture's transparency marks. */
  sdxlInpaint(parameters: SdxlInpaintParameters, options?: O): Promise<R> {
    return this.runPreset("sdxl-inpaint", parameters, options);
  }
  /** A picture with the edges, depth or pose of another one, with Flux.1 Dev and a union ControlNet. */
  fluxControlnet(parameters: FluxControlnetParameters, options?: O): Promise<R> {
    return this.runPreset("flux-controlnet", parameters, options);
  }
  /** A picture with the edges, depth or pose of another one, with Z-Image Turbo and a union ControlNet. */
  zImageControlnet(parameters: ZImageControlnetParameters, options?: O): Promise<R> {
    return this.runPreset("z-image-controlnet", parameters, options);
  }
  /** Variations of a picture, or a mixture of several, with Flux.1 Dev and Redux. */
  fluxRedux(parameters: FluxReduxParameters, options?: O): Promise<R> {
    return this.runPreset("flux-redux", parameters, options);
  }
  /** A picture made larger by an upscaling model and, with `tiledDiffusion`, redrawn by SDXL. */
  upscale(parameters: UpscaleParameters, options?: O): Promise<R> {
    return this.runPreset("upscale", parameters, options);
  }
  /** A picture made larger and sharper with SeedVR2, in one step. */
  seedvr2Upscale(parameters: Seedvr2UpscaleParameters, options?: O): Promise<R> {
    return this.runPreset("seedvr2-upscale", parameters, options);
  }
  /** A picture without its background, as a PNG with transparency, or on another background. */
  removeBackground(parameters: RemoveBackgroundParameters, options?: O): Promise<R> {
    return this.runPreset("remove-background", parameters, options);
  }
  /** A video from text with Wan 2.1. */
  wanT2v(parameters: WanT2vParameters, options?: O): Promise<R> {
    return this.runPreset("wan-t2v", parameters, options);
  }
  /** A video that begins with a picture, with Wan 2.1. */
  wanI2v(parameters: WanI2vParameters, options?: O): Promise<R> {
    return this.runPreset("wan-i2v", parameters, options);
  }
  /** A video from text with Wan 2.2, five seconds at 832 x 480. */
  wan22T2v(parameters: Wan22T2vParameters, options?: O): Promise<R> {
    return this.runPreset("wan22-t2v", parameters, options);
  }
  /** A video that begins with a picture, with Wan 2.2, five seconds at 832 x 480. */
  wan22I2v(parameters: Wan22I2vParameters, options?: O): Promise<R> {
    return this.runPreset("wan22-i2v", parameters, options);
  }
  /** A video from text with LTX-Video; with `referenceImage` it begins with that picture. */
  ltxVideo(parameters: LtxVideoParameters, options?: O): Promise<R> {
    return this.runPreset("ltx-video", parameters, options);
  }
}
