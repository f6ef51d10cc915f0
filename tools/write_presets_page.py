"""Write the generated part of `docs/presets.md`: what there is, what it needs, where it was executed, how to run it.

python -m tools.write_presets_page
"""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ryla_graphs import presets

PAGE = Path("docs/presets.md")
EXECUTED = Path(__file__).parent / "facts/executed.json"
"""By preset and case, the ComfyUI that `tests/engines/test_real_comfyui.py` has executed it on; null for none."""
MARK = "<!-- GENERATED from here on by `python -m tools.write_presets_page`: do not edit -->\n"


def generated() -> str:
    """The part behind the mark, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    cases: dict[str, dict[str, str | None]] = json.loads(EXECUTED.read_text(encoding="utf-8"))
    yield from (
        "",
        "## All presets",
        "",
        "| preset | gives | node packs | ComfyUI from | executed on |",
        "|---|---|---|---|---|",
    )
    for name in presets.NAMES:
        preset = presets.get(name)
        packs = ", ".join(f"[{pack.partition('/')[2]}](https://github.com/{pack})" for pack in preset.packs)
        where = _where(cases.get(name, {}))
        yield f"| [`{name}`](#{name}) | {preset.summary} | {packs} | {preset.min_comfyui} | {where} |"
    for group, names in presets.GROUPS.items():
        yield from ("", f"## {group.capitalize()}")
        for name in names:
            preset = presets.get(name)
            yield from ("", f"### {name}", "", inspect.cleandoc(preset.__doc__ or ""), "")
            yield from ("```bash", f"ryla-graphs run {name} {_options(preset.example)}", "```")


def _where(cases: dict[str, str | None]) -> str:
    """The versions of ComfyUI that a preset was executed on, and which of its cases were not."""
    versions = sorted({version for version in cases.values() if version is not None})
    if not versions:
        return "none"
    missing = [case for case, version in cases.items() if version is None]
    return ", ".join(versions) + (f"; not: {', '.join(missing)}" if missing else "")


def _options(example: Any) -> str:
    """The parameters as a shell takes them; pictures are files."""
    return " ".join(f"-p {key}={_value(value)}" for key, value in example.items())


def _value(value: str) -> str:
    return f"@{value}" if value.endswith(".png") else shlex.quote(value).replace("'", '"')


def page(text: str) -> str:
    """The whole page, with its hand-written beginning kept."""
    return text.partition(MARK)[0] + MARK + generated()


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
