"""What files are, by their headers alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ryla_graphs import weights
from ryla_graphs.families import FAMILIES, LATENT_FORMATS, Detected, detect
from ryla_graphs.families.encoders import (
    IMAGE_ENCODERS,
    IMAGE_SIGNS,
    SINGLE,
    TEXT_ENCODERS,
    TEXT_SIGNS,
    TYPES,
    text_families,
)
from ryla_graphs.families.headers import every_family
from ryla_graphs.families.signs import DIFFUSION
from ryla_graphs.families.vae_signs import VAES
from ryla_graphs.testing.mutations import JSON


def header(metadata: dict[str, str] | None = None, /, **shapes: list[int]) -> dict[str, Any]:
    """A header; in names, ``__`` stands for a dot."""
    tensors = {name.replace("__", "."): {"dtype": "F16", "shape": shape} for name, shape in shapes.items()}
    return {"__metadata__": metadata, **tensors} if metadata else tensors


def prefixed(prefix: str, content: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: tensor for name, tensor in content.items()}


FLUX = header(
    img_in__weight=[3072, 64],
    guidance_in__in_layer__weight=[3072, 256],
    double_blocks__0__img_attn__norm__key_norm__scale=[128],
)
SCHNELL = {name: tensor for name, tensor in FLUX.items() if "guidance" not in name}
SDXL = header(
    input_blocks__0__0__weight=[320, 4, 3, 3],
    label_emb__0__0__weight=[1280, 2816],
)
SD15 = header(
    input_blocks__0__0__weight=[320, 4, 3, 3],
    input_blocks__1__1__transformer_blocks__0__attn2__to_k__weight=[320, 768],
)
CLIP_IN_CHECKPOINT = header(
    conditioner__embedders__0__transformer__text_model__encoder__layers__0__mlp__fc1__weight=[1]
)
VAE_IN_CHECKPOINT = header(first_stage_model__decoder__conv_in__weight=[512, 4, 3, 3])

FILES: dict[str, tuple[dict[str, Any], str, str | None, str | None]] = {
    "Flux dev": (FLUX, "diffusion model", "flux1", None),
    "Flux schnell has no guidance": (SCHNELL, "diffusion model", "flux1", "schnell"),
    "Flux fill takes picture and mask beside": (
        FLUX | header(img_in__weight=[3072, 384]),
        "diffusion model",
        "flux1",
        "fill",
    ),
    "Flux below a prefix": (prefixed("model.diffusion_model.", FLUX), "diffusion model", "flux1", None),
    "Flux.2": (
        header(
            double_blocks__0__img_attn__norm__key_norm__scale=[128],
            double_stream_modulation_img__lin__weight=[1],
            img_in__weight=[6144, 128],
        ),
        "diffusion model",
        "flux2",
        "dev",
    ),
    "Chroma": (
        header(
            double_blocks__0__img_attn__norm__key_norm__scale=[128],
            img_in__weight=[3072, 64],
            distilled_guidance_layer__norms__0__scale=[1],
        ),
        "diffusion model",
        "chroma",
        None,
    ),
    "Z-Image": (
        header(cap_embedder__1__weight=[3840, 2560], noise_refiner__0__attention__k_norm__weight=[128]),
        "diffusion model",
        "z-image",
        None,
    ),
    "Lumina 2": (
        header(cap_embedder__1__weight=[2304, 2304], noise_refiner__0__attention__k_norm__weight=[96]),
        "diffusion model",
        "lumina2",
        None,
    ),
    "Wan t2v": (
        header(head__modulation=[1, 2, 1536], patch_embedding__weight=[1536, 16, 1, 2, 2]),
        "diffusion model",
        "wan",
        "t2v",
    ),
    "Wan 2.2 5B": (
        header(head__modulation=[1, 2, 3072], patch_embedding__weight=[3072, 48, 1, 2, 2]),
        "diffusion model",
        "wan22-5b",
        None,
    ),
    "Qwen-Image": (header(txt_norm__weight=[3584], img_in__weight=[3072, 64]), "diffusion model", "qwen-image", None),
    "SDXL alone": (SDXL, "diffusion model", "sdxl", None),
    "SDXL checkpoint": (
        prefixed("model.diffusion_model.", SDXL) | CLIP_IN_CHECKPOINT | VAE_IN_CHECKPOINT,
        "checkpoint",
        "sdxl",
        None,
    ),
    "SD 1.5": (prefixed("model.diffusion_model.", SD15) | VAE_IN_CHECKPOINT, "checkpoint", "sd15", None),
    "SDXL ControlNet": (SDXL | header(zero_convs__0__0__weight=[320, 320, 1, 1]), "controlnet", "sdxl", None),
    "SD 1.5 ControlNet, pickled names": (
        prefixed("control_model.", SD15 | header(zero_convs__0__0__weight=[320, 320, 1, 1])),
        "controlnet",
        "sd15",
        None,
    ),
    "Flux ControlNet": (
        header(controlnet_blocks__0__weight=[3072, 3072], controlnet_x_embedder__weight=[3072, 64]),
        "controlnet",
        "flux1",
        None,
    ),
    "Wan 2.2 VAE": (
        header(
            decoder__middle__0__residual__0__gamma=[1], decoder__upsamples__0__upsamples__0__residual__2__weight=[1]
        ),
        "vae",
        "wan22-5b",
        None,
    ),
    "Redux": (header(redux_up__weight=[12288, 1152], redux_down__weight=[4096, 12288]), "adapter", "flux1", None),
    "LoRA that says so": (
        header({"ss_base_model_version": "sdxl_base_v1-0"}, lora_unet_x__lora_down__weight=[8, 4]),
        "lora",
        "sdxl",
        None,
    ),
    "LoRA that says so otherwise": (
        header({"modelspec.architecture": "flux-1-dev/lora"}, lora_unet_x__lora_down__weight=[8, 4]),
        "lora",
        "flux1",
        None,
    ),
    "LoRA for SDXL by width": (
        header(lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k__lora_down__weight=[16, 2048]),
        "lora",
        "sdxl",
        None,
    ),
    "LoRA for SD 1.5 by width": (
        header(lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k__lora_down__weight=[16, 768]),
        "lora",
        "sd15",
        None,
    ),
    "LoRA for Z-Image": (
        header(diffusion_model__layers__0__attention__to_q__lora_A__weight=[16, 3840]),
        "lora",
        "z-image",
        None,
    ),
    "LoRA for Wan": (
        header(diffusion_model__blocks__0__cross_attn__q__lora_A__weight=[16, 5120]),
        "lora",
        "wan",
        None,
    ),
    "LoRA for Hunyuan Video": (
        header(transformer__single_transformer_blocks__39__attn__to_q__lora_A__weight=[16, 3072]),
        "lora",
        "hunyuan-video",
        None,
    ),
    "LoRA for Qwen-Image": (
        header(transformer__transformer_blocks__0__img_mlp__net__0__proj__lora_A__weight=[16, 3072]),
        "lora",
        "qwen-image",
        None,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_recognised_by_their_header(name: str) -> None:
    content, kind, family, variant = FILES[name]
    found = detect(content)
    assert found is not None
    assert (found.kind, found.family, found.variant) == (kind, family, variant)
    assert found.label.endswith(FAMILIES[family or ""].label)


@pytest.mark.parametrize(
    "tensor",
    [
        "lora_unet_single_blocks_0_linear1.lora_up.weight",
        "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight",
        "diffusion_model.single_blocks.3.linear1.lora_B.weight",
    ],
)
def test_loras_of_flux_and_chroma_are_named_alike(tensor: str) -> None:
    found = detect({tensor: {"dtype": "F16", "shape": [21504, 16]}})
    assert found is not None and found.kind == "lora" and found.family is None
    assert found.families == {"flux1", "chroma"} and found.evidence == tensor
    assert found.label == "a LoRA of Flux.1 or Chroma"


def test_a_vae_serves_all_families_with_its_latents() -> None:
    sixteen = detect(header(decoder__conv_in__weight=[512, 16, 3, 3]))
    assert sixteen is not None and {"flux1", "z-image", "hidream", "chroma", "sd3"} <= sixteen.families
    four = detect(header(decoder__conv_in__weight=[512, 4, 3, 3]))
    assert four is not None and {"sd15", "sdxl"} <= four.families and "flux1" not in four.families
    assert four.label == "a VAE"


def test_a_checkpoint_tells_its_parts() -> None:
    whole = detect(prefixed("model.diffusion_model.", SDXL) | CLIP_IN_CHECKPOINT | VAE_IN_CHECKPOINT)
    without_text = detect(prefixed("model.diffusion_model.", SDXL) | VAE_IN_CHECKPOINT)
    assert whole is not None and whole.parts == {"diffusion model", "text encoder", "vae"}
    assert without_text is not None and without_text.parts == {"diffusion model", "vae"}


ENCODERS = {
    "clip-l": header(text_model__encoder__layers__0__mlp__fc1__weight=[3072, 768]),
    "t5-xxl": header(encoder__block__23__layer__1__DenseReluDense__wi_1__weight=[10240, 4096]),
    "umt5-xxl": header(
        encoder__block__23__layer__1__DenseReluDense__wi_1__weight=[10240, 4096],
        encoder__block__1__layer__0__SelfAttention__relative_attention_bias__weight=[32, 64],
    ),
    "qwen-3-4b": header(
        model__layers__0__post_attention_layernorm__weight=[2560], model__layers__0__self_attn__q_norm__weight=[128]
    ),
    "clip-vision-h": header(vision_model__encoder__layers__30__layer_norm1__weight=[1280]),
    "siglip": header(
        vision_model__encoder__layers__22__layer_norm1__weight=[1152],
        vision_model__encoder__layers__0__layer_norm1__weight=[1152],
    ),
}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_encoders_are_recognised_by_their_header(encoder: str) -> None:
    found = detect(ENCODERS[encoder])
    assert found is not None and found.encoder == encoder
    assert found.label.endswith(f"({ {**TEXT_ENCODERS, **IMAGE_ENCODERS}[encoder] })")


@given(st.dictionaries(st.one_of(st.text(max_size=20), st.sampled_from(sorted(FLUX | SDXL))), JSON))
def test_no_header_raises(content: dict[str, Any]) -> None:
    assert detect(content) is None or isinstance(detect(content), Detected)


@given(st.sampled_from(sorted(FILES)), st.randoms(use_true_random=False))
def test_the_order_of_tensors_does_not_matter(name: str, random: Any) -> None:
    names = list(FILES[name][0])
    random.shuffle(names)
    found, again = detect(FILES[name][0]), detect({key: FILES[name][0][key] for key in names})
    assert found is not None and again is not None
    assert (found.kind, found.families, found.variant) == (again.kind, again.families, again.variant)


@pytest.mark.parametrize(
    ("stated", "families"),
    [
        ("flux-1-dev/lora", {"flux1"}),
        ("Flux.2-klein-9b", {"flux2"}),
        ("flux-3-klein/lora", {"flux3"}),
        ("flux-4-dev/lora", set()),
        ("qwen-image/lora", {"qwen-image"}),
        ("qwen-image-2.1/lora", {"qwen-image-21"}),
        ("qwen-image-3/lora", set()),
        ("wan2.1_14b", {"wan"}),
        ("wan3.0", set()),
        ("sdxl_base_v1-0", {"sdxl"}),
    ],
)
def test_a_lora_of_a_new_generation_is_of_no_family(stated: str, families: set[str]) -> None:
    header = {"lora_unet_x.lora_down.weight": {"shape": [8, 4]}, "__metadata__": {"modelspec.architecture": stated}}
    found = detect(header)
    assert found is not None and found.kind == "lora" and found.families == families


def test_every_row_names_what_there_is() -> None:
    assert set(every_family()) <= FAMILIES.keys()
    for sign in DIFFUSION:
        assert sign.variant is None or sign.variant in FAMILIES[sign.families[0]].variants, sign
    assert {row.latents for row in FAMILIES.values()} - {None} <= LATENT_FORMATS.keys()
    assert {name for sign in VAES for name in sign.families} <= LATENT_FORMATS.keys()
    assert {name for sign in TEXT_SIGNS for name in sign.families} <= TEXT_ENCODERS.keys()
    assert {name for sign in IMAGE_SIGNS for name in sign.families} <= IMAGE_ENCODERS.keys()
    assert SINGLE.keys() <= TEXT_ENCODERS.keys()
    rows = [*TYPES.values(), *(families for by_type in SINGLE.values() for families in by_type.values())]
    assert {name for families in rows for name in families} <= FAMILIES.keys()


def test_every_family_in_the_manifest_of_weights_is_known() -> None:
    for row in weights.MANIFEST:
        if row.family is not None:
            assert row.family in FAMILIES, row.name
            assert row.variant is None or row.variant in FAMILIES[row.family].variants, row.name


def test_the_file_decides_where_it_is_alone_and_the_type_where_there_are_several() -> None:
    def serves(type_: str | None, *encoders: str | None) -> set[str] | None:
        found = text_families(encoders, type_)
        return None if found is None else set(found)

    assert serves("lumina2", "qwen-3-4b") == serves("sd3", "qwen-3-4b") == {"z-image"}
    assert serves("flux2", "qwen-3-4b") == {"flux2"}
    assert serves("flux", "clip-l", "t5-xxl") == {"flux1"}
    assert serves("sdxl", "clip-l", "t5-xxl") == {"sdxl"}
    assert serves("wan", None) == {"wan", "wan22-5b"}
    assert serves(None, None, None, None) == {"sd3"}
    assert serves("something new", None) is None
