"""Python source of graphs, as people read it: names, parameters, loops, functions and notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import AnyNode, Node, Workflow, catalogs
from ryla_graphs.codegen import render_module
from ryla_graphs.formats import python
from ryla_graphs.formats.python import Note
from ryla_graphs.nodes import (
    BatchImagesNode,
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyLatentImage,
    KSampler,
    LatentUpscaleBy,
    LoadImage,
    LoraLoader,
    LoraLoaderModelOnly,
    PreviewAny,
    PreviewImage,
    ResizeImageMaskNode,
    SaveImage,
    TextGenerate,
    UNETLoader,
    VAEDecode,
)
from tests.conftest import ROOT
from tests.test_python_source import check, digest, run, write


def function(source: str) -> str:
    """The function, without imports and constants."""
    return source[source.index("def workflow(") :]


READ = {
    "flux_dev": "flux-dev",
    "flux_lora_stack": "flux-lora-stack",
    "sdxl_instantid": "sdxl-instantid",
    "wan_i2v": "wan-i2v",
}


@pytest.mark.parametrize("module", READ)
def test_presets_read_as_people_write_them(module: str, golden: Any) -> None:
    """The files of `tests/golden/python`, which mypy, pyright and ruff check with the rest of the project."""
    prompt = json.loads((ROOT / f"tests/golden/{READ[module]}.json").read_text())
    golden(f"python/{module}.py", Workflow.load(prompt, name=READ[module]).to_python())


def picture(text: str = "a red bicycle") -> SaveImage:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").out
    latent = KSampler(
        model=model,
        positive=CLIPTextEncode(clip=clip, text=text),
        negative=CLIPTextEncode(clip=clip, text="blurry"),
        latent_image=EmptyLatentImage(width=768, height=512),
        seed=7,
        denoise=0.5,
    ).named("sampler", title="The one")
    return SaveImage(images=VAEDecode(samples=latent, vae=vae))


def test_nodes_keep_the_names_they_have_and_get_no_others() -> None:
    source = Workflow(picture()).to_python()
    assert source.count(".named(") == 1
    assert '.named("sampler", title="The one")' in source


def test_defaults_are_left_out() -> None:
    source = function(Workflow(picture()).to_python())
    assert "denoise=0.5" in source and "seed=seed" in source
    assert not any(word in source for word in ("steps", "sampler_name", "scheduler", "batch_size", "filename_prefix"))


def test_parameters_set_what_they_say() -> None:
    source = Workflow(picture()).to_python()
    made = run(
        source, prompt="a blue car", negative_prompt="red", width=64, height=32, seed=1, ckpt_name="x.safetensors"
    )
    nodes = {node.class_type: node for node in made if not isinstance(node, CLIPTextEncode)}
    texts = [node.text for node in made.find(CLIPTextEncode)]
    (canvas,), (sampler,), (loader,) = (
        made.find(EmptyLatentImage),
        made.find(KSampler),
        made.find(CheckpointLoaderSimple),
    )
    assert texts == ["a blue car", "red"]
    assert (canvas.width, canvas.height, sampler.seed, loader.ckpt_name) == (64, 32, 1, "x.safetensors")
    assert len(nodes) == 5


def test_a_text_that_both_sides_use_is_one_parameter() -> None:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").out
    both = CLIPTextEncode(clip=clip, text="a red bicycle")
    latent = KSampler(model=model, positive=both, negative=both, latent_image=EmptyLatentImage())
    source = Workflow(SaveImage(images=VAEDecode(samples=latent, vae=vae))).to_python()
    assert source.count('"a red bicycle"') == 1 and "negative_prompt" not in source


def loras(*files: str, numbered: bool = True) -> Workflow:
    model: Any = UNETLoader(unet_name="flux1-dev.safetensors").named("unet")
    for place, file in enumerate(files, start=1):
        model = LoraLoaderModelOnly(model=model, lora_name=file, strength_model=place / 2)
        model = model.named(f"lora-{place}") if numbered else model
    return Workflow(model)


def test_a_chain_of_loras_is_a_loop_over_a_parameter() -> None:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").named("base").out
    for place, file in enumerate(("a.safetensors", "b.safetensors", "c.safetensors")):
        model, clip = LoraLoader(model=model, clip=clip, lora_name=file, strength_clip=place * 0.1).named(file).out
    text = CLIPTextEncode(clip=clip, text="a red bicycle").named("text")
    latent = KSampler(model=model, positive=text, negative=text, latent_image=EmptyLatentImage().named("canvas")).named(
        "sampler"
    )
    workflow = Workflow(SaveImage(images=VAEDecode(samples=latent, vae=vae).named("picture")).named("save"))
    source = workflow.to_python()
    assert source.count("LoraLoader(") == 1 and "in loras:" in source
    assert digest(run(source)) == digest(workflow)
    fewer = run(source, loras=[("mine", "mine.safetensors", 1.0, 1.0)])
    assert [node.lora_name for node in fewer.find(LoraLoader)] == ["mine.safetensors"]


def test_a_chain_without_names() -> None:
    workflow = loras("a.safetensors", "b.safetensors", numbered=False)
    assert digest(run(workflow.to_python())) == digest(workflow)
    further = Workflow(KSampler(**kept(workflow.graph.sinks[0])))
    source = further.to_python()
    assert "for lora_name, strength_model in loras:" in source
    assert digest(run(source)) == digest(further)


def test_what_is_no_chain_is_no_loop() -> None:
    one = loras("a.safetensors")
    assert "for " not in one.to_python()
    first = UNETLoader(unet_name="flux1-dev.safetensors").named("unet")
    second = LoraLoaderModelOnly(model=first, lora_name="a.safetensors").named("a")
    third = LoraLoaderModelOnly(model=second, lora_name="b.safetensors").named("b")
    forked = Workflow(third, KSampler(**kept(second)).named("sampler"))
    assert "for " not in forked.to_python()
    assert digest(run(forked.to_python())) == digest(forked)


def kept(model: Any) -> dict[str, Any]:
    text = AnyNode(of="Text", inputs={}).named("text")
    return {"model": model, "positive": text, "negative": text, "latent_image": AnyNode(of="L", inputs={}).named("l")}


def part(prefix: str, picture: Any, text: str) -> SaveImage:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").named(f"{prefix}4").out
    words = CLIPTextEncode(clip=clip, text=text).named(f"{prefix}6")
    scaled = ResizeImageMaskNode(
        input=picture, resize_type=ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=0.5)
    ).named(f"{prefix}{{9}}")
    latent = AnyNode(of="MyEncoder", inputs={"image": scaled, "vae": vae}).named(f"{prefix}7", title="Mine")
    made = KSampler(model=model, positive=words, negative=words, latent_image=latent.output(1)).named(f"{prefix}3")
    return SaveImage(images=VAEDecode(samples=made, vae=vae).named(f"{prefix}8")).named(f"{prefix}10")


def test_a_part_that_is_there_twice_is_a_function() -> None:
    image = LoadImage(image="me.png").named("load").out.image
    workflow = Workflow(part("57:", image, "a red bicycle"), part("58:", image, "a blue car"))
    source = python.dump(workflow.graph, parts={"57": "Refine (twice)"})
    assert source.count("KSampler(") == 1
    assert 'refine_twice("57:", prompt=prompt)' in source and 'refine_twice("58:", prompt=prompt_2)' in source
    assert digest(run(source)) == digest(workflow)


def test_a_part_that_ends_the_workflow_in_one_place_only() -> None:
    image = LoadImage(image="me.png").named("load").out.image
    first, second = part("57:", image, "a red bicycle"), part("58:", image, "a blue car")
    workflow = Workflow(first, PreviewImage(images=second).named("after"))
    source = workflow.to_python()
    assert source.count("KSampler(") == 1
    assert digest(run(source)) == digest(workflow)


def test_a_part_whose_nodes_are_called_otherwise_each_time_is_a_function_too() -> None:
    image = LoadImage(image="me.png").named("load").out.image
    first = part("57:", image, "a red bicycle")
    workflow = Workflow(first, part("58:1", first.images, "a blue car"))
    source = workflow.to_python()
    assert source.count("KSampler(") == 1 and '"58:", "14 16' in source
    assert digest(run(source)) == digest(workflow)


def test_parts_that_need_each_other_are_written_out() -> None:
    def half(number: int, picture: Any) -> VAEDecode:
        return VAEDecode(samples=picture, vae=AnyNode(of="V").named(f"a:{number}")).named(f"a:{number}0")

    first = AnyNode(of="X", inputs={"x": half(1, AnyNode(of="E").named("e"))}).named("b:1")
    second = AnyNode(of="X", inputs={"x": half(2, first)}).named("b:2")
    third = AnyNode(of="X", inputs={"x": half(3, second)}).named("b:3")
    workflow = Workflow(third)
    assert digest(run(workflow.to_python())) == digest(workflow)


def test_unknown_classes_and_values_that_no_class_takes_are_any_nodes() -> None:
    document = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "me.png", "upload": "image"}},
        "2": {
            "class_type": "Someone's Node",
            "inputs": {"an image": ["1", 0], "mask": ["1", 1], "seed": 3, "x y": None},
        },
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 4]}, "_meta": {"title": 'Say "hi"'}},
        "4": {"class_type": "3D 图像 l", "inputs": {"l": ["5", 0]}},
        "6": {"class_type": "Any Switch (rgthree)", "inputs": {"any_01": ["3", 0]}},
        "5": {"class_type": "图像", "inputs": {"text": "hello"}},
    }
    read = Workflow.load(document)
    source = read.to_python()
    assert digest(run(source)) == digest(read)
    assert 'd_l = AnyNode(of="3D 图像 l", inputs={"l": node})' in source and 'prompt: str = "hello"' in source
    assert 'AnyNode(of="LoadImage"' in source and ".output(4)" in source and "seed: int = 3" in source
    assert "PreviewImage(images=" in source


def test_values_that_look_like_links_and_links_that_lead_nowhere() -> None:
    document = {
        "1": {
            "class_type": "Mine",
            "inputs": {"list": {"__value__": [1, [2, 0]]}, "wrapped": {"__value__": {"__value__": 1}}},
        },
        "2": {"class_type": "SaveImage", "inputs": {"images": ["7", 0], "filename_prefix": "x"}},
        "3": {"class_type": "Mine", "inputs": {"a": ["3", 0], "b": [], "c": ["1", -1]}},
    }
    read = Workflow.load(document)
    assert digest(run(read.to_python())) == digest(read)


def test_dynamic_inputs() -> None:
    pictures = [LoadImage(image=f"{number}.png").out.image for number in range(3)]
    batch = BatchImagesNode(images=pictures)
    half = ResizeImageMaskNode(
        input=batch, resize_type=ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=0.5)
    )
    whole = ResizeImageMaskNode(input=half, resize_type=ResizeImageMaskNode.ResizeType.ScaleByMultiplier())
    workflow = Workflow(PreviewImage(images=whole))
    source = workflow.to_python()
    assert "ResizeImageMaskNode.ResizeType.ScaleByMultiplier(multiplier=0.5)" in source
    assert 'resize_type="scale by multiplier"' in source and "images=[image, " in source
    assert digest(run(source)) == digest(workflow)


def test_classes_of_a_users_own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"input": {"required": {"strength": ["FLOAT", {"default": 1.0}]}}, "output": ["IMAGE"], "output_node": True}
    catalog = catalogs.from_object_info({"Mine": entry, "LoadImage": entry})
    (tmp_path / "my_nodes.py").write_text(render_module(catalog, origin="here"))
    monkeypatch.syspath_prepend(str(tmp_path))
    import my_nodes  # type: ignore[import-not-found]

    mine: dict[str, type[Node]] = {"Mine": my_nodes.Mine}
    read = Workflow.load({"1": {"class_type": "Mine", "inputs": {"strength": 2}}}, catalog=catalog)
    source = python.dump(read.graph, node_classes=mine.get)
    assert "from my_nodes import Mine" in source and "Mine(strength=2.0)" in source
    both = Workflow(my_nodes.LoadImage(), PreviewImage(images=LoadImage(image="me.png").out.image))
    assert "LoadImage as LoadImage_2" in both.to_python()
    assert digest(run(both.to_python())) == digest(both)


def test_whole_numbers_of_the_editor_are_the_floats_of_people() -> None:
    model, clip, vae = CheckpointLoaderSimple(ckpt_name="sdxl.safetensors").out
    text = CLIPTextEncode(clip=clip, text="a red bicycle")
    latent = KSampler(model=model, positive=text, negative=text, latent_image=EmptyLatentImage(), cfg=7)
    written = Workflow(SaveImage(images=VAEDecode(samples=latent, vae=vae))).compile()
    prompt = json.loads(written.json())
    (sampler,) = (body["inputs"] for body in prompt.values() if body["class_type"] == "KSampler")
    sampler |= {"cfg": 7, "denoise": 1}
    assert Workflow.load(prompt).compile().digest == written.digest
    prompt["1"]["class_type"] = "Unknown"
    assert Workflow.load(prompt).compile(check=False).document == prompt


def test_an_option_whose_seed_is_a_parameter_is_written_out() -> None:
    generated = TextGenerate(clip=AnyNode(of="C"), prompt="x", sampling_mode=TextGenerate.SamplingMode.On())
    source = Workflow(PreviewAny(source=generated)).to_python()
    assert "SamplingMode.On(seed=seed)" in source
    assert run(source, seed=5).compile(check=False).document["2"]["inputs"]["sampling_mode.seed"] == 5


NOTES = [
    Note("“Load” the model – first.\n\n" + "a long line " * 30),
    Note("decodes", "8"),
    Note(f"- [file](https://example.com/{'a' * 120})"),
    Note("lost\x00\u2028import os", "gone"),
]


def test_notes_and_the_docstring() -> None:
    workflow = Workflow(VAEDecode(samples=AnyNode(of="L").named("1"), vae=AnyNode(of="V").named("2")).named("8"))
    source = python.dump(workflow.graph, docstring='Says "hi" \\ twice.', notes=NOTES)
    assert '    """Says "hi" \\\\ twice."""\n    # "Load" the model - first.\n    #\n    # a long' in source
    assert "    # decodes\n    vae_decode = VAEDecode(" in source and "    # lost\n    # import os\n\n" in source
    assert "    # - [file](https://" in source
    assert all(len(line) <= 120 or "https://" in line for line in source.splitlines())
    assert digest(run(source)) == digest(workflow)


def test_the_workflows_name_and_the_functions() -> None:
    source = Workflow(picture(), name="A bicycle").to_python(function="Red bicycle!")
    assert "def red_bicycle(" in source and 'Workflow(save_image, name="A bicycle")' in source


@pytest.mark.parametrize(
    "text", ["a" * 200, "ä ö " * 60, "line\n" * 40, "中文，" * 80, "both \" and ' " * 12, "tab\t \n" * 20]
)
def test_long_texts_are_constants_that_ruff_leaves_alone(text: str, tmp_path: Path) -> None:
    workflow = Workflow(picture(text))
    source = workflow.to_python()
    assert "prompt: str = PROMPT" in source and digest(run(source)) == digest(workflow)
    write(tmp_path, {"it": source})
    check("ruff", "format", "--check", "--line-length", "120", ".", cwd=tmp_path)
    check("ruff", "check", "--select", "E,W,F,I", "--line-length", "120", ".", cwd=tmp_path)


def test_a_chain_of_thousands() -> None:
    latent: Any = EmptyLatentImage()
    for _ in range(2_000):
        latent = LatentUpscaleBy(samples=latent)
    workflow = Workflow(latent)
    assert digest(run(workflow.to_python())) == digest(workflow)
