"""User-defined rows: weight files that the manifest does not know, in a TOML file that `RYLA_WEIGHTS` names.

    [[weights]]
    name = "house-style.safetensors"
    folder = "loras"
    url = "https://huggingface.co/acme/house-style/resolve/main/house-style.safetensors"
    size = 228456888
    sha256 = "…"
    family = "flux1"
    licence = "Apache-2.0"
    commercial = true

Name, folder and one address (`url`, or a list `urls`) are required; leave out anything else that is unknown.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, unquote, urlsplit

from ryla_graphs import weights
from ryla_graphs.families import FAMILIES
from ryla_graphs.models_folder.graph_weights import PLACE, SHA256
from ryla_graphs.problems import InvalidSettings, did_you_mean, shorten
from ryla_graphs.weights import Content, HubFile, Licence, Precision, WebFile, Weight
from ryla_graphs.weights.manifest.licences import unknown
from ryla_graphs.weights.weight import CONTENTS

VARIABLE = "RYLA_WEIGHTS"
"""The environment variable that names the file."""
DEFAULT = "weights.toml"
"""The file that `weights add` writes by default."""

_HUB = re.compile(r"/([\w.-]+/[\w.-]+)/(?:resolve|blob)/main/(.+)")
_TEXTS = ("name", "folder", "url", "sha256", "family", "variant", "precision", "content", "licence", "licence_url")
_WORDS: Mapping[type, str] = {str: "text", list: "a list", int: "a whole number", bool: "true or false"}
_KEYS: Mapping[str, type] = {
    **dict.fromkeys(_TEXTS, str),
    "urls": list,
    "size": int,
    "commercial": bool,
    "gated": bool,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "family": tuple(FAMILIES),
    "precision": get_args(Precision),
    "content": get_args(Content),
}


def use_own(path: str | Path | None = None) -> None:
    """Put the rows of a file before those of the manifest: the given one, or the one that `RYLA_WEIGHTS` names.

    Without either, does nothing. Raises what `read` raises.
    """
    found = path or os.environ.get(VARIABLE)
    if found:
        weights.use(read(Path(found)))


def read(path: Path) -> tuple[Weight, ...]:
    """The rows of a file; raises `InvalidSettings` with the first row that is wrong, or if it cannot be read."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"'{path}', which {VARIABLE} names, cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"'{path}' is no TOML: {error}") from error
    rows = document.get("weights", [])
    if not isinstance(rows, list) or document.keys() - {"weights"}:
        raise InvalidSettings(f"'{path}': expected tables [[weights]] and nothing else")
    found: dict[tuple[str, str], Weight] = {}
    for number, row in enumerate(rows, start=1):
        weight = _row(row, f"'{path}', [[weights]] {number}")
        if weight.key in found:
            raise InvalidSettings(f"'{path}': {weight.folder}/{weight.name} is there twice")
        found[weight.key] = weight
    return tuple(found.values())


def _row(row: Any, where: str) -> Weight:
    """One row; raises `InvalidSettings` with what is wrong in it."""
    if not isinstance(row, dict):
        raise InvalidSettings(f"{where}: expected a table")
    for key, value in row.items():
        if key not in _KEYS:
            near = did_you_mean(str(key), _KEYS)
            raise InvalidSettings(f"{where}: there is no `{key}`" + (f"; {near}" if near else ""))
        if not isinstance(value, _KEYS[key]) or (_KEYS[key] is int and isinstance(value, bool)):
            raise InvalidSettings(f"{where}: `{key}` is {shorten(value)}, expected {_WORDS[_KEYS[key]]}")
        if key in _CHOICES and value not in _CHOICES[key]:
            near = did_you_mean(str(value), _CHOICES[key])
            raise InvalidSettings(
                f"{where}: `{key}` is {value!r}, which is no known value" + (f"; {near}" if near else "")
            )
    _check_place(row, where)
    sources = tuple(source_of(url, gated=row.get("gated", False)) for url in _urls(row, where))
    return Weight(
        name=row["name"],
        folder=row["folder"],
        content=row.get("content") or CONTENTS.get(row["folder"], "other"),
        family=row.get("family"),
        variant=row.get("variant"),
        precision=row.get("precision"),
        size=row.get("size"),
        sha256=row.get("sha256"),
        licence=_licence(row, sources[0].page),
        sources=sources,
    )


