"""How ComfyUI executes: lazily, from its cache, in lists, in loops, in part; and how each failure is reported.

The behaviours are those that ComfyUI holds itself to, on the pack that it tests its executor with.
"""

from __future__ import annotations

from typing import Any

import pytest

from ryla_graphs import AnyNode, Workflow
from ryla_graphs.engines import run
from ryla_graphs.engines.comfyui import ComfyUI
from ryla_graphs.nodes import PreviewImage, RebatchImages, SaveImage, UpscaleModelLoader, VAELoader
from ryla_graphs.problems import EngineRefused, ExecutionFailed, InvalidWorkflow, OutputMissing
from tests.engines.testing_pack import BLACK, DAMAGED, WHITE, Pair, needs_checkout, ran, saved, stub

pytestmark = needs_checkout


# What runs


@pytest.mark.parametrize(("mask", "grey", "needed"), [(0.0, 0, {"black"}), (1.0, 255, {"white"}), (0.5, 127, None)])
def test_only_what_is_asked_for_runs(
    comfyui: ComfyUI, pair: Pair, mask: float, grey: int, needed: set[str] | None
) -> None:
    done = ran(comfyui, saved(pair.mixed(mask)))
    assert done.greys() == [grey]
    assert done.nodes & {"black", "white"} == (needed or {"black", "white"})


def test_what_ran_already_does_not_run_again(comfyui: ComfyUI, pair: Pair) -> None:
    assert ran(comfyui, saved(pair.mixed(0.5))).nodes
    again = ran(comfyui, saved(pair.mixed(0.5)))
    assert again.nodes == set() and again.greys() == [127]
    changed = ran(comfyui, saved(pair.mixed(0.25)))
    assert not changed.nodes & {"black", "white"} and "save" in changed.nodes and changed.greys() == [63]


def test_a_class_that_says_that_it_changes_runs_each_time(comfyui: ComfyUI, n: Any) -> None:
    picture = stub(n, WHITE)
    still = [ran(comfyui, saved(n.TestCustomIsChanged(image=picture, should_change=False).named("it"))) for _ in "ab"]
    assert ["it" in done.nodes for done in still] == [True, False]
    moving = [ran(comfyui, saved(n.TestCustomIsChanged(image=picture, should_change=True).named("it"))) for _ in "ab"]
    assert ["it" in done.nodes for done in moving] == [True, True]


def test_a_class_that_asks_for_its_inputs_to_say_whether_it_changed(comfyui: ComfyUI, n: Any) -> None:
    picture = stub(n, 0.5)
    shown = PreviewImage(images=n.TestIsChangedWithConstants(image=picture, value=0.5).named("it")).named("save")
    first, second = ran(comfyui, shown), ran(comfyui, shown)
    assert first.greys() == second.greys() == [63]
    assert "it" in first.nodes and "it" not in second.nodes


def test_one_picture_may_be_saved_twice(comfyui: ComfyUI, n: Any) -> None:
    picture = stub(n, WHITE)
    done = ran(comfyui, saved(picture, "a"), SaveImage(images=picture, filename_prefix="b").named("b"))
    assert done.greys("a") == done.greys("b") == [255]


# What is wrong


