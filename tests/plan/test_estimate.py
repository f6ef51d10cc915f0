"""What plans say of graphs whose answers are known."""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import Workflow
from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalogs import NAMES, bundled
from ryla_graphs.plan import GPUS, Plan, gpu, plan_of
from ryla_graphs.plan.plan import StagePlan
from ryla_graphs.software.packs import PACKS
from ryla_graphs.software.versions import CLASSES_SINCE, FAMILIES_SINCE, OLDEST, number
from ryla_graphs.validation import View
from tests.plan.prompts import Prompt, flux, node, planned, pulid, renamed, sdxl, wan, z_image


def sampler(plan: Plan) -> StagePlan:
    (stage,) = (stage for stage in plan.stages if stage.kind == "sample")
    return stage


def custom(method: dict[str, object], sigmas: dict[str, object], guider: dict[str, object]) -> Prompt:
    """Flux through the sampler that is made of parts."""
    prompt = flux()
    prompt["method"], prompt["sigmas"], prompt["guider"] = method, sigmas, guider
    prompt["noise"] = node("RandomNoise", noise_seed=1)
    prompt["sampler"] = node(
        "SamplerCustomAdvanced",
        noise=["noise", 0],
        guider=["guider", 0],
        sampler=["method", 0],
        sigmas=["sigmas", 0],
        latent_image=["canvas", 0],
    )
    return prompt


EULER = node("KSamplerSelect", sampler_name="euler")
TWENTY = node("BasicScheduler", model=["model", 0], scheduler="simple", steps=20, denoise=1.0)
BASIC = node("BasicGuider", model=["model", 0], conditioning=["text", 0])


def test_flux_dev_is_what_is_published_of_it() -> None:
    plan = planned(flux())
    assert plan.weight_bytes == 23_802_932_552 + 246_144_152 + 9_787_841_024 + 335_304_388
    assert [file.name for file in plan.weights if file.commercial is False] == ["flux1-dev.safetensors"]
    stage = sampler(plan)
    assert (stage.family, stage.evaluations, stage.width, stage.height) == ("flux1", 20, 1024, 1024)
    assert stage.tera_operations == pytest.approx(20 * 69.5, rel=0.01)  # 74.4 with 512 tokens of text, not 256
    assert plan.peak_bytes == pytest.approx(25.9e9, rel=0.01)
    assert plan.images == 1
    assert plan.unknowns == () and plan.assumptions == ()
    assert plan.on("L40S").fit == "resident"
    assert plan.on("L40S").in_time and plan.on("L40S").in_budget
    assert plan.on("A10").fit == "offload"
    assert plan.comfyui.version == OLDEST


@pytest.mark.parametrize(
    ("changes", "evaluations"),
    [
        ({"cfg": 2.5}, 40),
        ({"sampler_name": "heun"}, 40),
        ({"sampler_name": "heunpp2"}, 60),
        ({"sampler_name": "dpmpp_2m_sde"}, 20),
        ({"sampler_name": "dpmpp_sde", "cfg": 4.0}, 80),
        ({"sampler_name": "euler_cfg_pp"}, 40),
        ({"denoise": 0.5}, 20),
    ],
)
def test_evaluations(changes: dict[str, Any], evaluations: int) -> None:
    assert sampler(planned(flux(**changes))).evaluations == evaluations


@pytest.mark.parametrize(("first", "last", "evaluations"), [(0, 10_000, 20), (5, 10_000, 15), (0, 12, 12), (5, 12, 7)])
def test_a_part_of_the_steps(first: int, last: int, evaluations: int) -> None:
    prompt = flux()
    body = prompt["sampler"]
    body["class_type"] = "KSamplerAdvanced"
    body["inputs"] |= {"add_noise": "enable", "noise_seed": 1, "start_at_step": first, "end_at_step": last}
    assert sampler(planned(prompt)).evaluations == evaluations


@pytest.mark.parametrize(
    ("method", "sigmas", "guider", "evaluations"),
    [
        (EULER, TWENTY, BASIC, 20),
        (node("SamplerDPMPP_SDE"), TWENTY, BASIC, 40),
        (EULER, node("ManualSigmas", sigmas="1, 0.7, 0.3, 0"), BASIC, 3),
        (EULER, TWENTY, node("CFGGuider", model=["model", 0], positive=["text", 0], negative=["text", 0], cfg=3.0), 40),
        (EULER, TWENTY, node("CFGGuider", model=["model", 0], positive=["text", 0], negative=["text", 0], cfg=1.0), 20),
    ],
)
def test_samplers_made_of_parts(
    method: dict[str, object], sigmas: dict[str, object], guider: dict[str, object], evaluations: int
) -> None:
    assert sampler(planned(custom(method, sigmas, guider))).evaluations == evaluations


