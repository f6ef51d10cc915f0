"""`FamilyRules`: all that is known of families as one value, to which packs add their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ryla_graphs.families.evidence import NameEvidence
from ryla_graphs.families.patterns import PATTERNS, FilePattern
from ryla_graphs.families.rules import RESTRICTIONS, Restrictions
from ryla_graphs.families.transfer_rows import TRANSFERS, Transfers
from ryla_graphs.prompt.files import LOADERS


@dataclass(frozen=True, eq=False)
class FamilyRules:
    """Rows about node classes and names of files. ``a | b`` has the rows of both, those of `b` where both have one."""

    transfers: Transfers = field(default_factory=dict)
    """Where the outputs of a class get their families, where its sockets do not say it."""
    restrictions: Restrictions = field(default_factory=dict)
    """Which inputs take only some families."""
    loaders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Which inputs of which classes name files, and the folder below ``models`` that these are in."""
    patterns: tuple[FilePattern, ...] = ()
    """What names of files say; those of `b` come first in ``a | b``."""

    def __or__(self, other: FamilyRules) -> FamilyRules:
        return FamilyRules(
            transfers={**self.transfers, **other.transfers},
            restrictions={**self.restrictions, **other.restrictions},
            loaders={**self.loaders, **other.loaders},
            patterns=(*other.patterns, *self.patterns),
        )

    @cached_property
    def names(self) -> NameEvidence:
        """What names of files tell."""
        return NameEvidence(self.patterns)


BUILTIN = FamilyRules(transfers=TRANSFERS, restrictions=RESTRICTIONS, loaders=LOADERS, patterns=PATTERNS)
"""What is known of ComfyUI's own classes and of the packs in the bundled catalogs."""
