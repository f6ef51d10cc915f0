"""ComfyUI's ``extra_model_paths.yaml``: further folders that it searches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ryla_graphs.problems import InvalidDocument, SourceUnreachable
from ryla_graphs.problems.extras import needs_extra

LEGACY: Mapping[str, str] = {"unet": "diffusion_models", "clip": "text_encoders"}
"""Old folder names, with the new names that ComfyUI maps them to."""

Places = Mapping[str, tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class ExtraPaths:
    """Folders by ComfyUI's names for them: those it searches first, and those it searches last."""

    first: Places = field(default_factory=dict)
    last: Places = field(default_factory=dict)

    def __add__(self, other: ExtraPaths) -> ExtraPaths:
        return ExtraPaths(_joined(self.first, other.first), _joined(self.last, other.last))


def _joined(one: Places, other: Places) -> Places:
    return {folder: (*one.get(folder, ()), *other.get(folder, ())) for folder in (*one, *other)}


def read_extra_paths(file: Path) -> ExtraPaths:
    """The folders that a file names; sections with ``is_default`` come first.

    Paths are relative to their section's ``base_path``, which is relative to the file. Raises `SourceUnreachable`,
    `InvalidDocument`, and `MissingExtra` if PyYAML is not installed (extra ``weights``).
    """
    with needs_extra("weights"):
        import yaml  # noqa: PLC0415
    try:
        sections = yaml.safe_load(file.read_bytes())
    except OSError as error:
        raise SourceUnreachable(f"cannot read '{file}': {error.strerror or error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidDocument(f"'{file}' is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(sections, dict) or not all(isinstance(each, dict | None) for each in sections.values()):
        raise InvalidDocument(f"'{file}' has no sections with paths")
    extra = ExtraPaths()
    for section in filter(None, sections.values()):
        found: dict[str, tuple[Path, ...]] = {}
        for folder, path in _paths(section, file.absolute().parent):
            found[folder] = (*found.get(folder, ()), path)
        extra += ExtraPaths(first=found) if section.get("is_default") else ExtraPaths(last=found)
    return extra


def _paths(section: dict[Any, Any], home: Path) -> Iterator[tuple[str, Path]]:
    base = home / os.path.expandvars(Path(str(section.get("base_path") or ".")).expanduser())
    for key, lines in section.items():
        if key in ("base_path", "is_default") or not isinstance(lines, str):
            continue
        for line in filter(None, map(str.strip, lines.splitlines())):
            yield LEGACY.get(str(key), str(key)), Path(os.path.normpath(base / line))
