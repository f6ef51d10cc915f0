"""What tests do with the page, again and again."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page


def axe() -> str:
    """The source of axe-core, which looks for what assistive technology stumbles over."""
    found = util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-playwright-python is not installed")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    found: Any = page.evaluate("axe.run()")
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def drop(page: Page, where: str, name: str, text: str, kind: str, event: str = "drop") -> None:
    """Let a file fall onto an element, or paste it there."""
    page.locator(where).first.evaluate(
        """(element, [name, text, type, event]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name, { type }));
            element.dispatchEvent(event === "paste"
              ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
              : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [name, text, kind, event],
    )
