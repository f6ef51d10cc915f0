"""Sizes by names: quantisations, files that the manifest does not have, files of a models folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs.catalogs import bundled
from ryla_graphs.families import FAMILIES
from ryla_graphs.models_folder import ModelsFolder
from ryla_graphs.plan import GPUS, Plan, choose_gpu, plan_of
from ryla_graphs.plan.architectures import architecture
from ryla_graphs.plan.sizing import PARTS, guessed, packed
from ryla_graphs.validation import View
from ryla_graphs.weights import MANIFEST, Weight
from ryla_graphs.weights.precision import quantisation
from ryla_graphs.weights.sizes import Parameters, Size, nominal
from tests.conftest import recorded
from tests.plan.prompts import Prompt, flux, node, planned, sdxl
from tests.test_cli import good, ryla

NAMES = {
    "flux1-dev-Q4_K_S.gguf": ("Q4_K_S", 4.5),
    "Wan2.2-T2V-A14B-HighNoise-Q6_K.gguf": ("Q6_K", 6.5625),
    "qwen-image-edit-2511-Q4_K_M.gguf": ("Q4_K_M", 4.5),
    "t5-v1_1-xxl-encoder-Q8_0.gguf": ("Q8_0", 8.5),
    "model-IQ4_XS.gguf": ("IQ4_XS", 4.25),
    "z_image_turbo-Q3_K_L.gguf": ("Q3_K_L", 3.4375),
    "flux1-dev-Q2_K.gguf": ("Q2_K", 2.625),
    "flux1-dev-bf16.gguf": ("bf16", 16),
    "flux1-dev-fp8-e4m3fn.safetensors": ("fp8-e4m3fn", 8),
    "t5xxl_fp8_e4m3fn_scaled.safetensors": ("fp8_e4m3fn_scaled", 8),
    "wan2.2_ti2v_5B_fp8_e5m2.safetensors": ("fp8_e5m2", 8),
    "flux1-dev-kontext_fp8_scaled.safetensors": ("fp8_scaled", 8),
    "qwen_3_8b_fp8mixed.safetensors": ("fp8mixed", 8),
    "z_image_turbo_int8_convrot.safetensors": ("int8_convrot", 8),
    "qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors": ("nvfp4", 4.25),
    "gemma_3_12B_it_fp4_mixed.safetensors": ("fp4_mixed", 4.5),
    "qwen3.5_9b_w4a8_gptq.safetensors": ("w4a8", 4.25),
    "svdq-int4_r32-flux.1-dev.safetensors": ("int4", 4.25),
    "wan2.1_t2v_1.3B_fp16.safetensors": ("fp16", 16),
    "Wan2_1_VAE_fp32.safetensors": ("fp32", 32),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_tells_how_weights_are_stored(name: str) -> None:
    found = quantisation(name)
    assert found is not None and (found.name, found.least_bits) == NAMES[name]
    assert found.least_bits <= found.most_bits


@pytest.mark.parametrize(
    "name",
    [
        "ae.safetensors", "flux1-dev.sft", "sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly.ckpt", "clip_l.sft",
        "4x-UltraSharp.pth", "Q.safetensors", "faq1.safetensors", "ip-adapter_sd15.bin", "wan_2.1_vae.safetensors",
    ],
)  # fmt: skip
def test_most_names_do_not(name: str) -> None:
    assert quantisation(name) is None


@given(st.text())
def test_any_name_is_read(name: str) -> None:
    found = quantisation(name)
    assert found is None or 1 < found.least_bits <= found.most_bits <= 32
    assert nominal(name) is None or (nominal(name) or Parameters(0, 0)).least > 0


GUESSABLE = [
    row
    for row in MANIFEST
    if row.content in ("diffusion model", "text encoder", "vae", "clip vision", "controlnet")
    and row.weighs
    and row.name != "EVA02_CLIP_L_336_psz14_s6B.pt"
]


@pytest.mark.parametrize("row", GUESSABLE, ids=lambda row: row.name)
def test_published_sizes_lie_where_names_say(row: Weight) -> None:
    """The manifest's exact sizes, as if it did not have them."""
    named = f"{row.name} {row.variant or ''}"
    model = architecture(row.family, named) if row.family and row.content == "diffusion model" else None
    found = guessed(row.name, row.content, row.family, model)
    assert found is not None and row.weighs is not None
    assert 0.97 * found.stored.least <= row.weighs <= 1.03 * found.stored.most, found


