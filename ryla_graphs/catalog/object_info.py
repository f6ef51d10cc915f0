"""Reading what a ComfyUI server says of its nodes: ``GET /object_info`` as a `Catalog`.

A live server, a file and the bundled catalogs give the same kind of value. Entries are parsed when they are
first asked for, so a catalog of 1,600 classes costs only the few that a graph uses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ryla_graphs import sockets
from ryla_graphs.catalog.schema import Behaviour, InputSpec, Json, Kind, NodeSchema, Option, OutputSpec, hashable
from ryla_graphs.problems import InvalidDocument, NotFound

if TYPE_CHECKING:
    from ryla_graphs.families.family_rules import FamilyRules

_KINDS = {
    "INT": Kind.INT,
    "FLOAT": Kind.FLOAT,
    "STRING": Kind.STRING,
    "BOOLEAN": Kind.BOOLEAN,
    sockets.COMBO: Kind.COMBO,
    sockets.DYNAMIC_COMBO: Kind.DYNAMIC_COMBO,
    sockets.AUTOGROW: Kind.AUTOGROW,
}


class Catalog(Mapping[str, NodeSchema]):
    """Node classes by class type.

    `entries` holds ``/object_info`` entries, parsed JSON or JSON text. `behaviours` and `families` add what
    those do not tell. Catalogs are values: ``a | b`` has the classes of both, those of `b` where both have one.
    """

    def __init__(
        self,
        entries: Mapping[str, Json],
        *,
        behaviours: Mapping[str, Behaviour] | None = None,
        families: FamilyRules | None = None,
        name: str = "catalog",
        any_input_file: bool = False,
        absent: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.families = families
        """All that is known of the model families of these classes; by default what is built in."""
        self.absent = absent or {}
        """What to do about classes that are known but not here, by class: a sentence for whoever uses one."""
        self._any_input_file = any_input_file
        self._entries = dict(entries)
        self._behaviours = behaviours or {}
        self._parsed: dict[str, NodeSchema] = {}

    @classmethod
    def parse(cls, entries: Json, *, behaviours: Mapping[str, Behaviour] | None = None, name: str) -> Catalog:
        """A catalog from untrusted JSON; raises `InvalidDocument` where it is not an ``/object_info`` answer."""
        if not isinstance(entries, dict) or not entries:
            raise InvalidDocument(f"{name}: not an /object_info answer, which is an object of node classes")
        for class_type, entry in entries.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("input"), dict) or "output" not in entry:
                raise InvalidDocument(f"{name}: '{class_type}' is not a node class of an /object_info answer")
        return cls(entries, behaviours=behaviours, name=name)

    def __getitem__(self, class_type: str) -> NodeSchema:
        schema = self._parsed.get(class_type)
        if schema is None:
            entry = self._entries[class_type]
            known = self._behaviours.get(class_type)
            schema = self._parsed[class_type] = parse_node(class_type, entry, known)
        return schema

    def __contains__(self, class_type: object) -> bool:
        return class_type in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __or__(self, other: Catalog) -> Catalog:
        merged = Catalog(
            self._entries | other._entries,
            behaviours={**self._behaviours, **other._behaviours},
            families=_both(self.families, other.families),
            name=f"{self.name} + {other.name}",
            absent={**self.absent, **other.absent},
        )
        kept = {name: schema for name, schema in self._parsed.items() if name not in other._entries}
        merged._parsed = kept | other._parsed
        return merged

    # Comparing contents would parse every class of both, so a catalog is equal only to itself.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Catalog {self.name}: {len(self)} classes>"

    def entries(self) -> Mapping[str, Mapping[str, Json]]:
        """The ``/object_info`` entries the catalog was made from, parsed."""
        return {class_type: _decode(class_type, entry) for class_type, entry in self._entries.items()}

    def find(self, class_type: str) -> NodeSchema:
        """The schema of a class; raises `NotFound` with the nearest names where there is none."""
        if class_type not in self:
            raise NotFound.among("node class", class_type, self)
        return self[class_type]

    def subset(self, class_types: Iterable[str], *, name: str | None = None) -> Catalog:
        """A catalog of only these classes."""
        entries = {class_type: self._entries[class_type] for class_type in class_types}
        return Catalog(
            entries, behaviours=self._behaviours, families=self.families, name=name or self.name, absent=self.absent
        )

    def with_families(self, rules: FamilyRules) -> Catalog:
        """The same catalog, which knows of model families what these rules say: ``BUILTIN | FamilyRules(...)``."""
        return Catalog(self._entries, behaviours=self._behaviours, families=rules, name=self.name, absent=self.absent)

    def with_absent(self, absent: Mapping[str, str]) -> Catalog:
        """The same classes, and a sentence for each class that is known but not here."""
        return Catalog(
            self._entries, behaviours=self._behaviours, families=self.families, name=self.name, absent=absent
        )

    def with_any_input_file(self) -> Catalog:
        """The same classes where graphs may name input files that are only on their way to the server."""
        catalog = Catalog(
            self._entries,
            behaviours=self._behaviours,
            families=self.families,
            name=self.name,
            any_input_file=True,
            absent=self.absent,
        )
        catalog._parsed = self._parsed
        return catalog

    @cached_property
    def input_files(self) -> frozenset[str] | None:
        """The files the server's input folder is known to hold; None where the catalog cannot know.

        They are the choices of the inputs that take an input file, such as `LoadImage.image`.
        """
        if self._any_input_file:
            return None
        takers = [
            (self[class_type], behaviour.validator)
            for class_type, behaviour in self._behaviours.items()
            if class_type in self and behaviour.validator and behaviour.validator.rule == "input file"
        ]
        lists = [
            spec.choices
            for schema, validator in takers
            for spec in schema.inputs
            if spec.kind is Kind.COMBO and spec.name in validator.inputs and not spec.open
        ]
        return frozenset(str(choice) for choices in lists for choice in choices) if lists else None


def _both(ours: FamilyRules | None, theirs: FamilyRules | None) -> FamilyRules | None:
    return ours | theirs if ours is not None and theirs is not None else ours or theirs


def _decode(class_type: str, entry: Json) -> Mapping[str, Json]:
    if isinstance(entry, str):
        entry = json.loads(entry)
    if not isinstance(entry, Mapping):
        raise InvalidDocument(f"catalog entry '{class_type}' is {type(entry).__name__}, expected an object")
    return entry


def parse_node(class_type: str, entry: Json, behaviour: Behaviour | None = None) -> NodeSchema:
    """Parse one entry of ``/object_info``.

    Raises `InvalidDocument` naming the class where the entry is not one.
    """
    raw = _decode(class_type, entry)
    try:
        widened = behaviour.accepts if behaviour else {}
        return NodeSchema(
            class_type=class_type,
            display_name=raw.get("display_name") or class_type,
            category=raw.get("category") or "",
            module=raw.get("python_module") or "",
            inputs=tuple(_parse_inputs(raw.get("input") or {}, "", widened)),
            outputs=tuple(_parse_outputs(raw)),
            output_node=raw.get("output_node") is True,
            input_is_list=bool(raw.get("is_input_list")),
            hidden=tuple(raw.get("input", {}).get("hidden") or {}),
            deprecated=bool(raw.get("deprecated")),
            experimental=bool(raw.get("experimental")),
            api_node=bool(raw.get("api_node")),
            behaviour=behaviour or Behaviour(),
            known_behaviour=behaviour is not None,
        )
    except (ValidationError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise InvalidDocument(f"catalog entry '{class_type}' cannot be read: {error}") from error


def _parse_outputs(raw: Mapping[str, Json]) -> Iterator[OutputSpec]:
    types = raw.get("output") or []
    names = raw.get("output_name") or []
    lists = raw.get("output_is_list") or []
    matches = raw.get("output_matchtypes") or []
    for slot, declared in enumerate(types):
        name = names[slot] if slot < len(names) and isinstance(names[slot], str) else None
        yield OutputSpec(
            name=name or (declared if isinstance(declared, str) else sockets.COMBO),
            type=tuple(map(hashable, declared)) if isinstance(declared, list) else str(declared),
            is_list=bool(lists[slot]) if slot < len(lists) else False,
            match=matches[slot] if slot < len(matches) else None,
        )


def _parse_inputs(sections: Mapping[str, Json], prefix: str, widened: Mapping[str, str]) -> Iterator[InputSpec]:
    for section in ("required", "optional"):
        for key, value in (sections.get(section) or {}).items():
            yield _parse_input(f"{prefix}{key}", key, value, section == "required", widened)


def _parse_input(name: str, key: str, value: Json, required: bool, widened: Mapping[str, str]) -> InputSpec:
    declared = value[0]
    facts = value[1] if len(value) > 1 and isinstance(value[1], Mapping) else {}
    listed = isinstance(declared, list)
    wire_type = sockets.COMBO if listed else widened.get(name, str(declared))
    kind = _KINDS.get(wire_type, Kind.SOCKET)
    choices = declared if listed else facts.get("options") or [] if kind is Kind.COMBO else []
    dynamic: dict[str, Json] = {}
    if kind is Kind.DYNAMIC_COMBO:
        dynamic["options"] = tuple(
            Option(key=option["key"], inputs=tuple(_parse_inputs(option["inputs"], f"{name}.", widened)))
            for option in facts.get("options") or []
        )
    elif kind is Kind.AUTOGROW:
        dynamic["slots"] = tuple(_parse_slots(name, facts["template"], widened))
        dynamic["slot_prefix"] = facts["template"].get("prefix")
    template = facts.get("template") or {}
    return InputSpec(
        name=name,
        key=key,
        type=wire_type,
        kind=kind,
        required=required,
        default=facts.get("default"),
        has_default=facts.get("default") is not None,
        min=template.get("min") if kind is Kind.AUTOGROW else _number(facts.get("min")),
        max=template.get("max") if kind is Kind.AUTOGROW else _number(facts.get("max")),
        step=_number(facts.get("step")),
        round=_number(facts.get("round")),
        choices=tuple(choices),
        open=bool(facts.get("open_choices") or facts.get("remote")),
        listed=listed,
        multiselect=bool(facts.get("multiselect")),
        force_input=bool(facts.get("forceInput")),
        socketless=bool(facts.get("socketless")),
        multiline=bool(facts.get("multiline")),
        dynamic_prompts=facts.get("dynamicPrompts") is True,
        widget_type=facts.get("widgetType"),
        control_after_generate=bool(facts.get("control_after_generate")),
        upload=next((what for what in ("image", "video", "audio", "file") if facts.get(f"{what}_upload")), None),
        match=template.get("template_id") if wire_type == sockets.MATCH else None,
        match_types=template.get("allowed_types") or sockets.ANY,
        **dynamic,
    )


def _parse_slots(name: str, template: Mapping[str, Json], widened: Mapping[str, str]) -> Iterator[InputSpec]:
    keys = template.get("names") or [f"{template['prefix']}{i}" for i in range(template["max"])]
    section, unit = next(
        ((section, next(iter(inputs.values()))) for section, inputs in template["input"].items() if inputs),
        ("optional", [sockets.ANY, {}]),
    )
    for index, key in enumerate(keys):
        required = section == "required" and index < template["min"]
        yield _parse_input(f"{name}.{key}", key, unit, required, widened)


def _number(value: Json) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