@pytest.mark.parametrize(("slot", "evaluations"), [(0, 6), (1, 14)])
def test_a_split_schedule(slot: int, evaluations: int) -> None:
    prompt = custom(EULER, node("SplitSigmas", sigmas=["schedule", 0], step=6), BASIC)
    prompt["schedule"] = TWENTY
    prompt["sampler"]["inputs"]["sigmas"] = ["sigmas", slot]
    assert sampler(planned(prompt)).evaluations == evaluations


def test_precision_as_loaded() -> None:
    plain, cast = planned(flux()), planned(flux(dtype="fp8_e4m3fn"))
    assert sampler(cast).weight_bytes == sampler(plain).weight_bytes // 2
    assert cast.on("A10").fit in ("resident", "swap")
    fast = planned(flux(dtype="fp8_e4m3fn_fast"))
    seconds = [plan.on("L40S").seconds for plan in (fast, cast)]
    assert seconds[0] is not None and seconds[1] is not None and seconds[0] < 0.75 * seconds[1]
    assert fast.on("A10").seconds == cast.on("A10").seconds
    assert any("fp8_e4m3fn_fast is no faster" in reason for reason in fast.on("A10").reasons)


def test_a_plain_fp8_file_becomes_16_bits_where_the_card_has_no_fp8_and_the_room() -> None:
    prompt = flux()
    prompt["checkpoint"] = node("CheckpointLoaderSimple", ckpt_name="flux1-dev-fp8.safetensors")
    prompt["sampler"]["inputs"]["model"] = ["checkpoint", 0]
    plan = planned(prompt)
    peaks = {name: plan.on(name).peak_bytes or 0 for name in ("A10", "L40S", "A100-80GB")}
    assert peaks["A10"] == peaks["L40S"]
    assert peaks["A100-80GB"] == pytest.approx(peaks["L40S"] + 11.9e9, rel=0.01)


def test_a_t4_has_no_bf16() -> None:
    t4 = planned(z_image()).on("T4")
    assert any("Z-Image runs in fp32" in reason for reason in t4.reasons)
    assert (t4.seconds or 0) > 8 * (planned(z_image()).on("L4").seconds or 0)
    assert any("Flux.1 runs in fp16" in reason for reason in planned(flux()).on("T4").reasons)


def test_pulid_needs_a_newer_card_and_one_pack() -> None:
    plan = planned(pulid())
    assert plan.on("T4").fit == "no" and plan.on("T4").seconds is None
    assert "8.0" in plan.on("T4").reasons[0]
    (pack,) = plan.packs
    assert (pack.repository, len(pack.commit or "")) == ("lldacing/ComfyUI_PuLID_Flux_ll", 40)
    assert any("balazik/ComfyUI-PuLID-Flux defines ApplyPulidFlux" in text for text in pack.warnings)
    beside = set(sampler(plan).weights)
    assert {"pulid_flux_v0.9.1.safetensors", "EVA02_CLIP_L_336_psz14_s6B.pt", "flux1-dev.safetensors"} <= beside
    assert "glintr100.onnx" not in beside  # the face is analysed by the processor
    assert {file.name for file in plan.weights if file.pickled} >= {"EVA02_CLIP_L_336_psz14_s6B.pt"}


def test_a_swap_moves_what_does_not_stay() -> None:
    plan = planned(flux() | renamed(sdxl(), "sdxl-"))
    assert plan.images == 2
    assert plan.on("A100-40GB").fit == "swap"
    assert plan.on("A100-80GB").fit == "resident"
    assert (plan.on("A100-40GB").seconds or 0) > (plan.on("A100-80GB").seconds or 0)
    assert any("are moved in each run" in reason for reason in plan.on("A100-40GB").reasons)


def test_an_unknown_lora_leaves_files_open_and_nothing_else() -> None:
    prompt = flux()
    prompt["lora"] = node("LoraLoaderModelOnly", model=["model", 0], lora_name="me.safetensors", strength_model=1.0)
    prompt["sampler"]["inputs"]["model"] = ["lora", 0]
    plan = planned(prompt)
    (unknown,) = plan.unknowns
    assert "'me.safetensors' in models/loras" in str(unknown)
    assert not plan.knows("files") and plan.knows("memory") and plan.knows("seconds")
    assert plan.peak_bytes == planned(flux()).peak_bytes
    (file,) = (file for file in plan.weights if file.folder == "loras")
    assert (file.size, file.licence, file.commercial) == (None, None, None)


