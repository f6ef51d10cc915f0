"""Generated classes: current, lazy, complete, and reachable whatever ComfyUI calls them."""

from __future__ import annotations

import importlib
import inspect
import keyword
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ryla_graphs import InvalidNode, Node, Workflow, catalogs, families, nodes, sockets
from ryla_graphs.codegen import meanings, names, render_module
from ryla_graphs.codegen.families import only_family
from ryla_graphs.graph.node import Output, OutputList
from ryla_graphs.graph.option import Option
from ryla_graphs.nodes._index import CLASS_OF, MODULE_OF
from ryla_graphs.nodes.packs import PACKS, kjnodes, rgthree
from ryla_graphs.nodes.packs._index import PACK_CLASS_OF
from ryla_graphs.problems import NotFound
from tests.conftest import ROOT
from tests.data import my_nodes
from tests.data.make_object_info import ORIGIN, object_info

NODES = ROOT / "ryla_graphs" / "nodes"


def test_the_package_is_what_the_generator_writes() -> None:
    from tools.generate_nodes import files

    made = files()
    written = {path.relative_to(NODES).as_posix() for path in NODES.rglob("*.py")}
    assert written == set(made), "run python -m tools.generate_nodes"
    for name, text in made.items():
        assert (NODES / name).read_text(encoding="utf-8") == text, f"{name}: run python -m tools.generate_nodes"


def test_the_test_module_is_what_the_generator_writes() -> None:
    catalog = catalogs.from_object_info(object_info(), name=ORIGIN)
    written = Path(my_nodes.__file__).read_text(encoding="utf-8")
    assert render_module(catalog, origin=ORIGIN) == written, "run python -m tests.data.make_object_info"


TYPED = list(filter(nodes.is_typed, catalogs.bundled()))


def test_every_class_of_comfyui_and_of_the_presets_packs_has_one() -> None:
    named = {name for each in catalogs.NAMES if each != "impact" for name in catalogs.bundled(each)}
    assert named <= set(TYPED)
    for class_type in TYPED:
        cls = nodes.node_class(class_type)
        assert issubclass(cls, Node)
        assert class_type == cls.CLASS_TYPE
        assert cls.__name__.isidentifier() and not keyword.iskeyword(cls.__name__)


def test_fields_cover_all_inputs_and_map_back() -> None:
    for class_type, schema in catalogs.bundled().subset(TYPED).items():
        cls = nodes.node_class(class_type)
        fields = cls.model_fields.keys() - {cls.MORE}
        assert {cls.WIRE_NAMES.get(field, field) for field in fields} == {spec.key for spec in schema.inputs}, (
            class_type
        )
        assert len(fields) == len(schema.inputs)
        assert (cls.MORE is not None) == bool(schema.dynamic_inputs or schema.any_input_names), class_type


def test_outputs_have_one_name_each() -> None:
    for class_type, schema in catalogs.bundled().subset(TYPED).items():
        if schema.outputs:
            shape = vars(nodes.node_class(class_type))["Out"]
            assert len(shape._fields) == len(schema.outputs), class_type


def test_families_of_types_are_families_of_the_house() -> None:
    typed = [family.id for family in sockets.ModelFamily.__subclasses__()]
    assert len(set(typed)) == len(typed)
    assert set(typed) <= families.FAMILIES.keys()


def test_classes_for_one_family_say_so() -> None:
    only = {schema.class_type: family for schema in catalogs.bundled().values() if (family := only_family(schema))}
    assert only["ApplyInstantIDAdvanced"] is only["InstantIDAttentionPatch"] is sockets.SDXL
    assert only["ApplyPulidFlux"] is sockets.Flux1
    assert only.keys().isdisjoint({"KSampler", "FluxGuidance", "CLIPTextEncodeSDXL"})


def test_a_family_is_for_checkers_alone() -> None:
    assert nodes.UNETLoader[sockets.Flux1] is nodes.UNETLoader
    assert type(nodes.UNETLoader[sockets.Flux1](unet_name="flux1-dev.safetensors")) is nodes.UNETLoader
    save: Any = nodes.SaveImage
    with pytest.raises(TypeError, match="SaveImage takes no model family"):
        save[sockets.Flux1]


def test_sockets_with_and_without_a_family_are_of_one_type() -> None:
    flux = nodes.UNETLoader(unet_name="flux1-dev.safetensors")
    field = nodes.InstantIDAttentionPatch.model_fields["model"]
    assert "Model[ryla_graphs.sockets.SDXL]" in str(field.annotation)
    face = nodes.InstantIDFaceAnalysis(provider="CPU")
    with pytest.raises(InvalidNode, match=r"model: .* does not fit an input of type MODEL"):
        nodes.InstantIDAttentionPatch(
            instantid=nodes.InstantIDModelLoader(instantid_file="ip-adapter.bin"),
            insightface=face,
            image=nodes.LoadImage(image="a.png").out.image,
            model=face,  # type: ignore[arg-type]
        )
    assert nodes.LoraLoaderModelOnly(model=flux, lora_name="me.safetensors").out.model.type == "MODEL"


