"""Stand-ins for the files of YuNet and SFace: networks of the same inputs and outputs that know one thing.

The true files cannot be had without a network. These are written byte by byte, so that no package is needed for it:
https://onnx.ai/onnx/repo-docs/IR.html has the format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod

EYES, NOSE, MOUTH = ((8, 12), (24, 12)), (16, 18), ((10, 26), (22, 26))
"""Where the detector sees things in a red square of 32 pixels, which it takes for a face."""


def detector() -> bytes:
    """Takes each square of 32 pixels for a face that is red; of strides 8 and 16 it sees nothing."""
    nodes, weights = [], []
    for stride in (8, 16, 32):
        nodes.append(
            _node("AveragePool", ["input"], f"pooled_{stride}", kernel_shape=[stride] * 2, strides=[stride] * 2)
        )
        points = [value / 32 for point in (*EYES, NOSE, *MOUTH) for value in point]
        red = [0, 0, 1 / 255] if stride == 32 else [0, 0, 0]
        for name, rows, bias in (
            ("cls", [red], [0.0]),
            ("obj", [[0, 0, 0]], [1.0]),
            ("bbox", [[0, 0, 0]] * 4, [0.5, 0.5, 0.0, 0.0]),
            ("kps", [[0, 0, 0]] * 10, points),
        ):
            own = f"{name}_{stride}"
            flat = [value for row in rows for value in row]
            weights += [_tensor(f"w_{own}", [len(rows), 3, 1, 1], flat), _tensor(f"b_{own}", [len(rows)], bias)]
            nodes += [
                _node("Conv", [f"pooled_{stride}", f"w_{own}", f"b_{own}"], f"map_{own}", kernel_shape=[1, 1]),
                _node("Reshape", [f"map_{own}", f"shape_{own}"], f"flat_{own}"),
                _node("Transpose", [f"flat_{own}"], own, perm=[0, 2, 1]),
            ]
            weights.append(_tensor(f"shape_{own}", [3], [1, len(rows), -1]))
    outputs = [f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]
    return _model(nodes, weights, ("input", [1, 3, 640, 640]), outputs)


def recogniser() -> bytes:
    """Gives the mean colours of the four quarters of a face, twelve numbers."""
    nodes = [
        _node("AveragePool", ["data"], "pooled", kernel_shape=[56, 56], strides=[56, 56]),
        _node("Reshape", ["pooled", "shape"], "fc1"),
    ]
    return _model(nodes, [_tensor("shape", [2], [1, 12])], ("data", [1, 3, 112, 112]), ["fc1"])


def _model(nodes: Sequence[bytes], weights: Sequence[bytes], given: tuple[str, list[int]], outputs: list[str]) -> bytes:
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"stand-in")
    graph += b"".join(_field(5, weight) for weight in weights)
    graph += _field(11, _value(*given)) + b"".join(_field(12, _value(name, [])) for name in outputs)
    return _field(1, 7) + _field(7, graph) + _field(8, _field(2, 12))


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Sequence[int]) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, kind.encode())
    for name, values in attributes.items():
        ints = b"".join(_field(8, value) for value in values)
        body += _field(5, _field(1, name.encode()) + ints + _field(20, 7))
    return body


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    whole = name.startswith("shape")
    assert prod(shape) == len(values)
    raw = struct.pack(f"<{len(values)}{'q' if whole else 'f'}", *values)
    dims = b"".join(_field(1, size) for size in shape)
    return dims + _field(2, 7 if whole else 1) + _field(8, name.encode()) + _field(9, raw)


def _value(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, dims)))


def _field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