PACKED = [row for row in MANIFEST if row.parts and row.content == "checkpoint"]


@pytest.mark.parametrize("row", PACKED, ids=lambda row: row.name)
def test_published_parts_lie_where_names_say(row: Weight) -> None:
    assert row.family is not None
    for part, size in row.parts.items():
        if part not in PARTS:
            continue
        found = packed(row.name, part, row.family, architecture(row.family, row.name))
        assert found is not None
        assert 0.97 * found.stored.least <= size <= 1.03 * found.stored.most, part


FLUX_GGUF = {
    "Q2_K": 4.03, "Q3_K_S": 5.23, "Q4_0": 6.79, "Q4_1": 7.53, "Q4_K_S": 6.81, "Q5_0": 8.27, "Q5_1": 9.01,
    "Q5_K_S": 8.29, "Q6_K": 9.86, "Q8_0": 12.7,
}  # fmt: skip
"""GB of the files of Flux.1 Dev that are published as GGUF."""


@pytest.mark.parametrize("kind", FLUX_GGUF)
def test_published_gguf_files_lie_where_names_say(kind: str) -> None:
    plan = planned(gguf(f"flux1-dev-{kind}.gguf"))
    (model,) = (file for file in plan.weights if file.folder == "diffusion_models")
    least, most = model.between or (0, 0)
    assert 0.99 * least <= FLUX_GGUF[kind] * 1e9 <= most * 1.01
    assert any(f"billion parameters in {kind}" in text for text in plan.assumptions)


def gguf(unet: str) -> Prompt:
    prompt = flux()
    prompt["model"] = node("UnetLoaderGGUF", unet_name=unet)
    return prompt


def test_a_quantised_model_needs_less_and_takes_as_long() -> None:
    small, large = planned(gguf("flux1-dev-Q4_K_S.gguf")), planned(flux())
    assert (small.resident_bytes or 0) < (large.resident_bytes or 0) - 16e9
    assert small.on("L4").fit in ("resident", "swap") and large.on("L4").fit == "offload"
    stages = [next(stage for stage in plan.stages if stage.kind == "sample") for plan in (small, large)]
    assert stages[0].tera_operations == stages[1].tera_operations
    quantised = planned(gguf("flux1-dev-Q8_0.gguf"))
    assert quantised.peak_bytes_at_least is not None and quantised.peak_bytes_at_least < (quantised.peak_bytes or 0)
    assert large.peak_bytes_at_least == large.peak_bytes


def test_the_recorded_gguf_graph_is_planned_as_what_it_is() -> None:
    plan = planned(json.loads(recorded("repro/gguf_ok.json").read_text()))
    (model,) = (file for file in plan.weights if file.folder == "diffusion_models")
    least, most = model.between or (0, 0)
    assert least < 6.81e9 < most < 7.2e9
    assert plan.recommended is not None and plan.knows("memory")


def test_the_makers_names_are_known() -> None:
    plan = planned(json.loads(recorded("repro/flux_sft.json").read_text()))
    assert plan.knows("memory") and all(row.fit is not None for row in plan.gpus)


QWEN_VL = "qwen_2.5_vl_7b_fp8_scaled.safetensors"
UMT5 = "umt5_xxl_fp8_e4m3fn_scaled.safetensors"
KLEIN_9B = "flux-2-klein-base-9b-fp8.safetensors"
WAN_22 = "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors"
LLAMA = "llama_3.1_8b_instruct_fp8_scaled.safetensors"


