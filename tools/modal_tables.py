"""Write the tables of docs/modal.md: settings, what containers cost, and each preset's GPU with its seconds and money.

python -m tools.modal_tables
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ryla_graphs import presets
from ryla_graphs.modal_deploy.money import Pricing
from ryla_graphs.modal_deploy.placement import gpu_for
from ryla_graphs.modal_deploy.settings import NONE, PREFIX, ModalSettings
from ryla_graphs.plan import GPUS, choose_gpu
from ryla_graphs.plan.gpus import PRICES_AS_OF
from ryla_graphs.ryla import GPU_WISHES
from ryla_graphs.server.job_options import NO_OPTIONS

PAGE = Path(__file__).parent.parent / "docs" / "modal.md"
COMMAND = "`python -m tools.modal_tables`"
END = "<!-- end -->"


def begin(name: str) -> str:
    """The line before a table."""
    return f"<!-- {name}, written by {COMMAND} -->\n"


def settings_table() -> str:
    """`ModalSettings` as Markdown."""
    meanings = _meanings()
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {meanings[name]} |"
        for name, field in ModalSettings.model_fields.items()
    ]
    return "\n".join(("| variable | default | what it sets |", "|---|---|---|", *rows)) + "\n"


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if value in (None, ()):
        return f"`{NONE}`"
    return f"`{','.join(value)}`" if isinstance(value, tuple) else f"`{value}`"


def _meanings() -> Mapping[str, str]:
    """The text below each field."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(ModalSettings))).body
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            words = " ".join(str(text.value.value).split()).replace("``", "`").removesuffix(".")
            found[ast.unparse(field.target)] = words
    return found


def gpus_table() -> str:
    """Each preset's example on the GPU that a deployment without settings takes for it."""
    head = (
        "| preset | GPU | seconds | USD, warm | USD, alone | RYLA's wish | why another |\n"
        "|---|---|---:|---:|---:|---|---|\n"
    )
    return head + "".join(f"| {' | '.join(cells)} |\n" for cells in _presets())


def _presets() -> Iterator[tuple[str, ...]]:
    settings = ModalSettings()
    for name in presets.NAMES:
        preset = presets.get(name)
        compiled = preset.build(preset.example).compile()
        gpu = gpu_for(settings, compiled, NO_OPTIONS) or settings.fallback[0]
        wish = GPU_WISHES.get(name)
        row = compiled.plan.on(gpu)
        choice = choose_gpu(compiled.plan, allowed=settings.gpus, preferred=wish)
        assert choice is not None
        assert choice.gpu.name == gpu, name
        why = choice.reason.partition("; ")[0] if wish not in (None, gpu) else ""
        alone = Pricing.of(settings).alone(row)
        money = _figure(row.usd_an_image, ".4f"), _figure(alone, ".3f")
        yield f"`{name}`", gpu, _figure(row.seconds_an_image, ".1f"), *money, wish or "", why


def prices_table() -> str:
    """What a container with each GPU costs, working or not."""
    head = (
        f"| GPU | cores | memory | USD a second ({PRICES_AS_OF}) | an idle window | an hour kept | a day kept |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n"
    )
    pricing, window = Pricing.of(ModalSettings()), ModalSettings().scaledown_seconds
    rows = []
    for name, card in GPUS.items():
        rate = pricing.rate(name) or 0.0
        cells = f"{name} | {card.size.cores:g} | {card.size.ram_gib:g} GiB | {rate:.6f} | {rate * window:.3f}"
        rows.append(f"| {cells} | {rate * 3600:.2f} | {rate * 86_400:.0f} |\n")
    return head + "".join(rows)


def _figure(value: float | None, form: str) -> str:
    return "not known" if value is None else format(value, form)


def written(page: str) -> str:
    """The page with its tables as they are now."""
    for name, table in (("settings", settings_table()), ("prices", prices_table()), ("GPUs", gpus_table())):
        before, _, rest = page.partition(begin(name))
        page = f"{before}{begin(name)}{table}{END}{rest.partition(END)[2]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(presets.NAMES)} presets, {len(ModalSettings.model_fields)} settings in {PAGE}")