def test_a_model_of_a_known_family_is_taken_for_one_of_its_kind() -> None:
    mine, known = planned(flux(unet="flux1-dev-of-mine.safetensors")), planned(flux())
    assert sampler(mine).family == "flux1"
    assert sampler(mine).tera_operations == sampler(known).tera_operations
    assert mine.peak_bytes == pytest.approx(known.peak_bytes or 0, rel=0.01)
    taken = "flux1-dev-of-mine.safetensors is taken as 23.80 GB: 11.9 billion parameters in 16 bits"
    assert mine.assumptions == (taken,)
    assert not mine.knows("files") and mine.knows("memory") and mine.recommended == known.recommended


def test_a_checkpoint_of_a_known_family_is_taken_for_one_of_its_kind() -> None:
    prompt, known = sdxl(), planned(sdxl())
    prompt["checkpoint"] = node("CheckpointLoaderSimple", ckpt_name="juggernautXL_v9.safetensors")
    mine = planned(prompt)
    assert (mine.peak_bytes, mine.resident_bytes) == (known.peak_bytes, known.resident_bytes)
    assert mine.on("T4").fit == known.on("T4").fit
    assert "the parts of juggernautXL_v9.safetensors are taken to be as large as those of" in mine.assumptions[0]


def test_an_unknown_model_is_never_a_zero() -> None:
    plan = planned(flux(unet="unknown_model.safetensors"))
    assert plan.peak_bytes is None and plan.resident_bytes is None
    assert {row.fit for row in plan.gpus} <= {None, "no"}
    assert plan.cheapest is plan.fastest is plan.recommended is None
    assert sampler(plan).tera_operations is None
    assert not plan.knows("memory") and not plan.knows("seconds") and not plan.knows("cost")


def test_an_unknown_sampler_leaves_time_open() -> None:
    prompt = flux()
    prompt["sampler"]["class_type"] = "UnknownSampler"
    entry = {**bundled("core").entries()["KSampler"], "python_module": "custom_nodes.Mine"}
    catalog = bundled() | Catalog({"UnknownSampler": entry})
    plan = plan_of(View(prompt, catalog))
    assert not plan.knows("seconds") and not plan.knows("packs")
    reported = [str(unknown) for unknown in plan.unknowns]
    assert any("no sampler that the plan knows" in text for text in reported)
    assert "the node pack 'Mine' is unknown" in reported
    (pack,) = plan.packs
    assert (pack.folder, pack.repository, pack.commit) == ("Mine", None, None)


def test_the_size_of_a_picture_from_a_file_is_assumed_aloud() -> None:
    prompt = flux()
    prompt["file"] = node("LoadImage", image="me.png")
    prompt["canvas"] = node("VAEEncode", pixels=["file", 0], vae=["vae", 0])
    assert planned(prompt).assumptions == ("what LoadImage 'file' gives is taken as 1024x1024",)


@pytest.mark.parametrize(
    ("between", "width", "height", "batch"),
    [
        (node("LatentUpscaleBy", samples=["sampler", 0], upscale_method="area", scale_by=1.5), 1536, 1536, 1),
        (
            node(
                "LatentUpscale", samples=["sampler", 0], upscale_method="area", width=512, height=768, crop="disabled"
            ),
            512,
            768,
            1,
        ),
        (
            node("LatentUpscale", samples=["sampler", 0], upscale_method="area", width=512, height=0, crop="disabled"),
            512,
            512,
            1,
        ),
        (node("RepeatLatentBatch", samples=["sampler", 0], amount=3), 1024, 1024, 3),
        (node("LatentBatch", samples1=["sampler", 0], samples2=["sampler", 0]), 1024, 1024, 2),
    ],
)
def test_sizes_follow_the_graph(between: dict[str, object], width: int, height: int, batch: int) -> None:
    prompt = flux()
    prompt["between"] = between
    prompt["picture"]["inputs"]["samples"] = ["between", 0]
    (decoded,) = (stage for stage in planned(prompt).stages if stage.kind == "decode")
    assert (decoded.width, decoded.height, decoded.batch) == (width, height, batch)


@pytest.mark.parametrize(
    ("between", "width", "height"),
    [
        (node("ImageScale", image=["file", 0], upscale_method="area", width=640, height=0, crop="disabled"), 640, 640),
        (node("ImageScaleToTotalPixels", image=["file", 0], upscale_method="area", megapixels=0.25), 512, 512),
        (
            node(
                "ResizeImageMaskNode",
                input=["file", 0],
                scale_method="area",
                **{"resize_type": "scale by multiplier", "resize_type.multiplier": 2.0},
            ),
            2048,
            2048,
        ),
        (
            node(
                "ResizeImageMaskNode",
                input=["file", 0],
                scale_method="area",
                **{"resize_type": "scale width", "resize_type.width": 256},
            ),
            256,
            256,
        ),
        (node("ImageUpscaleWithModel", image=["file", 0], upscale_model=["upscaler", 0]), 4096, 4096),
    ],
)
def test_pictures_are_resized(between: dict[str, object], width: int, height: int) -> None:
    prompt = flux()
    prompt["file"] = node("LoadImage", image="me.png")
    prompt["upscaler"] = node("UpscaleModelLoader", model_name="4x.pth")
    prompt["between"] = between
    prompt["canvas"] = node("VAEEncode", pixels=["between", 0], vae=["vae", 0])
    stage = sampler(planned(prompt))
    assert (stage.width, stage.height) == (width, height)