@pytest.mark.parametrize(
    ("unet", "clip", "kind", "vae", "gigabytes"),
    [
        ("qwen_image_fp8_e4m3fn.safetensors", QWEN_VL, "qwen_image", "qwen_image_vae.safetensors", (20.4, 21.5)),
        ("flux-2-klein-4b-fp8.safetensors", "qwen_3_4b.safetensors", "flux2", "flux2-vae.safetensors", (3.8, 4.2)),
        (KLEIN_9B, "qwen_3_8b_fp8mixed.safetensors", "flux2", "flux2-vae.safetensors", (9.0, 9.6)),
        (WAN_22, UMT5, "wan", "wan_2.1_vae.safetensors", (14.2, 17.3)),
        ("wan2.2_ti2v_5B_fp16.safetensors", UMT5, "wan", "wan2.2_vae.safetensors", (9.9, 10.1)),
        ("hidream_i1_full_fp8.safetensors", LLAMA, "hidream", "ae.safetensors", (17.0, 18.0)),
    ],
)  # fmt: skip
def test_families_whose_files_are_not_in_the_manifest(
    unet: str, clip: str, kind: str, vae: str, gigabytes: tuple[float, float]
) -> None:
    prompt = flux(unet=unet)
    prompt["clip"] = node("CLIPLoader", clip_name=clip, type=kind)
    prompt["vae"] = node("VAELoader", vae_name=vae)
    plan = planned(prompt)
    (model,) = (file for file in plan.weights if file.folder == "diffusion_models")
    size = model.between or (model.size, model.size)
    assert gigabytes[0] * 1e9 <= (size[0] or 0) <= (size[1] or 0) <= gigabytes[1] * 1e9
    assert (plan.knows("memory") and plan.recommended is not None) or not plan.knows("seconds")
    assert plan.peak_bytes is not None and plan.weight_bytes_between is not None


@pytest.mark.parametrize(
    ("checkpoint", "net", "least"),
    [
        ("v1-5-pruned-emaonly-fp16.safetensors", "control_v11p_sd15_canny_fp16.safetensors", 0.7),
        ("sd_xl_base_1.0.safetensors", "diffusers_xl_canny_full.safetensors", 2.4),
    ],
)
def test_controlnets_of_the_old_families(checkpoint: str, net: str, least: float) -> None:
    prompt = sdxl()
    prompt["checkpoint"] = node("CheckpointLoaderSimple", ckpt_name=checkpoint)
    before = planned(prompt)
    prompt["canny"] = node("ControlNetLoader", control_net_name=net)
    prompt["drawn"] = node(
        "ControlNetApplyAdvanced", positive=prompt["sampler"]["inputs"]["positive"],
        negative=prompt["sampler"]["inputs"]["negative"], control_net=["canny", 0], image=["photo", 0],
        strength=1.0, start_percent=0.0, end_percent=1.0,
    )  # fmt: skip
    prompt["photo"] = node("LoadImage", image="me.png")
    prompt["sampler"]["inputs"] |= {"positive": ["drawn", 0], "negative": ["drawn", 1]}
    plan = planned(prompt)
    assert plan.knows("memory") and before.knows("memory")
    stages = [next(stage for stage in each.stages if stage.kind == "sample") for each in (before, plan)]
    assert stages[1].weight_bytes - stages[0].weight_bytes > least * 1e9


def test_an_upscaler_is_small_and_never_nothing() -> None:
    prompt = {
        "picture": node("LoadImage", image="me.png"),
        "model": node("UpscaleModelLoader", model_name="4x-UltraSharp.pth"),
        "up": node("ImageUpscaleWithModel", upscale_model=["model", 0], image=["picture", 0]),
        "save": node("SaveImage", images=["up", 0], filename_prefix="x"),
    }
    plan = planned(prompt)
    (file,) = plan.weights
    assert file.between is not None and 0 < file.between[0] < file.between[1] < 2e8
    assert plan.knows("memory") and plan.recommended is not None


def test_no_model_at_all_is_not_a_model_of_no_size() -> None:
    """A sampler behind an unknown class."""
    prompt = flux()
    del prompt["model"]
    prompt["sampler"]["inputs"]["model"] = ["elsewhere", 0]
    plan = planned(prompt)
    assert {row.fit for row in plan.gpus} == {None} and plan.peak_bytes is None and choose_gpu(plan) is None