@pytest.mark.parametrize("module", sorted({*MODULE_OF.values(), *(module for module, _ in PACK_CLASS_OF.values())}))
def test_every_module_loads_without_a_warning(module: str) -> None:
    loaded = importlib.import_module(f"ryla_graphs.nodes.{module}")
    assert loaded.__all__ == sorted(loaded.__all__)


def test_importing_the_package_loads_no_node_module() -> None:
    code = (
        "import sys, ryla_graphs; from ryla_graphs import Workflow; import ryla_graphs.nodes;"
        "print([m for m in sys.modules if m.startswith('ryla_graphs.nodes.') and not m.endswith('._index')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_names_that_are_no_identifiers_stay_reachable() -> None:
    assert CLASS_OF["Epsilon Scaling"] == "EpsilonScaling"
    assert nodes.node_class("Epsilon Scaling") is nodes.EpsilonScaling
    assert nodes.EpsilonScaling.CLASS_TYPE == "Epsilon Scaling"
    with pytest.raises(AttributeError):
        nodes.NoSuchNode  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(NotFound, match="did you mean"):
        nodes.node_class("KSamplr")


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("blocks.0.", "blocks_0"),
        ("class", "class_"),
        ("copy", "copy_"),
        ("out", "out_"),
        ("replace", "replace_"),
        ("3d", "in_3d"),
        ("model_name", "model_name"),
        ("Select to add LoRA", "Select_to_add_LoRA"),
        ("_private", "private"),
        ("!", "input"),
    ],
)
def test_field_names(wire: str, field: str) -> None:
    assert names.field_name(wire) == field


@pytest.mark.parametrize(
    ("class_type", "name"),
    [
        ("KSampler", "KSampler"),
        ("ImageCrop+", "ImageCropPlus"),
        ("TextEncodeAceStepAudio1.5", "TextEncodeAceStepAudio1_5"),
        ("Context Big (rgthree)", "ContextBigRgthree"),
        ("3D Thing", "Of3DThing"),
    ],
)
def test_class_names(class_type: str, name: str) -> None:
    assert names.class_name(class_type) == name


def test_clashing_names_have_different_names() -> None:
    assert names.unique(["a", "b", "a", "a"]) == ["a", "b", "a_2", "a_3"]


def test_a_users_module_works_with_the_bundled_classes() -> None:
    image = nodes.LoadImage(image="a.png").out.image
    mode = my_nodes.MyBlurPlus.Mode
    blur = my_nodes.MyBlurPlus(
        image=image, class_="coarse", blocks_0=2, mode=mode.ByImage(other=image, deep=mode.ByImage.Deep.A(x_y=0.25))
    )
    prompt = Workflow(my_nodes.MySave(image=blur.out.image, blur=blur.out.count_)).compile().prompt
    assert prompt["2"] == {
        "class_type": "My Blur+",
        "inputs": {
            "image": ["1", 0],
            "strength": 1.0,
            "mode": "by image",
            "mode.other": ["1", 0],
            "mode.deep": "a",
            "mode.deep.x.y": 0.25,
            "class": "coarse",
            "copy": True,
            "blocks.0.": 2,
        },
    }


def test_a_bare_key_brings_the_defaults_of_its_option() -> None:
    image = nodes.LoadImage(image="a.png").out.image
    blur = my_nodes.MyBlurPlus(image=image, mode="soft")
    assert dict(blur.given_inputs())["mode.radius"] == 3


def test_an_option_is_checked_where_it_is_written() -> None:
    with pytest.raises(InvalidNode) as caught:
        my_nodes.MyBlurPlus.Mode.Soft(radius=10)
    (problem,) = caught.value.problems
    assert (problem.code, problem.input) == ("value_bigger_than_max", "mode.radius")
    assert problem.source and problem.source.startswith(__file__)
    assert issubclass(my_nodes.MyBlurPlus.Mode.Soft, Option)


def test_autogrow_takes_lists_and_maps() -> None:
    image = nodes.LoadImage(image="a.png").out.image
    by_list = my_nodes.MyBatch(images=[image, image, image], values=[1.0], tags=["x", "z"])
    by_map = my_nodes.MyBatch(images=(image, image), values={"b": 2.0})
    assert [name for name, _ in by_list.given_inputs()] == [
        "images.image0", "images.image1", "images.image2", "values.a", "tags",
    ]  # fmt: skip
    assert dict(by_map.given_inputs())["values.b"] == 2.0
    with pytest.raises(InvalidNode, match="images"):
        my_nodes.MyBatch(images=[image])


def test_weights_have_no_default_and_other_choices_start_as_in_the_editor() -> None:
    with pytest.raises(InvalidNode, match="ckpt_name: is missing"):
        my_nodes.CheckpointLoaderSimple()  # type: ignore[call-arg]
    assert nodes.KSampler.model_fields["sampler_name"].default == "euler"