def test_a_vae_goes_into_tiles_where_memory_runs_out() -> None:
    large = planned(flux(dtype="fp8_e4m3fn", width=2048, height=2048))
    t4 = large.on("T4")
    assert t4.fit in ("swap", "offload")
    assert any("ComfyUI splits 'picture' into tiles" in reason for reason in t4.reasons)
    assert not any("tiles" in reason for reason in large.on("H100").reasons)


def test_tiles_that_the_graph_asks_for() -> None:
    prompt = flux(width=2048, height=2048)
    whole = planned(prompt)
    prompt["picture"] = node(
        "VAEDecodeTiled",
        samples=["sampler", 0],
        vae=["vae", 0],
        tile_size=512,
        overlap=64,
        temporal_size=64,
        temporal_overlap=8,
    )
    tiled = planned(prompt)
    before, after = (next(s for s in plan.stages if s.kind == "decode") for plan in (whole, tiled))
    assert after.activation_bytes * 16 == before.activation_bytes
    assert after.tera_operations == before.tera_operations


def test_videos_have_frames() -> None:
    stage = sampler(planned(wan(length=81, steps=50)))
    assert (stage.frames, stage.evaluations, stage.family) == (81, 100, "wan")
    assert stage.tera_operations == pytest.approx(100 * 283, rel=0.01)


def test_a_controlnet_costs_its_share() -> None:
    prompt = sdxl()
    plain = sampler(planned(prompt)).tera_operations
    prompt["net"] = node("ControlNetLoader", control_net_name="instantid/diffusion_pytorch_model.safetensors")
    prompt["hint"] = node("LoadImage", image="me.png")
    prompt["control"] = node(
        "ControlNetApplyAdvanced",
        positive=["text", 0],
        negative=["text", 0],
        control_net=["net", 0],
        image=["hint", 0],
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )
    prompt["sampler"]["inputs"] |= {"positive": ["control", 0], "negative": ["control", 1]}
    with_net = sampler(planned(prompt))
    assert with_net.tera_operations == pytest.approx((plain or 0) * 1.487, rel=0.01)
    assert "instantid/diffusion_pytorch_model.safetensors" in with_net.weights


def test_a_partners_node_has_an_unknown_price() -> None:
    prompt = {
        "1": node("FluxProUltraImageNode", prompt="x", seed=1, aspect_ratio="1:1"),
        "2": node("SaveImage", images=["1", 0], filename_prefix="x"),
    }
    plan = planned(prompt)
    assert not plan.knows("cost") and plan.cheapest is None
    assert plan.peak_bytes is None


def test_a_plan_of_a_compiled_workflow_is_that_of_its_prompt() -> None:
    compiled = Workflow.load(flux()).compile()
    assert compiled.plan == planned(compiled.prompt)
    assert compiled.plan is compiled.plan


def test_rows_of_data_are_sound() -> None:
    assert set(CLASSES_SINCE) <= set(bundled("core"))
    assert CLASSES_SINCE["SeedVR2Conditioning"] == "0.28.0"
    assert all(number(since.version) > number(OLDEST) for since in FAMILIES_SINCE.values())
    assert {"T4", "L4", "A10", "L40S", "A100-40GB", "A100-80GB", "H100", "H200", "B200"} <= set(GPUS)
    for row in GPUS.values():
        assert row.basis and row.fp32_tflops < row.tflops and 0 < row.usd_per_second < 0.01
    prices = [row.usd_per_second for row in GPUS.values()]
    assert prices == sorted(prices)
    assert (gpu("a100-80").name, gpu("l40s").name, gpu("A10G").name) == ("A100-80GB", "L40S", "A10")
    assert (GPUS["T4"].bf16, GPUS["A10"].bf16, GPUS["A10"].fp8, GPUS["L4"].fp8) == (False, True, False, True)
    for pack in PACKS.values():
        assert len(pack.commit) == 40 and int(pack.commit, 16)
    folders = {schema.module.split(".")[1] for name in NAMES if name != "core" for schema in bundled(name).values()}
    assert folders <= set(PACKS)
