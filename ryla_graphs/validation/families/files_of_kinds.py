"""Rule: a loader gets a file of the kind it loads."""

from __future__ import annotations

from collections.abc import Iterator

from ryla_graphs.families.evidence import KINDS, Evidence, is_wrong_kind
from ryla_graphs.problems import AtNode, Problem, shorten
from ryla_graphs.problems import family_hints as hints
from ryla_graphs.prompt import PromptNode
from ryla_graphs.validation.view import View


def files_of_kinds(view: View) -> Iterator[Problem]:
    """A bare diffusion model has no CLIP and no VAE, so nodes that use them fail: ``clip input is invalid``.

    Any other kind of file in the wrong loader fails when it is loaded; only the file's header tells that.
    """
    for node, files in view.loaders:
        for name, folder in files.items():
            if folder != "checkpoints" and view.files is None:
                continue  # only a header tells
            given = view.families.literal(node, name)
            found = view.families.evidence(folder, given) if isinstance(given, str) else None
            if found is not None:
                yield from _wrong_kind(node, name, folder, found)
                if folder == "checkpoints" and found.bare:
                    yield from _bare(view, node, name, found)


def _wrong_kind(node: PromptNode, name: str, folder: str, found: Evidence) -> Iterator[Problem]:
    detected = found.detected
    if detected is not None and is_wrong_kind(folder, detected):
        yield Problem(
            code="wrong_file_kind",
            message=f"{shorten(node.inputs.get(name))} is {detected.label}, by its header ({detected.evidence})",
            subject=AtNode(node=node.id, class_type=node.class_type, input=name),
            given=node.inputs.get(name),
            expected=" or ".join(sorted(KINDS[folder])),
            hint=f"was the file renamed? {node.class_type} loads from models/{folder}",
        )


def _bare(view: View, node: PromptNode, name: str, found: Evidence) -> Iterator[Problem]:
    types = node.schema.output_types
    used = [type_ for slot, type_ in enumerate(types) if type_ in ("CLIP", "VAE") and view.is_used(node.id, slot)]
    if not used:
        return
    text = hints.text_for(found.families)
    yield Problem(
        code="not_a_checkpoint",
        message=f"{shorten(node.inputs.get(name))} holds a diffusion model alone, so there is no "
        f"{' and no '.join(str(type_) for type_ in used)} to take from it",
        subject=AtNode(node=node.id, class_type=node.class_type, input=name),
        given=node.inputs.get(name),
        expected="a checkpoint, with text encoder and VAE",
        hint=f"load it with UNETLoader, the text encoder with {text}, and the VAE with VAELoader",
    )
