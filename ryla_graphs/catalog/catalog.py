"""`Catalog`: node classes by class type, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from ryla_graphs import sockets
from ryla_graphs.catalog.facts import Json
from ryla_graphs.catalog.parsing import decode, parse_node
from ryla_graphs.catalog.schema import Kind, NodeSchema
from ryla_graphs.catalog.store import Recording
from ryla_graphs.catalog.validators import INPUT_FILES
from ryla_graphs.problems import InvalidDocument, NotFound


class Rules(Protocol):
    """Data that a catalog carries for higher packages, such as rows on model families; two of a kind can be joined."""

    def __or__(self, other: Any, /) -> Any:
        """The rules of both; where they differ, those of `other`."""


class ClassEntry:
    """One class: its entry, which is read and parsed on first use. Catalogs share these objects."""

    __slots__ = ("_said", "_schema", "class_type")

    def __init__(self, class_type: str, said: Json | Recording) -> None:
        self.class_type = class_type
        self._said = said
        self._schema: NodeSchema | None = None

    def __reduce__(self) -> tuple[type[ClassEntry], tuple[str, Json]]:
        return ClassEntry, (self.class_type, self._said)

    @property
    def said(self) -> Json:
        """The entry of ``/object_info``: parsed JSON or JSON text."""
        return self._said.entry(self.class_type) if isinstance(self._said, Recording) else self._said

    @property
    def carried(self) -> frozenset[str]:
        """The types of its outputs; for a recorded class, those of all classes of its pack."""
        if isinstance(self._said, Recording):
            return self._said.carried
        outputs = decode(self.class_type, self._said).get("output") or ()
        return frozenset[str]().union(*(sockets.members(output) for output in outputs if isinstance(output, str)))

    @property
    def schema(self) -> NodeSchema:
        """The parsed class; raises `InvalidDocument` if the entry does not describe one."""
        if self._schema is None:
            self._schema = parse_node(self.class_type, self.said)
        return self._schema


class Catalog(Mapping[str, NodeSchema]):
    """A set of node classes, by ComfyUI's names.

    `entries` are those of ``/object_info``, as parsed JSON or JSON text. Each is parsed when its class is first used,
    so a large catalog costs little. Catalogs never change: `replace` returns a changed copy, and ``a | b`` has the
    classes of both; if both define a class, the one of `b` wins.

    >>> from ryla_graphs import open_catalog
    >>> sampler = open_catalog()["KSampler"]
    >>> [output.name for output in sampler.outputs]
    ['LATENT']
    """

    name: str
    """The source of the classes, as messages name it."""
    families: Rules | None
    """Everything known about the model families of these classes; by default the built-in rules."""
    absent: Mapping[str, str]
    """Known classes that this catalog lacks, each with a sentence that tells its user what to do."""
    comfyui: str | None
    """The ComfyUI release that the catalog describes; None if it is unknown."""
    any_input_file: bool
    """Whether graphs may name input files that have yet to be uploaded to the server."""
    _classes: Mapping[str, ClassEntry]
    _parsed: dict[str, NodeSchema]

    def __init__(
        self,
        entries: Mapping[str, Json | ClassEntry],
        *,
        name: str = "catalog",
        families: Rules | None = None,
        absent: Mapping[str, str] | None = None,
        comfyui: str | None = None,
        any_input_file: bool = False,
    ) -> None:
        self.__dict__.update(
            name=name,
            families=families,
            absent=absent or {},
            comfyui=comfyui,
            any_input_file=any_input_file,
            _classes={n: e if isinstance(e, ClassEntry) else ClassEntry(n, e) for n, e in entries.items()},
            _parsed={},
        )

    @classmethod
    def parse(cls, entries: Json, *, name: str, comfyui: str | None = None) -> Catalog:
        """A catalog from untrusted JSON; raises `InvalidDocument` if it is not an answer of ``/object_info``."""
        if not isinstance(entries, dict) or not entries:
            raise InvalidDocument(f"{name}: not an /object_info answer, which is an object of node classes")
        for class_type, entry in entries.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("input"), dict) or "output" not in entry:
                raise InvalidDocument(f"{name}: '{class_type}' is not a node class of an /object_info answer")
        return cls(entries, name=name, comfyui=comfyui)

    def replace(
        self,
        *,
        classes: Mapping[str, Json | ClassEntry] | None = None,
        name: str | None = None,
        families: Rules | None = None,
        absent: Mapping[str, str] | None = None,
        any_input_file: bool | None = None,
    ) -> Catalog:
        """The same catalog with these changes: ``catalog.replace(name="prod", any_input_file=True)``."""
        return Catalog(
            self._classes if classes is None else classes,
            name=self.name if name is None else name,
            families=self.families if families is None else families,
            absent=self.absent if absent is None else absent,
            comfyui=self.comfyui,
            any_input_file=self.any_input_file if any_input_file is None else any_input_file,
        )

    def subset(self, class_types: Iterable[str], *, name: str | None = None) -> Catalog:
        """A catalog of these classes only; raises `NotFound` if one is missing."""
        return self.replace(classes={class_type: self._entry(class_type) for class_type in class_types}, name=name)

    def __or__(self, other: Catalog) -> Catalog:
        families = other.families or self.families
        if self.families is not None and other.families is not None:
            families = self.families | other.families
        return other.replace(
            classes={**self._classes, **other._classes},
            name=f"{self.name} + {other.name}",
            families=families,
            absent={**self.absent, **other.absent},
            any_input_file=self.any_input_file or other.any_input_file,
        )

    def __getitem__(self, class_type: str) -> NodeSchema:
        schema = self._parsed.get(class_type)
        if schema is None:
            schema = self._parsed[class_type] = self._classes[class_type].schema
        return schema

    def __contains__(self, class_type: object) -> bool:
        return class_type in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    # Comparing contents would parse every class of both, so a catalog is equal only to itself.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Catalog {self.name}: {len(self)} classes>"

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"a catalog cannot change; `catalog.replace({name}=...)` gives another one")

    def __copy__(self) -> Catalog:
        return self

    def __deepcopy__(self, _memo: object) -> Catalog:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**{name: self.__dict__[name] for name in _STATE}, "_parsed": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def find(self, class_type: str) -> NodeSchema:
        """The schema of a class; raises `NotFound`, with similar names, if there is none."""
        return self[self._entry(class_type).class_type]

    def _entry(self, class_type: str) -> ClassEntry:
        found = self._classes.get(class_type)
        if found is None:
            raise NotFound.among("node class", class_type, self)
        return found

    def entries(self, mentioning: str = "") -> Mapping[str, Mapping[str, Json]]:
        """The ``/object_info`` entries the catalog was made from, parsed.

        If `mentioning` is given, entries in JSON text that do not contain it are left out, which saves parsing them.
        """
        said = ((class_type, entry.said) for class_type, entry in self._classes.items())
        return {name: decode(name, each) for name, each in said if not isinstance(each, str) or mentioning in each}

    @cached_property
    def carried(self) -> frozenset[str]:
        """The types of all outputs in this catalog; no node can feed an input of any other type."""
        return frozenset[str]().union(*(entry.carried for entry in self._classes.values()))

    @cached_property
    def input_files(self) -> frozenset[str] | None:
        """The files the server's input folder is known to hold; None if the catalog cannot know.

        They are the choices of the inputs that take an input file, such as `LoadImage.image`.
        """
        if self.any_input_file:
            return None
        lists = [
            spec.choices
            for class_type, validator in INPUT_FILES.items()
            if class_type in self
            for spec in self[class_type].inputs
            if spec.kind is Kind.COMBO and spec.name in validator.inputs and not spec.open
        ]
        return frozenset(str(choice) for choices in lists for choice in choices) if lists else None


_STATE = ("name", "families", "absent", "comfyui", "any_input_file", "_classes")
