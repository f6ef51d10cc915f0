"""Whole numbers in FLOAT inputs, which the editor writes as ``7`` and Python as ``7.0``."""

from __future__ import annotations

from typing import Any

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import Kind


def with_floats(document: dict[str, dict[str, Any]], catalog: Catalog) -> dict[str, dict[str, Any]]:
    """The prompt with these numbers as floats, as the server reads them, so that equal graphs have equal bytes.

    Changes the inputs of `document` in place.

    >>> from ryla_graphs import catalogs
    >>> prompt = {"3": {"class_type": "KSampler", "inputs": {"steps": 20, "cfg": 7}}}
    >>> with_floats(prompt, catalogs.bundled())
    {'3': {'class_type': 'KSampler', 'inputs': {'steps': 20, 'cfg': 7.0}}}
    """
    for body in document.values():
        whole = [name for name, value in body["inputs"].items() if type(value) is int]
        if whole and body["class_type"] in catalog:
            known = catalog[body["class_type"]].flat_inputs(body["inputs"])
            for name in whole:
                if name in known and known[name].kind is Kind.FLOAT:
                    body["inputs"][name] = _float(body["inputs"][name])
    return document


def _float(value: int) -> int | float:
    try:
        return float(value)
    except OverflowError:
        return value