def test_where_it_hangs_on_the_exact_size_the_larger_one_counts_and_is_reported() -> None:
    plan = planned(flux(unet="wan2.1_fp8.safetensors"))  # 1.3 or 14 billion parameters
    row = plan.on("T4")
    assert row.fit in ("offload", "no")
    assert any("may fit: it needs between" in reason and "wan2.1_fp8.safetensors" in reason for reason in row.reasons)


class TestFolder:
    """`plan --models`: the files that are there count as they are."""

    @pytest.fixture
    def models(self, tmp_path: Path) -> Path:
        (tmp_path / "unet").mkdir()
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "unet/mine-Q4_K_S.gguf").write_bytes(b"")
        (tmp_path / "checkpoints/juggernautXL.safetensors").write_bytes(b"")
        with (tmp_path / "unet/mine-Q4_K_S.gguf").open("r+b") as file:
            file.truncate(5_000_000_000)
        with (tmp_path / "checkpoints/juggernautXL.safetensors").open("r+b") as file:
            file.truncate(6_600_000_000)
        return tmp_path

    def measured(self, prompt: Prompt, models: Path) -> Plan:
        held = ModelsFolder.open(models)
        return plan_of(View(prompt, bundled(), files=held), held.size)

    def test_a_file_counts_as_large_as_it_is(self, models: Path) -> None:
        plan = self.measured(gguf("mine-Q4_K_S.gguf"), models)
        (file,) = (file for file in plan.weights if file.name == "mine-Q4_K_S.gguf")
        assert file.size == 5_000_000_000 and file.between is None

    def test_the_parts_of_a_checkpoint_make_up_the_file(self, models: Path) -> None:
        prompt = sdxl()
        prompt["checkpoint"] = node("CheckpointLoaderSimple", ckpt_name="juggernautXL.safetensors")
        plan = self.measured(prompt, models)
        stages = {stage.kind: stage.weight_bytes for stage in plan.stages}
        whole = stages["text"] + stages["sample"] + stages["decode"]
        assert whole == pytest.approx(6_600_000_000, rel=0.01)

    def test_on_the_command_line(self, models: Path, tmp_path: Path) -> None:
        path = tmp_path / "graph.json"
        path.write_text(json.dumps(gguf("mine-Q4_K_S.gguf")))
        assert "5.00 GB" in good("plan", path, "--models", models)
        missing = ryla("plan", path, "--models", tmp_path / "nowhere")
        assert missing.returncode == 2 and "is no folder" in missing.stderr


def test_sizes_are_given_as_ranges_and_never_as_nothing() -> None:
    assert str(Size(6_700_000_000, 7_100_000_000)) == "6.7 to 7.1 GB"
    assert str(Size(600_000, 168_000_000)) == "0.6 MB to 0.17 GB" and str(Size(0, 2_000_000_000)) == "up to 2.0 GB"
    for size in (1, 900, 4_000, 90_000, 5_000_000, 99_000_000, 10**9, 10**11):
        assert float(str(Size(size, size)).split()[0]) > 0


def test_gated_is_said_of_the_repository_that_it_is_fetched_from() -> None:
    (model,) = (file for file in planned(flux()).weights if file.folder == "diffusion_models")
    assert model.source is not None and "black-forest-labs/FLUX.1-dev" in model.source and model.gated
    assert model.sha256 == "4610115bb0c89560703c892c59ac2742fa821e60ef5871b33493ba544683abd7"
    content = planned(flux()).to_dict()
    assert all({"sha256", "gated"} <= file.keys() for file in content["weights"])


def test_rows_name_families_that_exist() -> None:
    from ryla_graphs.plan.architectures import ARCHITECTURES

    assert ARCHITECTURES.keys() <= FAMILIES.keys() and len(GPUS) == 10
    for rows in ARCHITECTURES.values():
        assert all(0 < row.least <= row.parameters and row.memory > 0 for row in rows)