def test_hovering_a_class_says_what_its_inputs_take() -> None:
    said = inspect.getdoc(nodes.KSampler) or ""
    assert said.startswith("KSampler (model/sampling).\n\nDenoises a latent")
    assert "- `steps`: a whole number from 1 to 10000, by default 20: more take longer" in said
    assert "- `model`: a link that carries MODEL\n" in said and "(44 choices), by default 'euler'" in said
    assert "- `width`: a whole number from 0 to 16384" in (
        inspect.getdoc(nodes.ResizeImageMaskNode.ResizeType.ScaleWidth) or ""
    )


def test_what_is_said_is_said_of_what_is_there() -> None:
    for class_type in meanings.CLASSES:
        assert nodes.is_typed(class_type), class_type
    for name in meanings.INPUTS:
        class_type, _, key = name.partition(".")
        assert key in {spec.key for spec in catalogs.bundled()[class_type].every_input()}, name


def test_a_servers_own_words_go_into_the_classes() -> None:
    entry = object_info()["My Blur+"] | {"description": 'Blurs\n a "picture" \\ well """.'}
    kind, facts = entry["input"]["required"]["image"][0], {"tooltip": "the picture\nto blur"}
    entry = entry | {"input": {**entry["input"], "required": entry["input"]["required"] | {"image": [kind, facts]}}}
    text = render_module(catalogs.from_object_info({"My Blur+": entry}), origin="x")
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(text, "example.py", "exec"), names)
    said = inspect.getdoc(names["MyBlurPlus"]) or ""
    assert 'Blurs a "picture" \\ well """.' in said
    assert "- `image`: a link that carries IMAGE: the picture to blur" in said


def test_outputs_that_are_lists_say_so() -> None:
    masks = nodes.MasksToMaskList(masks=nodes.LoadImage(image="a.png").out.mask)
    (output,) = masks.out
    assert isinstance(output, OutputList) and masks.output(0) == output
    assert type(nodes.LoadImage(image="a.png").out.mask) is Output
    node = nodes.MaskToImage(mask=output)
    assert list(Workflow(nodes.PreviewImage(images=node)).compile().prompt["3"]["inputs"].values()) == [["2", 0]]
    typed = {name for name in TYPED if any(o.is_list for o in catalogs.bundled()[name].outputs)}
    for class_type in typed:
        kinds = nodes.node_class(class_type).Out.__annotations__.values()  # type: ignore[attr-defined]
        lists = [str(kind).find("OutputList") >= 0 for kind in kinds]
        assert lists == [output.is_list for output in catalogs.bundled()[class_type].outputs], class_type
    assert len(typed) > 10


def test_packs_are_typed_whole_and_share_the_classes_that_were_there_before() -> None:
    assert len(PACKS) == 20
    for module, repository in PACKS.items():
        package = importlib.import_module(f"ryla_graphs.nodes.packs.{module}")
        assert len(package.__all__) == len(package.MODULE_OF) == len(catalogs.bundled(repository)), module
        assert {getattr(package, name).CLASS_TYPE for name in package.__all__} == {*catalogs.bundled(repository)}
    impact = importlib.import_module("ryla_graphs.nodes.packs.impact")
    assert impact.SAMLoader is nodes.SAMLoader and nodes.node_class("FaceDetailer") is impact.FaceDetailer


def test_inputs_beside_the_declared_ones_are_typed_and_checked() -> None:
    first, second = (nodes.LoadImage(image=f"{name}.png").out.image for name in "ab")
    batch = kjnodes.ImageBatchMulti(inputcount=3, image_1=first, image_2=second, more={"image_3": first})
    assert dict(batch.given_inputs())["image_3"] is first
    assert batch.replace(inputcount=2).more == {"image_3": first}
    workflow = Workflow(nodes.SaveImage(images=batch))
    assert workflow.validate() == []
    assert workflow.compile().document["3"]["inputs"]["image_3"] == ["1", 0]
    lora: Any = {"on": True, "lora": "a.safetensors", "strength": 1.0}
    model = nodes.UNETLoader(unet_name="flux1-dev.safetensors")
    loader = rgthree.PowerLoraLoaderRgthree(model=model, more={"lora_1": lora})
    assert dict(loader.given_inputs())["lora_1"] == lora


@pytest.mark.parametrize(
    ("more", "where", "message"),
    [
        ({"picture_3": "x"}, "picture_3", "has no input `picture_3`"),
        ({"image_3": 3}, "image_3", "takes only a link"),
        ({"image_3": nodes.KSamplerSelect(sampler_name="euler")}, "image_3", "does not fit an input of type IMAGE"),
        (3, "None", "has no input"),
    ],
)
def test_a_wrong_input_beside_the_declared_ones_is_reported(more: Any, where: str, message: str) -> None:
    with pytest.raises(InvalidNode) as caught:
        kjnodes.ImageBatchMulti(image_1=nodes.LoadImage(image="a.png").out.image, more=more)
    (problem,) = caught.value.problems
    assert problem.input == where and message in problem.message
