"""What the pack for InstantID reads besides ComfyUI's own files: its adapter, and an analysis that always finds a face.

InsightFace tells its five networks apart by their inputs and outputs; a detector and a recogniser are enough for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

WIDTH = 64
"""Of the small SDXL, as `sizes` has it."""
_ATTENTIONS = [2] * 4 + [4] * 20 + [4] * 30 + [2] * 6 + [4] * 10
"""Of SDXL's layers that attend to text, on the way down, on the way up and in the middle: channels by its width."""
_INNER, _TEXT, _FACE = 1280, 2048, 512
_SIDE = 640
"""Of the picture that the detector is given."""


def adapter(path: Path, random: Callable[[str, tuple[int, ...]], Any]) -> None:
    """Write InstantID's ``ip-adapter.bin``: from a face to 16 tokens, and from those to keys and values."""
    projection = {name: random(name, shape) for name, shape in _projection()}
    values = {
        f"{2 * number + 1}.{part}_ip.weight": random(f"{part}{number}", (times * WIDTH, _TEXT))
        for number, times in enumerate(_ATTENTIONS)
        for part in ("to_k", "to_v")
    }
    import_module("torch").save({"image_proj": projection, "ip_adapter": values}, path)


def _projection() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "latents", (1, 16, _INNER)
    for name, out, given in (("proj_in", _INNER, _FACE), ("proj_out", _TEXT, _INNER)):
        yield from ((f"{name}.weight", (out, given)), (f"{name}.bias", (out,)))
    norms = ["norm_out", *(f"layers.{layer}.{name}" for layer in range(4) for name in ("0.norm1", "0.norm2", "1.0"))]
    for name in norms:
        size = _TEXT if name == "norm_out" else _INNER
        yield from ((f"{name}.weight", (size,)), (f"{name}.bias", (size,)))
    for layer in range(4):
        for name, out, given in (("0.to_q", 1, 1), ("0.to_kv", 2, 1), ("0.to_out", 1, 1), ("1.1", 4, 1), ("1.3", 1, 4)):
            yield f"layers.{layer}.{name}.weight", (out * _INNER, given * _INNER)


def antelope(folder: Path) -> None:
    """Write the two networks that stand in for antelopev2."""
    folder.mkdir(parents=True, exist_ok=True)
    _detector(folder / "scrfd_10g_bnkps.onnx")
    _recogniser(folder / "glintr100.onnx")


def _detector(path: Path) -> None:
    """One face in the middle of anything: of all places on three grids one has a score, a box and five points."""
    numpy, helper = import_module("numpy"), import_module("onnx.helper")
    box, points = (5, 6, 5, 6), (-2, -2, 2, -2, 0, 0, -1.5, 2, 1.5, 2)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
    ]
    constants, outputs = {"nothing": numpy.zeros((), numpy.float32)}, list[tuple[str, Any]]()
    for found in ((0.9,), box, points):
        for stride in (8, 16, 32):
            side = _SIDE // stride
            fixed = numpy.zeros((2 * side * side, len(found)), numpy.float32)
            if stride == 32:
                fixed[side * (side + 1)] = found
            name = f"out{len(outputs)}"
            constants[f"{name}_fixed"] = fixed
            nodes.append(helper.make_node("Add", [f"{name}_fixed", "zero"], [name]))
            outputs.append((name, fixed.shape))
    _network(path, ("input", [1, 3, "h", "w"]), nodes, constants, outputs)


def _recogniser(path: Path) -> None:
    """512 numbers that depend on the face: the colours of an 8 x 8 grid, mixed."""
    numpy, helper = import_module("numpy"), import_module("onnx.helper")
    numbers = numpy.random.default_rng(1)
    mixed = numbers.standard_normal((192, _FACE)).astype(numpy.float32) / 10
    nodes = [
        helper.make_node("AveragePool", ["data"], ["grid"], kernel_shape=[14, 14], strides=[14, 14]),
        helper.make_node("Flatten", ["grid"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "mixed"], ["face"]),
    ]
    _network(path, ("data", [1, 3, 112, 112]), nodes, {"mixed": mixed}, [("face", (1, _FACE))])


def _network(path: Path, given: Any, nodes: Any, constants: dict[str, Any], outputs: Any) -> None:
    onnx, helper = import_module("onnx"), import_module("onnx.helper")
    tensors = [import_module("onnx.numpy_helper").from_array(each, name) for name, each in constants.items()]
    infos = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in (given, *outputs)]
    graph = helper.make_graph(nodes, "tiny", infos[:1], infos[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
