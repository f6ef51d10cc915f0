"""Rule: a pack's loader for one model gets files of that model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ryla_graphs.families.encoders import TEXT_ENCODERS
from ryla_graphs.families.evidence import Evidence
from ryla_graphs.families.family import Families
from ryla_graphs.problems import AtNode, Problem
from ryla_graphs.problems.family_sentences import other_file
from ryla_graphs.validation.families.wording import named
from ryla_graphs.validation.view import View

_CODES: Mapping[str, str] = {
    "checkpoints": "model_family",
    "diffusion_models": "model_family",
    "loras": "lora_family",
    "vae": "vae_family",
    "text_encoders": "text_encoder_family",
    "controlnet": "controlnet_family",
}
"""By the folder of the file."""


def files_of_families(view: View) -> Iterator[Problem]:
    """WanVideoWrapper's loader knows only Wan's layers: it fails on any other file, and LoRAs find no layers."""
    for node, plan in view.families.asking:
        if (takes := plan.takes) is None or node.id not in view.reached:
            continue
        for name, folder in view.families.files(node).items():
            given = view.families.literal(node, name)
            found = view.families.evidence(folder, given) if isinstance(given, str) else None
            if found is None or not _is_other(folder, found, takes):
                continue
            what = TEXT_ENCODERS.get(found.encoder or "") or named(found.families)
            yield Problem(
                code=_CODES.get(folder, "adapter_family"),
                message=other_file(node.class_type, _called(takes), given, what, found.basis),
                subject=AtNode(node.id, node.class_type, name),
                given=given,
                expected=_called(takes),
                hint=f"load a file of {_called(takes)}, or load this one with ComfyUI's own loader",
            )


def _is_other(folder: str, found: Evidence, takes: Families) -> bool:
    if folder == "text_encoders":
        return not takes.isdisjoint(TEXT_ENCODERS) and found.encoder is not None and found.encoder not in takes
    return bool(found.families) and takes.isdisjoint(found.families) and takes.isdisjoint(TEXT_ENCODERS)


def _called(takes: Families) -> str:
    return " or ".join(TEXT_ENCODERS[name] for name in TEXT_ENCODERS if name in takes) or named(takes)
