"""Whatever a class is given, its rule says what comes out, that the real node fails, or that this is unknown."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from ryla_graphs import catalogs
from ryla_graphs.catalog.schema import InputSpec, Kind, NodeSchema
from ryla_graphs.engines.simulator.computed import computed
from ryla_graphs.shapes.models import CODECS, FORMATS, TEXTS
from ryla_graphs.shapes.models.formats import SAMPLINGS
from ryla_graphs.shapes.registry import Call, NodeFails
from ryla_graphs.shapes.rules import rule
from ryla_graphs.shapes.unknown import Undecided, Unknown
from ryla_graphs.shapes.values import (
    AudioShape,
    Conditioning,
    ImageShape,
    LatentShape,
    MaskShape,
    Opaque,
    Sigmas,
    VideoShape,
    unknown_of,
)

CATALOG = catalogs.bundled()
ROOMS = ("conditioning", "latents", "models", "objects", "sampling", "training", "video")
MINE = frozenset({"LATENT", "SIGMAS", "CONDITIONING", "MODEL", "CLIP", "VAE", "GUIDER", "SAMPLER", "NOISE", "HOOKS"})
ROUNDS = 12


def room(class_type: str) -> str:
    return rule[class_type].work.__module__.split(".rules.")[-1].split(".")[0]


CLASSES = sorted(name for name in rule if name in CATALOG and room(name) in ROOMS)


def is_core(schema: NodeSchema) -> bool:
    return schema.module.partition(".")[0] in ("nodes", "comfy_extras")


def test_core_classes_have_a_rule() -> None:
    given = {name: {output.type for output in schema.outputs} for name, schema in CATALOG.items() if is_core(schema)}
    assert {
        name for name, types in given.items() if types & MINE and name not in rule and name not in computed
    } == set()


class Draw:
    """Values of any type, seeded: sizes that fit and sizes that do not, and unknown ones among them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._by_type: Mapping[str, Callable[[], Any]] = {
            "IMAGE": lambda: ImageShape(self._side(), self._side(), self._side(), self._one(1, 3, 4)),
            "MASK": lambda: MaskShape(self._side(), self._side(), self._side()),
            "LATENT": self._latent,
            "AUDIO": lambda: AudioShape(1, 2, self._one(44_100, Unknown("a sound", 1))),
            "VIDEO": lambda: VideoShape(self._side(), 64, 64, Fraction(24)),
            "FLOAT": lambda: self._one(24.0, 25, Unknown("a rate", 1)),
            "SIGMAS": lambda: self._one(Sigmas(()), Sigmas((1.0, 0.5, 0.0))),
            "CONDITIONING": lambda: self._one(
                Conditioning((((1, 77, 768), {"pooled_output": None}), ((2, Unknown("a text", 1), 768), {}))),
                Opaque("CONDITIONING", {"unknown": "of a pack"}),
            ),
            "MODEL": lambda: Opaque(
                "MODEL", {"sampling": self._any(SAMPLINGS), "format": self._any(FORMATS)} if self._often() else {}
            ),
            "CLIP": lambda: Opaque("CLIP", {"text": self._any(TEXTS)} if self._often() else {}),
            "VAE": lambda: Opaque("VAE", {"codec": self._any(CODECS)} if self._often() else {}),
        }

    def _one(self, *values: Any) -> Any:
        return self._random.choice(values)

    def _any(self, table: Mapping[str, Any]) -> Any:
        return self._one(*table.values())

    def _often(self) -> bool:
        return self._random.random() < 0.8

    def _side(self) -> Any:
        return self._one(1, 2, 5, 9, 16, 60, 64, 77, 128, Unknown("a size", 1))

    def _latent(self) -> LatentShape:
        made: LatentShape = self._one(
            LatentShape((self._side(), self._one(4, 16), self._side(), self._side())),
            LatentShape((self._side(), 16, self._side(), self._side(), self._side()), empty=True),
            LatentShape((2, 64, Unknown("a length", 1))),
            LatentShape((1, 128, 3, 4, 4), more=((1, 8, 30, 16),)),
            LatentShape((3, 4, 8, 8), noise_mask=(2, 1, 64, 64), batch_index=(4, 5, 6)),
            unknown_of("LATENT", "of a pack"),
        )
        return made

    def inputs(self, schema: NodeSchema) -> dict[str, Any]:
        """Values for all that a class requires, and some of what it does not."""
        chosen = {spec.name: self._one(*spec.options).key for spec in schema.inputs if spec.options}
        given = dict(chosen)
        for spec in schema.flat_inputs(chosen).values():
            if spec.name not in given and (spec.required or self._random.random() < 0.5):
                given[spec.name] = self._value(spec)
        return {name: [value] for name, value in given.items()} if schema.input_is_list else given

    def _value(self, spec: InputSpec) -> Any:
        if spec.kind in (Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN) and self._random.random() < 0.08:
            return Unknown("a value of a pack")
        default = spec.default if spec.has_default else spec.min or 1
        match spec.kind:
            case Kind.INT:
                return self._one(default, default, spec.min or 0, min((spec.min or 0) + self._one(1, 2, 7), 99))
            case Kind.FLOAT:
                return float(self._one(default, spec.min or 0.0, 1.0))
            case Kind.BOOLEAN:
                return self._often()
            case Kind.STRING:
                return self._one("", "a, b", '[[{"x":1,"y":2}]]', "1.0 0.5", "x" * 400)
            case Kind.COMBO:
                return self._one(*spec.choices) if spec.choices else "a_file.safetensors"
        socket = spec.type.partition(",")[0]
        made = self._by_type.get(socket)
        return made() if made is not None else self._one(Opaque(socket), Opaque(socket), None)


def dimensions(value: Any) -> Iterator[Any]:
    if isinstance(value, LatentShape):
        yield from (*value.samples, *(value.noise_mask or ()), *(side for more in value.more for side in more))
    elif isinstance(value, (ImageShape, MaskShape)):
        yield from value.shape
    elif isinstance(value, Conditioning):
        yield from (side for shape, _ in value.entries for side in shape)
    elif isinstance(value, list):
        for each in value:
            yield from dimensions(each)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_rules_say_or_fail_or_do_not_know(seed: int) -> None:
    draw, said = Draw(seed), 0
    for class_type in CLASSES:
        schema = CATALOG[class_type]
        call = Call("1", schema, draw.inputs(schema))
        try:
            outputs = rule[class_type](call)
        except (NodeFails, Undecided):
            continue
        said += 1
        assert len(outputs) == len(schema.outputs), class_type
        wrong = [side for value in outputs for side in dimensions(value) if not isinstance(side, (int, Unknown))]
        assert not wrong, (class_type, call.inputs, outputs)
    assert said > len(CLASSES) / 3
