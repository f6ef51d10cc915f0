"""Finds the workflow and the prompt among all the texts that a file carries."""

from __future__ import annotations

import re
from typing import Any

from ryla_graphs.formats import json_text
from ryla_graphs.formats.shapes import is_editor, is_prompt
from ryla_graphs.problems import InvalidDocument

_NAMES = ("prompt", "workflow")
_LABELLED = re.compile(r"\s*(prompt|workflow)\s*:\s*(?=[{\[])", re.IGNORECASE)
"""How ComfyUI labels texts in Exif, which allows no custom keys."""
_SETTINGS = ("parameters", "sd-metadata", "invokeai_metadata", "sui_image_params", "dream")
_SETTINGS_TEXT = re.compile(r"\bSteps: \d+, |\"sui_image_params\"")


class Found:
    """The graphs found in a file's texts."""

    def __init__(self) -> None:
        self.prompt: dict[str, Any] | None = None
        self.workflow: dict[str, Any] | None = None
        self.faults: list[str] = []
        self.has_settings = False
        """Whether another program recorded its settings for the picture, which are not a graph."""

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to look for."""
        return self.prompt is not None and self.workflow is not None

    def add(self, key: str, text: str) -> None:
        """Look at one text; one that is not a graph is ignored, a broken graph is a fault."""
        if label := _LABELLED.match(text):
            key, text = label[1], text[label.end() :]
        named = key.lower() in _NAMES
        self.has_settings |= key.lower() in _SETTINGS or _SETTINGS_TEXT.search(text, 0, 100_000) is not None
        if text.lstrip()[:1] not in ("{", '"'):
            return
        try:
            value = json_text.parse(text, f"its {key.lower()}" if named else f"the text in its {key}")
        except InvalidDocument as error:
            if named:
                self.faults.append(str(error))
            return
        self._sort(value, key.lower())

    def _sort(self, value: Any, key: str) -> None:
        if isinstance(value, str) and key in _NAMES:  # JSON in JSON
            self.add(key, value)
        elif is_editor(value):
            self.workflow = self.workflow if self.workflow is not None else value
        elif is_prompt(value):
            self.prompt = self.prompt if self.prompt is not None else value
        elif isinstance(value, dict) and key not in _NAMES:  # everything in one object, by name
            for name in _NAMES:
                if isinstance(inner := value.get(name), (dict, str)):
                    self._sort(inner, name)
        elif key in _NAMES and value:
            self.faults.append(f"its {key} is JSON, but no graph")
