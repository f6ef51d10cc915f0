"""Rule: a guidance-distilled model does not get a high cfg as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from ryla_graphs.families.family import FAMILIES, Families
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.validation.families.wording import written_by
from ryla_graphs.validation.view import View

HIGHEST_CFG: Mapping[str, float] = {"flux1": 4.0}
"""The highest cfg that gives a picture, by family. Usual values: 1, or 1.5 to 3.5 if a negative text has to act."""


def cfg_of_distilled(view: View) -> Iterator[Problem]:
    """SDXL's usual cfg of 7 burns the picture on Flux.1."""
    for node in view.samplers:
        cfg = view.families.literal(node, "cfg")
        if isinstance(cfg, bool) or not isinstance(cfg, (int, float)):
            continue
        model = view.families.into(node, "model")
        highest = None if model is None else _highest(model.families)
        if model is not None and highest is not None and cfg > highest and not _undistilled(model.origin.inputs):
            (name,) = model.families if len(model.families) == 1 else ("flux1",)
            yield Problem(
                code="cfg_too_high",
                message=f"a cfg of {cfg} burns the picture; the model is {FAMILIES[name].label} from "
                f"{written_by(model.origin, view)}",
                subject=AtNode(node=node.id, class_type=node.class_type, input="cfg"),
                given=node.inputs.get("cfg"),
                expected=f"1, or up to {highest:g} where a negative text has to act",
                hint="use cfg 1 and FluxGuidance 3.5; with a negative text cfg 1.5 to 3.5 and FluxGuidance 1 to 2",
            )


@lru_cache(maxsize=256)
def _highest(families: Families) -> float | None:
    """The highest cfg that gives a picture with the most tolerant of these families; None if one of them takes any."""
    known = [HIGHEST_CFG.get(name) for name in families]
    return None if None in known else max((cfg for cfg in known if cfg is not None), default=None)


def _undistilled(inputs: tuple[tuple[str, object], ...]) -> bool:
    """Whether the file's name says that it was de-distilled, so it takes a cfg again."""
    return any("distill" in str(value).lower() for _, value in inputs)
