"""Rule: a loader can use its file, judging by the file's name alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ryla_graphs.families.encoders import TEXT_ENCODERS
from ryla_graphs.problems import AtNode, Problem, shorten
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.families.wording import named
from ryla_graphs.validation.view import View

PAIRS: Mapping[str, frozenset[str]] = {"flux": frozenset({"clip-l", "t5-xxl", "t5-xxl-old"})}
"""The encoders that a `type` with two files needs."""
_CORE = ("nodes", "comfy_extras")
_LAST = frozenset("fF")
"""The last letter of a GGUF file's name. Few other names end so, which makes this a quick first check."""


def files_by_name(view: View) -> Iterator[Problem]:
    """GGUF needs its own loaders, a diffusion model is not a text encoder, and UMT5 is not the T5 that Flux.1 reads."""
    literal = view.values.literal
    for node, files in view.loaders:
        for name, folder in files.items():
            given = node.inputs.get(name)
            if not isinstance(given, str) and not isinstance(given := literal(node, name), str):
                continue
            if given[-1:] in _LAST and given[-5:].lower() == ".gguf" and node.schema.module.startswith(_CORE):
                yield _gguf(node, name, folder, given)
            elif folder == "text_encoders":
                yield from _not_the_text(view, node, name, given)


def _gguf(node: PromptNode, name: str, folder: str, given: str) -> Problem:
    loader = {"text_encoders": "CLIPLoaderGGUF or DualCLIPLoaderGGUF", "vae": "VaeGGUF"}.get(folder, "UnetLoaderGGUF")
    return Problem(
        code="wrong_file_kind",
        message=f"{node.class_type} loads no GGUF files, and {shorten(given)} is one by its name",
        subject=AtNode(node.id, node.class_type, name),
        given=given,
        expected="a safetensors file",
        hint=f"load it with {loader} of the pack ComfyUI-GGUF",
    )


def _not_the_text(view: View, node: PromptNode, name: str, given: str) -> Iterator[Problem]:
    at = AtNode(node.id, node.class_type, name)
    found = view.families.evidence("text_encoders", given)
    if found is None or found.encoder is None:
        model = view.families.evidence("diffusion_models", given)
        if given.lower().endswith(".gguf") and model is not None and model.families:
            yield Problem(
                code="wrong_file_kind",
                message=f"{shorten(given)} is a diffusion model of {named(model.families)} by its name",
                subject=at,
                given=given,
                expected="a text encoder",
                hint=f"for {named(model.families)} use {hints.text_for(model.families)}",
            )
        return
    kind = view.families.literal(node, "type")
    allowed = PAIRS.get(kind) if isinstance(kind, str) and "clip_name2" in node.inputs else None
    if allowed is not None and found.encoder not in allowed:
        yield Problem(
            code="text_encoder_family",
            message=f"type '{kind}' takes {' and '.join(TEXT_ENCODERS[one] for one in ('clip-l', 't5-xxl'))}; "
            f"{shorten(given)} is {TEXT_ENCODERS.get(found.encoder, found.encoder)} by its name",
            subject=at,
            given=given,
            hint=f"for Flux.1 use {hints.text_for({'flux1'})}",
        )