def _check_place(row: Mapping[str, Any], where: str) -> None:
    for key in ("name", "folder"):
        if not PLACE.fullmatch(row.get(key, "")):
            raise InvalidSettings(f"{where}: `{key}` is {shorten(row.get(key))}, expected a path below models")
    if "sha256" in row and not SHA256.fullmatch(row["sha256"]):
        raise InvalidSettings(f"{where}: `sha256` is {shorten(row['sha256'])}, expected 64 hexadecimal digits")
    if row.get("size", 1) < 1:
        raise InvalidSettings(f"{where}: `size` is {row['size']}, expected bytes")


def _urls(row: Mapping[str, Any], where: str) -> list[str]:
    urls = [*([row["url"]] if "url" in row else []), *row.get("urls", [])]
    wrong = next((url for url in urls if not is_address(url)), None) if urls else None
    if wrong is not None or not urls:
        raise InvalidSettings(f"{where}: expected an address https://… as `url`, not {shorten(wrong)}")
    return urls


def is_address(url: object) -> bool:
    """Whether a text is an address that a file could be fetched from."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(parts.path) > 1


def source_of(url: str, *, gated: bool = False) -> HubFile | WebFile:
    """The source that an address leads to: a file's page on the Hugging Face Hub stands for the file."""
    parts = urlsplit(url)
    on_hub = _HUB.fullmatch(parts.path) if parts.hostname == "huggingface.co" else None
    return HubFile(on_hub[1], unquote(on_hub[2]), gated=gated) if on_hub is not None else WebFile(url)


def _licence(row: Mapping[str, Any], page: str) -> Licence:
    name, commercial = row.get("licence"), row.get("commercial", False)
    if name is None:
        return unknown(page, f"its row names no licence: read it on its page, and write it into {DEFAULT}")
    restriction = None if commercial else "its row allows no commercial use"
    return Licence(name=name, commercial=commercial, restriction=restriction, url=row.get("licence_url"))


def add(path: Path, row: Weight) -> None:
    """Append a row to a file, which is created if it does not exist.

    Raises `InvalidSettings` if the file already has a row of that folder and name, or is not a file of rows.
    """
    before = read(path) if path.exists() else ()
    if any(each.key == row.key for each in before):
        raise InvalidSettings(f"'{path}' has a row of {row.folder}/{row.name} already: edit it there")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    path.write_text(f"{text}{gap}{dumps([row])}", encoding="utf-8")


def add_hashes(path: Path, hashes: Mapping[tuple[str, str], str]) -> int:
    """Write sha256 hashes into the rows of a file that lack them; returns how many. Everything else stays the same."""
    written, blocks = 0, re.split(r"(?m)^(?=\[\[weights\]\])", path.read_text(encoding="utf-8"))
    for number, block in enumerate(blocks):
        rows = tomllib.loads(block).get("weights", [])
        found = hashes.get((rows[0]["folder"], rows[0]["name"])) if rows and "sha256" not in rows[0] else None
        if found is not None:
            head, _, rest = block.partition("\n")
            blocks[number] = f'{head}\nsha256 = "{found}"\n{rest}'
            written += 1
    if written:
        path.write_text("".join(blocks), encoding="utf-8")
    return written


def dumps(rows: Iterable[Weight]) -> str:
    """Rows as text that `read` can read."""
    blocks = ("".join(f"{key} = {_value(value)}\n" for key, value in _facts(row)) for row in rows)
    return "\n".join(f"[[weights]]\n{block}" for block in blocks)


def check(row: Weight) -> None:
    """Raise `InvalidSettings` if a file may not have this row."""
    _row(tomllib.loads(dumps([row]))["weights"][0], f"{row.folder}/{row.name}")


def _facts(row: Weight) -> Iterable[tuple[str, Any]]:
    urls = [quote(source.url, safe=":/?&=%#@+,;~") for source in row.sources]
    facts: dict[str, Any] = {"name": row.name, "folder": row.folder}
    facts |= {"url": urls[0]} if len(urls) == 1 else {"urls": urls}
    facts |= {"size": row.size, "sha256": row.sha256, "family": row.family, "variant": row.variant}
    facts["precision"] = row.precision
    facts["content"] = row.content if row.content != CONTENTS.get(row.folder, "other") else None
    if row.licence.is_known:
        facts |= {"licence": row.licence.name, "commercial": row.licence.commercial, "licence_url": row.licence.url}
    facts["gated"] = row.gated or None
    return ((key, value) for key, value in facts.items() if value is not None)


def _value(value: Any) -> str:
    """A value in TOML; strings are written as in JSON, plus escapes for characters that JSON leaves as they are."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
