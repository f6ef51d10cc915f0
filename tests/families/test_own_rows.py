"""Rows of one's own for families: those of packs, and corrections."""

from __future__ import annotations

from ryla_graphs import catalogs
from ryla_graphs.families import (
    BUILTIN,
    FAMILIES,
    RESTRICTIONS,
    Always,
    FamilyRules,
    FilePattern,
    From,
    OfFile,
    Restriction,
)
from ryla_graphs.families.encoders import IMAGE_ENCODERS
from ryla_graphs.families.family_rules import rules_of
from ryla_graphs.families.file_names import PATTERNS
from ryla_graphs.families.transfer_rows import APART, TRANSFERS
from ryla_graphs.families.transfers import Empty
from tests.families.test_inference import FLUX, codes, families, node, reported
from tests.families.test_mismatches import CATALOG, graph, mended

PACK = catalogs.from_object_info(
    {
        "ForgeLoader": {
            "input": {"required": {"model_name": [[], {"open_choices": True}]}},
            "output": ["MODEL"],
        },
        "ForgeApply": {
            "input": {"required": {"model": ["MODEL"], "weight": ["FLOAT", {"default": 1.0}]}},
            "output": ["MODEL"],
        },
    }
)


def test_a_pack_brings_its_own_rows() -> None:
    rules = FamilyRules(
        loaders={"ForgeLoader": {"model_name": "forge"}},
        patterns=(FilePattern(word="forged", families=("wan",)),),
        restrictions={
            "ForgeApply": {
                "model": Restriction(families=frozenset({"flux1"}), through="transformer", strength="weight"),
            },
        },
    )
    catalog = (catalogs.bundled() | PACK).replace(families=BUILTIN | rules)
    prompt = mended(FLUX, n8__model=["31", 0], n2__type="new", n3__vae_name="x")
    prompt["30"] = node("ForgeLoader", model_name="forged-2.safetensors")
    prompt["31"] = node("ForgeApply", model=["30", 0], weight=1.0)
    for name in ("n2__clip_name1", "n2__clip_name2"):
        prompt = mended(prompt, **{name: "x"})
    assert codes(prompt, catalogs.bundled() | PACK) == []
    (problem,) = reported(prompt, catalog)
    assert (problem.code, problem.node) == ("adapter_without_effect", "31")
    assert "Wan from ForgeLoader '30'" in problem.message
    assert codes(mended(prompt, n31__weight=0.0), catalog) == []
    fixed = catalog.replace(
        families=BUILTIN | rules | FamilyRules(transfers={"ForgeLoader": Always(frozenset({"flux1"}))})
    )
    assert families(prompt, "30", catalog=fixed) == families(prompt, "31", catalog=fixed) == {"flux1"}


def test_a_name_that_misleads_can_be_corrected() -> None:
    prompt = graph("12_sdxl_lora_on_flux")
    for row, expected in (
        (FilePattern(word="sdxl-style"), []),
        (FilePattern(word="sdxl-style", families=("flux1",)), []),
        (FilePattern(word="sdxl-style", families=("wan",)), ["lora_family"]),
    ):
        assert codes(prompt, CATALOG.replace(families=BUILTIN | FamilyRules(patterns=(row,)))) == expected


def test_catalogs_keep_their_rows() -> None:
    first, second = (BUILTIN | FamilyRules(transfers={name: From(("model",))}) for name in ("A", "B"))
    both = PACK.replace(families=first) | catalogs.bundled().replace(families=second)
    assert {"A", "B"} <= rules_of(both).transfers.keys()
    assert (PACK | catalogs.bundled()).families is None
    assert PACK.replace(families=first).subset(["ForgeApply"]).families is first
    assert PACK.replace(families=first).replace(any_input_file=True).families is first


def test_rows_name_families_and_classes_that_there_are() -> None:
    every = FAMILIES.keys() | IMAGE_ENCODERS.keys()
    for class_type, inputs in RESTRICTIONS.items():
        for name, restriction in inputs.items():
            assert restriction.families <= every, class_type
            if class_type in CATALOG:
                specs = {spec.name for spec in CATALOG[class_type].every_input()}
                assert {name, restriction.strength or name} <= specs, class_type
    for pattern in PATTERNS:
        assert set(pattern.families) <= FAMILIES.keys() and pattern.word == pattern.word.lower()
    for class_type, row in TRANSFERS.items():
        for transfer in row if isinstance(row, tuple) else (row,):
            if isinstance(transfer, Always):
                assert transfer.families <= FAMILIES.keys(), class_type
            if isinstance(transfer, (From, OfFile)) and class_type in CATALOG:
                names = {spec.name for spec in CATALOG[class_type].every_input()}
                used = transfer.inputs if isinstance(transfer, From) else (transfer.input,)
                assert set(used) <= names, class_type
            assert not isinstance(transfer, Empty) or transfer.formats
    assert {name for name in APART if name not in CATALOG} == set()
