"""`FamilyRules`: everything known about families as one value, to which packs add their own rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ryla_graphs.catalog.catalog import Catalog
from ryla_graphs.catalog.schema import NodeSchema
from ryla_graphs.families.carried import FAMILY_SOCKETS
from ryla_graphs.families.evidence import NameEvidence
from ryla_graphs.families.family import Families
from ryla_graphs.families.file_names import PATTERNS
from ryla_graphs.families.pack_sockets import LOADING, PACK_SOCKETS, PackSocket, Role
from ryla_graphs.families.patterns import FilePattern
from ryla_graphs.families.rules import RESTRICTIONS, Restrictions
from ryla_graphs.families.transfer_rows import TRANSFERS, Transfers
from ryla_graphs.prompt.files import weight_folders


@dataclass(frozen=True, eq=False)
class FamilyRules:
    """Rows about node classes and names of files. ``a | b`` has the rows of both; `b` wins if both have one."""

    transfers: Transfers = field(default_factory=dict)
    """Where the outputs of a class get their families when its sockets do not tell."""
    restrictions: Restrictions = field(default_factory=dict)
    """Which inputs take only some families."""
    recorded: bool = False
    """Whether to use the lists of files that the bundled catalog has recorded."""
    loaders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The inputs of classes that name files, and the folder below ``models`` of each, when no recording tells."""
    sockets: Mapping[str, PackSocket] = field(default_factory=dict)
    """Socket types other than ComfyUI's own that belong to families."""
    loading: Mapping[str, Families] = field(default_factory=dict)
    """Classes whose files must belong to certain families; classes that output one of `sockets` need no row."""
    patterns: tuple[FilePattern, ...] = ()
    """What the names of files mean; those of `b` come first in ``a | b``."""

    def __or__(self, other: FamilyRules) -> FamilyRules:
        return FamilyRules(
            recorded=self.recorded or other.recorded,
            transfers={**self.transfers, **other.transfers},
            restrictions={**self.restrictions, **other.restrictions},
            loaders={**self.loaders, **other.loaders},
            sockets={**self.sockets, **other.sockets},
            loading={**self.loading, **other.loading},
            patterns=(*other.patterns, *self.patterns),
        )

    def folders(self, class_type: str) -> Mapping[str, str]:
        """The inputs of a class that name files, and the folder below ``models`` that each lists."""
        found = self._folders.get(class_type)
        if found is None:
            found = self.loaders.get(class_type) or (weight_folders(class_type) if self.recorded else _NO_FILES)
            if len(self._folders) < _REMEMBERED:
                self._folders[class_type] = found
        return found

    @cached_property
    def _folders(self) -> dict[str, Mapping[str, str]]:
        return {}

    def carries(self, socket: object) -> bool:
        """Whether a socket type belongs to a family."""
        return socket in FAMILY_SOCKETS or socket in self.sockets

    def role(self, socket: str) -> Role | None:
        """What a pack's socket type carries; None for ComfyUI's own types."""
        row = self.sockets.get(socket)
        return None if row is None else row.role

    def takes(self, schema: NodeSchema) -> Families | None:
        """The families that the files of a class must belong to; None if it takes any."""
        if schema.class_type in self.loading:
            return self.loading[schema.class_type]
        given = [row.families for type_ in schema.output_types if (row := self.sockets.get(str(type_))) is not None]
        return frozenset[str]().union(*given) if given else None

    @cached_property
    def names(self) -> NameEvidence:
        """What the names of files tell."""
        return NameEvidence(self.patterns)


_REMEMBERED = 4096
_NO_FILES: Mapping[str, str] = {}

BUILTIN = FamilyRules(
    recorded=True,
    transfers=TRANSFERS,
    restrictions=RESTRICTIONS,
    sockets=PACK_SOCKETS,
    loading=LOADING,
    patterns=PATTERNS,
)
"""The rules for ComfyUI's own classes and for the packs in the bundled catalogs."""


def rules_of(catalog: Catalog) -> FamilyRules:
    """The rules about families for a catalog's classes: those that it carries, else the built-in ones."""
    return catalog.families if isinstance(catalog.families, FamilyRules) else BUILTIN
