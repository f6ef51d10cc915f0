"""Nodes: born valid, frozen, named, and with a memory of where they were written."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any, cast

import pytest

from ryla_graphs import AnyNode, InvalidNode, Output, Workflow, nodes
from ryla_graphs.formats import api
from ryla_graphs.nodes import (
    CheckpointLoaderSimple,
    CLIPTextEncode,
    EmptyLatentImage,
    KSampler,
    LoadImage,
    LoraLoader,
    PreviewAny,
    ResizeImageMaskNode,
    SaveImage,
    VAEDecode,
    VAELoader,
)

model, clip, vae = CheckpointLoaderSimple(ckpt_name="x.safetensors").out
text = CLIPTextEncode(clip=clip, text="x")
canvas = EmptyLatentImage(width=64, height=64)


def sampler(**changes: Any) -> KSampler:
    good = {"model": model, "positive": text, "negative": text, "latent_image": canvas}
    return KSampler(**(good | changes))


FAULTS: dict[str, tuple[Any, str, str]] = {
    "E1 MODEL into CLIP": (lambda: CLIPTextEncode(clip=model, text="x"), "clip", "return_type_mismatch"),  # type: ignore[arg-type]
    "E2 text into FLOAT": (lambda: sampler(cfg="7"), "cfg", "invalid_input_type"),
    "E3 VAE into LATENT": (lambda: VAEDecode(samples=vae, vae=vae), "samples", "return_type_mismatch"),  # type: ignore[arg-type]
    "E4 misspelt sampler": (lambda: sampler(sampler_name="eulr"), "sampler_name", "value_not_in_list"),
    "E5 unknown input": (lambda: sampler(strength=1.0), "strength", "unknown_input"),
    "E6 missing input": (lambda: VAEDecode(samples=canvas), "vae", "required_input_missing"),  # type: ignore[call-arg]
    "E7 out of range": (lambda: sampler(cfg=200.0), "cfg", "value_bigger_than_max"),
    "E9 LATENT into IMAGE": (lambda: SaveImage(images=canvas, filename_prefix="x"), "images", "return_type_mismatch"),  # type: ignore[arg-type]
    "below the minimum": (lambda: sampler(steps=0), "steps", "value_smaller_than_min"),
    "a number for a wire": (lambda: sampler(model=3), "model", "not_a_wire"),
    "True for a number": (lambda: sampler(steps=True), "steps", "invalid_input_type"),
    "not a number": (lambda: sampler(cfg=float("nan")), "cfg", "invalid_input_type"),
    "infinite": (lambda: sampler(cfg=float("inf")), "cfg", "invalid_input_type"),
    "a node of several outputs": (
        lambda: CLIPTextEncode(clip=LoraLoader(model=model, clip=clip, lora_name="x"), text="x"),  # type: ignore[arg-type]
        "clip",
        "return_type_mismatch",
    ),
    "a node without outputs of the type": (
        lambda: VAEDecode(samples=VAELoader(vae_name="x"), vae=vae),  # type: ignore[arg-type]
        "samples",
        "return_type_mismatch",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_errors_on_the_line_that_wrote_them(name: str) -> None:
    write, field, code = FAULTS[name]
    with pytest.raises(InvalidNode) as caught:
        write()
    (problem,) = caught.value.problems
    assert (problem.input, problem.code) == (field, code)
    assert problem.source and problem.source.startswith(__file__)
    assert isinstance(caught.value, ValueError)


def test_e8_a_file_that_the_server_does_not_have_is_found_by_validate() -> None:
    from tests.data import my_nodes

    loader = CheckpointLoaderSimple(ckpt_name="sd_xl_base.safetensors")
    problems = Workflow(PreviewAny(source=loader.out.model)).validate(my_nodes.CATALOG | _previews())
    assert [(p.code, p.input) for p in problems if p.level == "error"] == [("value_not_in_list", "ckpt_name")]
    assert "did you mean 'sd_xl_base_1.0.safetensors'" in str(problems[0])


def _previews() -> Any:
    from ryla_graphs.catalogs import bundled

    return bundled().subset(["PreviewAny"])


def test_all_problems_of_a_node_come_at_once() -> None:
    with pytest.raises(InvalidNode) as caught:
        KSampler(model=vae, steps=0, cfg="x", positive=3, strange=1)  # type: ignore[call-arg, arg-type]
    found = {problem.input: problem.code for problem in caught.value.problems}
    assert found == {
        "model": "return_type_mismatch",
        "steps": "value_smaller_than_min",
        "cfg": "invalid_input_type",
        "positive": "not_a_wire",
        "negative": "required_input_missing",
        "latent_image": "required_input_missing",
        "strange": "unknown_input",
    }
    assert str(caught.value).startswith("KSampler has 7 problems:")


def test_errors_say_what_was_expected_and_what_to_do() -> None:
    with pytest.raises(InvalidNode) as caught:
        sampler(steps=0, sampler_nam="euler")
    shown = str(caught.value)
    assert "0 is below the minimum 1" in shown and "a whole number from 1 to 10000" in shown
    assert "did you mean 'sampler_name'?" in shown


def test_nodes_are_frozen_and_equal_only_to_themselves() -> None:
    node = sampler()
    with pytest.raises(AttributeError, match=r"`node.replace\(steps=3\)`"):
        node.steps = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot change"):
        del cast("Any", node).steps
    assert node == node and node != sampler()
    assert len({node, sampler(), node}) == 2


def test_whole_numbers_for_a_float_are_written_as_floats() -> None:
    assert sampler(cfg=1).cfg == 1.0 and type(sampler(cfg=1).cfg) is float


def test_a_node_remembers_the_line_that_wrote_it() -> None:
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    node = sampler()
    inner = KSampler(model=model, positive=text, negative=text, latent_image=canvas)
    assert inner.source_ == f"{__file__}:{line + 2}"
    assert node.source_ and node.source_.startswith(f"{__file__}:")


def test_replace_gives_a_new_node_and_keeps_the_name() -> None:
    node = sampler(steps=20).named("sampler", title="The sampler")
    other = node.replace(steps=30)
    assert (node.steps, other.steps) == (20, 30)
    assert (other.name_, other.title_) == ("sampler", "The sampler")
    assert other.model is node.model
    with pytest.raises(InvalidNode, match="steps"):
        node.replace(steps=0)


def test_naming_copies_and_checks() -> None:
    node = sampler()
    named = node.named("a")
    assert (node.name_, named.name_, named.title_) == (None, "a", None)
    assert named.named("b", title="B").label == "KSampler 'b'"
    for bad in ("", "a\nb", "\x00"):
        with pytest.raises(InvalidNode, match="cannot be the name"):
            node.named(bad)


def test_outputs_have_names_types_and_slots() -> None:
    loader = CheckpointLoaderSimple(ckpt_name="x")
    assert [(output.name, output.slot, output.type) for output in loader.out] == [
        ("model", 0, "MODEL"),
        ("clip", 1, "CLIP"),
        ("vae", 2, "VAE"),
    ]
    assert loader.output(2).name == "vae"
    with pytest.raises(InvalidNode, match="no output 3"):
        loader.output(3)
    assert repr(loader.out.vae) == "<CheckpointLoaderSimple.out.vae: VAE>"


def test_an_input_that_python_or_pydantic_keeps_for_itself_is_reachable() -> None:
    assert SaveImage(images=LoadImage(image="a.png").out.image, filename_prefix="x").out
    renamed = ResizeImageMaskNode(input=LoadImage(image="a.png").out.image, resize_type="scale width")
    assert dict(renamed.given_inputs())["resize_type.width"] == 512


def test_a_node_of_any_class_needs_no_python_class() -> None:
    node = AnyNode(of="MyNode", inputs={"image": LoadImage(image="a.png").out.image, "strength": 0.5})
    assert node.class_type == "MyNode"
    assert isinstance(node.output(4), Output)
    follow = AnyNode(of="KSampler", inputs={"steps": 3}, catalog=text.CATALOG)
    assert follow.out.latent.type == "LATENT"
    assert follow.out[0].slot == 0
    with pytest.raises(AttributeError, match="there are: latent"):
        follow.out.image  # noqa: B018
    assert follow.replace(steps=4).inputs == {"steps": 4}
    with pytest.raises(InvalidNode):
        AnyNode(of=3)  # type: ignore[arg-type]


def test_a_node_of_an_unknown_class_may_stand_for_its_first_output() -> None:
    unknown = AnyNode(of="MyLoader", inputs={})
    assert CLIPTextEncode(clip=unknown, text="x").clip is unknown


def test_repr_is_short_and_does_not_recurse() -> None:
    node: Any = LoadImage(image="a.png").out.image
    for _ in range(5000):
        node = ResizeImageMaskNode(input=node, resize_type="scale width")
    assert len(repr(node)) < 400


def test_inputs_are_keywords() -> None:
    with pytest.raises(
        InvalidNode, match=r"write KSampler\(model=\.\.\., seed=3\); the inputs are model, seed, steps"
    ) as caught:
        KSampler(model, 3)  # type: ignore[call-arg]
    (problem,) = caught.value.problems
    assert problem.code == "positional_input" and problem.source and problem.source.startswith(__file__)
    with pytest.raises(InvalidNode, match=r"ResizeType.ScaleWidth\(width=512\)"):
        ResizeImageMaskNode.ResizeType.ScaleWidth(512)  # type: ignore[call-arg]
    assert "positions" not in str(inspect.signature(KSampler))


def test_wrong_names_name_the_right_ones() -> None:
    loader: Any = CheckpointLoaderSimple(ckpt_name="x")
    with pytest.raises(AttributeError, match="no output `modle`; there are: model, clip, vae; did you mean 'model'"):
        loader.out.modle  # noqa: B018
    with pytest.raises(AttributeError, match=r"write `\.out\.vae`"):
        loader.vae  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'ckpt_name'"):
        loader.ckpt_nam  # noqa: B018
    with pytest.raises(ImportError, match="did you mean 'KSampler'"):
        from ryla_graphs.nodes import KSamplr  # type: ignore[attr-defined]  # noqa: F401
    assert not hasattr(nodes, "KSamplr")
    from ryla_graphs.nodes import model_sampling

    assert model_sampling.KSampler is KSampler


def test_what_is_public_is_ours() -> None:
    node: Any = sampler()
    option: Any = ResizeImageMaskNode.ResizeType.ScaleWidth(width=3)
    assert {"steps", "out", "replace", "named"} <= set(dir(node))
    assert not [name for name in dir(node) if name.startswith(("model_", "_"))]
    for value in (node, option):
        for name in ("model_copy", "copy"):
            with pytest.raises(AttributeError, match=r"replace\(\.\.\.\)"):
                getattr(value, name)
        for name in ("dict", "json", "model_dump", "model_dump_json"):
            with pytest.raises(AttributeError, match="is the JSON of a graph"):
                getattr(value, name)
        for name in ("parse_obj", "model_validate", "construct", "model_construct"):
            with pytest.raises(AttributeError):
                getattr(value, name)
            assert not hasattr(type(value), name)


def test_copies_are_the_thing_itself() -> None:
    option = ResizeImageMaskNode.ResizeType.ScaleWidth(width=3)
    for value in (sampler(), text.out.conditioning, option, AnyNode(of="X")):
        assert copy.copy(value) is value and copy.deepcopy([value])[0] is value


def test_pickles_hold_everything_upstream() -> None:
    option = ResizeImageMaskNode.ResizeType.ScaleWidth(width=3)
    resized = ResizeImageMaskNode(input=LoadImage(image="a.png").out.image, resize_type=option).named("r", title="R")
    node = AnyNode(of="Mine", inputs={"image": resized.out.resized, "node": resized})
    again, output, choice = (pickle.loads(pickle.dumps(value)) for value in (node, resized.out.resized, option))
    assert api.dump(Workflow(again).graph) == api.dump(Workflow(node).graph)
    assert again.inputs["image"].node is again.inputs["node"], "one node stays one"
    assert (again.source_, output.node.source_) == (node.source_, resized.source_)
    assert (output.node.name_, output.node.title_, output.label) == ("r", "R", resized.out.resized.label)
    assert choice == option and choice is not option
    assert output.node.replace(resize_type="scale height").out.resized


def test_outputs_are_equal_where_node_and_slot_are() -> None:
    loader = CheckpointLoaderSimple(ckpt_name="x")
    assert loader.out.vae == loader.output(2) and len({loader.out.vae, loader.out.vae, loader.out.clip}) == 2
    assert loader.out.vae != CheckpointLoaderSimple(ckpt_name="x").out.vae


def test_an_output_of_an_unknown_class_says_how_it_is_named() -> None:
    with pytest.raises(IndexError, match=r"use `\.output\(0\)`"):
        AnyNode(of="Nobodys", inputs={}).out[0]


@pytest.mark.parametrize(
    ("given", "call"),
    [({"name": "grey"}, '.named("grey")'), ({"id": "7"}, '.named("7")'), ({"title": "A"}, '.named("…", title="A")')],
)
def test_a_name_among_the_inputs_is_answered_with_named(given: dict[str, str], call: str) -> None:
    with pytest.raises(InvalidNode) as caught:
        EmptyLatentImage(width=64, height=64, **given)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.code == "unknown_input" and f"write EmptyLatentImage(…){call}; " in (problem.hint or "")


def test_the_hint_at_named_keeps_the_input_that_was_meant() -> None:
    with pytest.raises(InvalidNode, match=r"\.named\(\"ae\.safetensors\"\); did you mean 'vae_name'"):
        VAELoader(name="ae.safetensors")  # type: ignore[call-arg]