def test_a_node_that_raises_is_named_with_its_line(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    other_size = stub(n, WHITE, size=32)
    mixed = n.TestLazyMixImages(image1=pair.black, image2=other_size, mask=pair.mask(0.5)).named("mix")
    with pytest.raises(ExecutionFailed, match="TestLazyMixImages 'mix' failed") as caught:
        ran(comfyui, saved(mixed))
    assert caught.value.node == "mix" and "test_execution.py:" in str(caught.value)


@pytest.mark.parametrize("wrong", [5, "foo"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_class_may_refuse_values_in_its_own_words(comfyui: ComfyUI, n: Any, number: int, wrong: Any) -> None:
    """Its types say picture or number, so only the server knows that it takes no whole numbers and no text."""
    document = {
        "it": {"class_type": f"TestCustomValidation{number}", "inputs": {"input1": wrong, "input2": 3.0}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["it", 0], "filename_prefix": "x"}},
    }
    with pytest.raises((EngineRefused, InvalidWorkflow)) as caught:
        run(comfyui, Workflow.load(document))
    problems: Any = getattr(caught.value, "problems", ())
    assert {problem.node for problem in problems} == {"it"}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_class_takes_the_values_that_it_says(comfyui: ComfyUI, n: Any, number: int) -> None:
    node = getattr(n, f"TestCustomValidation{number}")
    assert ran(comfyui, saved(node(input1=0.5, input2=0.5))).greys() == [63]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_class_takes_wires_of_the_type_that_it_says(comfyui: ComfyUI, n: Any, number: int) -> None:
    node = getattr(n, f"TestCustomValidation{number}")
    assert ran(comfyui, saved(node(input1=n.StubFloat(value=0.5), input2=0.5))).greys() == [63]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_wire_of_another_type_is_refused_on_the_line_that_makes_it(n: Any, number: int) -> None:
    with pytest.raises(InvalidWorkflow, match="input1"):
        getattr(n, f"TestCustomValidation{number}")(input1=n.StubInt(value=5), input2=0.5)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_and_by_the_server_where_it_was_not_written_here(comfyui: ComfyUI, n: Any, number: int) -> None:
    document = {
        "five": {"class_type": "StubInt", "inputs": {"value": 5}},
        "it": {"class_type": f"TestCustomValidation{number}", "inputs": {"input1": ["five", 0], "input2": 3.0}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["it", 0], "filename_prefix": "x"}},
    }
    with pytest.raises(InvalidWorkflow) as judged:
        Workflow.load(document).compile(comfyui.catalog())
    assert {problem.node for problem in judged.value.problems} == {"it"}
    with pytest.raises(EngineRefused) as refused:
        run(comfyui, Workflow.load(document).compile(comfyui.catalog(), check=False))
    assert {problem.node for problem in refused.value.problems} == {"it"}


def test_a_class_that_checks_all_its_inputs_itself_is_past_its_ranges(comfyui: ComfyUI, n: Any) -> None:
    """`TestCustomValidation5` says 0 to 1, and refuses nothing but 7."""

    def done(value: float) -> Any:
        return Workflow.load(
            {
                "it": {"class_type": "TestCustomValidation5", "inputs": {"input1": 0.0, "input2": value}},
                "save": {"class_type": "SaveImage", "inputs": {"images": ["it", 0], "filename_prefix": "x"}},
            }
        ).compile(comfyui.catalog(), check=False)

    assert run(comfyui, done(0.5)).outputs and run(comfyui, done(5.0)).outputs
    with pytest.raises(EngineRefused, match="7") as caught:
        run(comfyui, done(7.0))
    assert caught.value.problems[0].node == "it"


@pytest.mark.parametrize("class_type", ["TestAsyncValidation", "TestAsyncValidationError"])
def test_a_class_may_take_its_time_to_refuse(comfyui: ComfyUI, n: Any, class_type: str) -> None:
    limit = "threshold" if class_type == "TestAsyncValidation" else "max_value"
    node = getattr(n, class_type)
    assert ran(comfyui, saved(node(**{"value": 5.0, limit: 10.0}))).greys() == [127]
    with pytest.raises(EngineRefused) as caught:
        ran(comfyui, saved(node(**{"value": 15.0, limit: 10.0}).named("it")))
    assert {problem.node for problem in caught.value.problems} == {"it"}


def test_a_cycle_is_refused(comfyui: ComfyUI, n: Any) -> None:
    mix: dict[str, Any] = {
        "class_type": "TestLazyMixImages",
        "inputs": {"image1": ["b", 0], "image2": ["b", 0], "mask": ["mask", 0]},
    }
    document = {
        "mask": {"class_type": "StubMask", "inputs": {"value": 0.5, "height": 16, "width": 16, "batch_size": 1}},
        "a": mix,
        "b": {**mix, "inputs": {**mix["inputs"], "image1": ["a", 0]}},
        "save": {"class_type": "SaveImage", "inputs": {"images": ["b", 0], "filename_prefix": "x"}},
    }
    with pytest.raises(InvalidWorkflow, match="cycle"):
        run(comfyui, Workflow.load(document))
    with pytest.raises(EngineRefused):
        run(comfyui, Workflow.load(document).compile(comfyui.catalog(), check=False))


def test_a_cycle_that_a_node_makes_while_it_runs_is_its_failure(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    maker = n.TestDynamicDependencyCycle(input1=pair.black, input2=pair.white).named("maker")
    with pytest.raises(ExecutionFailed) as caught:
        ran(comfyui, saved(maker))
    assert caught.value.node == "maker"


def test_a_link_that_leads_nowhere_costs_its_own_output_alone(comfyui: ComfyUI, n: Any) -> None:
    picture = {"class_type": "StubImage", "inputs": {"content": "BLACK", "height": 16, "width": 16, "batch_size": 1}}
    document = {
        "picture": picture,
        "good": {"class_type": "SaveImage", "inputs": {"images": ["picture", 0], "filename_prefix": "x"}},
        "bad": {"class_type": "SaveImage", "inputs": {"images": ["gone", 0], "filename_prefix": "x"}},
    }
    with pytest.raises(InvalidWorkflow, match="gone"):
        run(comfyui, Workflow.load(document))
    result = run(comfyui, Workflow.load(document), partial=True)
    assert [output.node for output in result.outputs] == ["good"]
    assert [problem.node for problem in result.left_out] == ["bad"]
    whole = Workflow.load({**document, "gone": picture})
    assert {output.node for output in run(comfyui, whole).outputs} == {"good", "bad"}


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_weight_file_is_named(comfyui: ComfyUI, name: str) -> None:
    folder, _, file = name.rpartition("/")
    loader: Any = VAELoader(vae_name=file) if folder == "vae" else UpscaleModelLoader(model_name=file)
    shown = AnyNode(of="PreviewAny", inputs={"source": loader.named("loader")}).named("shown")
    with pytest.raises(ExecutionFailed, match=f"cannot read models/{name}: damaged, incomplete") as caught:
        ran(comfyui, shown)
    assert caught.value.node == "loader"


# Inputs, lists, loops


def test_wires_under_undeclared_names_reach_a_function_that_takes_any(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    inputs = {"input1": pair.black, "input2": pair.white, "input3": pair.black, "input4": pair.black}
    assert ran(comfyui, saved(AnyNode(of="TestVariadicAverage", inputs=inputs))).greys() == [63]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_loop_that_unrolls_while_it_runs(comfyui: ComfyUI, n: Any, pair: Pair, times: int) -> None:
    """Each turn takes the mean of black and what the turn before gave; the first of white."""
    start = n.TestForLoopOpen(remaining=times, initial_value1=pair.white)
    body = AnyNode(of="TestVariadicAverage", inputs={"input1": pair.black, "input2": start.out.value1})
    end = n.TestForLoopClose(flow_control=start.out.flow_control, initial_value1=body)
    done = ran(comfyui, saved(end.out.value1))
    assert done.greys() == [255 // 2**times]
    assert all("." not in node for node in done.nodes), "nodes of a turn count for those that were written"


def test_a_node_that_gives_a_value_here_and_a_graph_there(comfyui: ComfyUI, n: Any) -> None:
    values = n.TestMakeListNode(value1=0.1, value2=0.2, value3=0.3)
    mixed = n.TestMixedExpansionReturns(input1=values)
    done = ran(comfyui, saved(mixed.out.image, "grown"), saved(mixed.out.image_2, "white"))
    assert done.greys("grown") == [25, 51, 76] and done.greys("white") == [255] * 3


def test_a_list_runs_a_lazy_node_once_for_each(comfyui: ComfyUI, n: Any) -> None:
    values = n.TestMakeListNode(value1=0.0, value2=0.5, value3=1.0)
    black = n.StubImage(content="BLACK", height=16, width=16, batch_size=1)
    white = n.StubImage(content="WHITE", height=16, width=16, batch_size=1)
    mask = n.StubMask(value=values, height=16, width=16, batch_size=1)
    mixed = n.TestLazyMixImages(image1=black, image2=white, mask=mask)
    assert ran(comfyui, saved(RebatchImages(images=mixed, batch_size=3))).greys() == [0, 127, 255]


def test_one_entry_of_a_list_may_be_blocked(comfyui: ComfyUI, n: Any) -> None:
    pictures = n.TestMakeListNode(value1=stub(n, BLACK), value2=stub(n, WHITE), value3=stub(n, BLACK))
    numbers = n.TestMakeListNode(**{f"value{i}": n.StubInt(value=i) for i in (1, 2, 3)})
    blocked = n.TestExecutionBlocker(
        input=pictures, block=n.TestIntConditions(a=numbers, b=2, operation="=="), verbose=False
    )
    listed = n.TestMakeListNode(value1=blocked)
    assert ran(comfyui, PreviewImage(images=listed).named("save")).greys() == [0, 0]


def test_an_output_that_is_blocked_altogether_is_no_success(comfyui: ComfyUI, n: Any) -> None:
    blocked = n.TestExecutionBlocker(input=stub(n, BLACK), block=True, verbose=False)
    with pytest.raises(OutputMissing, match="SaveImage 'save'"):
        ran(comfyui, saved(blocked))


# Some outputs of several


def test_a_workflow_of_some_sinks_runs_these_alone(comfyui: ComfyUI, pair: Pair, n: Any) -> None:
    done = ran(comfyui, saved(pair.mixed(0.0)))
    assert done.nodes & {"black", "white"} == {"black"}
    assert {output.node for output in done.result.outputs} == {"save"}


def test_an_output_node_that_others_need_runs_with_them(comfyui: ComfyUI, n: Any, pair: Pair) -> None:
    first = n.TestOutputNodeWithSocketOutput(image=pair.white, value=0.5).named("first")
    second = n.TestOutputNodeWithSocketOutput(image=first, value=0.5).named("second")
    done = ran(comfyui, saved(second))
    assert done.nodes >= {"white", "first", "second", "save"} and "black" not in done.nodes
    assert done.greys() == [63]


def test_an_output_node_that_delivers_nothing_is_no_success(comfyui: ComfyUI, n: Any) -> None:
    lonely = n.TestOutputNodeWithSocketOutput(image=stub(n, WHITE), value=0.5).named("lonely")
    with pytest.raises(OutputMissing, match="TestOutputNodeWithSocketOutput 'lonely' is an output node but delivered"):
        ran(comfyui, lonely)


def test_no_output_at_all_is_refused(comfyui: ComfyUI, n: Any) -> None:
    with pytest.raises(InvalidWorkflow, match="output"):
        ran(comfyui, stub(n, BLACK))
