"""How tests call the rule of a class."""

from __future__ import annotations

from typing import Any

from ryla_graphs import catalogs
from ryla_graphs.engines.simulator.computed import computed
from ryla_graphs.shapes.registry import Call
from ryla_graphs.shapes.rules import rule


def outputs(class_type: str, files: dict[str, Any] | None = None, /, **inputs: Any) -> Any:
    """What a rule gives, one value or all of them; a double underscore in a name stands for a dot."""
    schema = catalogs.bundled()[class_type]
    given = {name.replace("__", "."): value for name, value in inputs.items()}
    defaults = {spec.name: spec.default for spec in schema.flat_inputs(given).values() if spec.has_default}
    call = Call("1", schema, {**defaults, **given}, files or {})
    found: Any = (computed.get(class_type) or rule[class_type])(call)
    return found[0] if isinstance(found, tuple) and len(found) == 1 else found
